//! Messages about projections.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Error, LitInt, LitStr, Type};

use super::attr::expected_value;
use super::suggest::{did_you_mean, suggest_key};
use super::tag::no_key;
use super::text::at;
use crate::limits::PROJECTION_NAME_BYTES_MAX;
use crate::meant;
use crate::wrap::{bare, behind_reference, text};

/// The name that a text stands for: `course-list` for `CourseList`.
fn suggest_name(text: &str) -> Option<String> {
    let words: Vec<String> =
        suggest_key(text)?.split(['_', '-']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (!words.is_empty()).then(|| words.join("-"))
}

fn name_of(self_ty: &Type) -> String {
    let own = match behind_reference(self_ty) {
        Type::Path(path) => path.path.segments.last().and_then(|last| suggest_name(&bare(&last.ident))),
        _ => None,
    };
    own.unwrap_or_else(|| "course-list".to_owned())
}

/// `has_words` tells whether the attribute says something else.
pub(crate) fn projection_without_name(self_ty: &Type, has_words: bool) -> Error {
    let name = name_of(self_ty);
    let help = match has_words {
        true => format!("add `name = {name:?}` to what `#[projection(..)]` says"),
        false => format!("write `#[projection(name = {name:?})]`"),
    };
    at(self_ty, "a projection has a name, under which its checkpoint is kept", &help)
}

/// `given` is what stands there in place of a text, such as a name without quotes.
pub(crate) fn projection_name_no_text(word: &Ident, given: TokenStream, self_ty: &Type) -> Error {
    let meant = meant::texts(given.clone()).first().and_then(|text| suggest_name(text));
    let name = meant.unwrap_or_else(|| name_of(self_ty));
    expected_value(word, given, "a string", &format!("name = {name:?}"))
}

pub(crate) fn projection_name(tokens: impl ToTokens, name: &str, self_ty: &Type) -> Error {
    let help = format!("write `name = {:?}`", suggest_name(name).unwrap_or_else(|| name_of(self_ty)));
    if name.is_empty() {
        return at(tokens, "the name of a projection is empty", &help);
    }
    let text = format!(
        "the name of a projection is words of lower-case letters and digits, joined by `-`, which `{}` is not",
        name.escape_debug()
    );
    at(tokens, &text, &help)
}

pub(crate) fn projection_name_too_long(tokens: impl ToTokens, len: usize) -> Error {
    let text =
        format!("the name of the projection has {len} bytes, but at most {PROJECTION_NAME_BYTES_MAX} are allowed");
    at(tokens, &text, "write a shorter name")
}

pub(crate) fn projection_version(lit: &LitInt) -> Error {
    at(
        lit,
        &format!("the version of a projection is a number from 1 to {}", u32::MAX),
        "the first version is 1, which may be left out",
    )
}

pub(crate) fn order_key(tokens: impl ToTokens, key: &str) -> Error {
    let key_meant = suggest_key(key).unwrap_or_else(|| "course".to_owned());
    at(tokens, &no_key("the tag key", key), &format!("write `by = {key_meant:?}`"))
}

pub(crate) fn on_error_unknown(lit: &LitStr, found: &str) -> Error {
    let help = match did_you_mean(found, &["stop", "park", "skip"]) {
        Some(meant) => format!("did you mean `on_error = {meant:?}`?"),
        None => "write `on_error = \"stop\"`, which is the default, `on_error = \"park\"`, or `on_error = \"skip\"`; an event is tried several times before that".to_owned(),
    };
    let text = format!("`on_error` is one of `stop`, `park`, and `skip`, not `{}`", found.escape_debug());
    at(lit, &text, &help)
}

pub(crate) fn park_without_order(lit: &LitStr) -> Error {
    at(
        lit,
        "parking an event lets later ones pass it",
        "say which ones may: add `by = \"stream\"`, for those of other streams; `by = \"course\"`, for those with another value of this tag; or `by = \"each\"`, if no order matters",
    )
}

pub(crate) fn park_in_memory(lit: &LitStr) -> Error {
    at(
        lit,
        "a projection in memory parks no events: it has no place that outlives it",
        "write `on_error = \"skip\"`, or leave it out to stop at the event",
    )
}

pub(crate) fn projection_item(name: Option<&str>, tokens: impl ToTokens) -> Error {
    let name = name.unwrap_or("CourseList");
    let own = suggest_name(name).unwrap_or_else(|| "course-list".to_owned());
    at(
        tokens,
        "`#[projection]` stands on an impl block",
        &format!("write `#[projection(name = {own:?})] impl {name} {{ .. }}`"),
    )
}

pub(crate) fn projection_trait_impl(self_ty: &Type) -> Error {
    at(
        self_ty,
        "`#[projection]` stands on an inherent impl block, not on one of a trait",
        &format!("write `#[projection(name = {:?})] impl {} {{ .. }}`", name_of(self_ty), text(self_ty)),
    )
}

pub(crate) fn projection_empty(self_ty: &Type) -> Error {
    at(
        self_ty,
        &format!("the impl block of `{}` marks no method", text(self_ty)),
        "put `#[on]` on the methods that take an event",
    )
}

pub(crate) fn on_outside(name: Option<TokenTree>) -> Error {
    at(
        name,
        "`#[on]` stands on a method inside a `#[projection]` impl block",
        "put `#[projection(name = \"..\")]` on the impl block, or drop the mark",
    )
}

pub(crate) fn on_on_block(token: TokenTree) -> Error {
    at(
        token,
        "`#[on]` stands on a method, not on an impl block",
        "write `#[projection(name = \"..\")]` in its place, and `#[on]` on each method that takes an event",
    )
}

pub(crate) fn projection_marker_twice(attr: &Attribute) -> Error {
    at(attr, "an item of a projection is marked once", "keep one of the marks")
}

pub(crate) fn projection_mark_repeated(attr: &Attribute, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` stands in a projection once"), "keep one of them")
}

pub(crate) fn tables_on_other(attr: &Attribute) -> Error {
    at(
        attr,
        "`#[tables]` stands on a constant that holds SQL",
        "write `#[tables] const SQL: &str = \"CREATE TABLE ..\";`",
    )
}

pub(crate) fn tables_no_text(ty: &Type, ident: &Ident) -> Error {
    at(
        ty,
        "the tables of a projection are created by one text of SQL",
        &format!("write `const {ident}: &str = \"CREATE TABLE ..\";`, with a semicolon between statements"),
    )
}

pub(crate) fn tables_in_memory(ident: &Ident) -> Error {
    at(ident, "a projection in memory has no tables", &format!("drop `{ident}`, or the word `memory`"))
}

pub(crate) fn caught_up_shape(name: &Ident) -> Error {
    at(
        name,
        "a method that hears that the projection has caught up takes `&self`, and returns nothing",
        &format!("write `fn {name}(&self) {{ .. }}`"),
    )
}

pub(crate) fn on_qualifier(word: &Ident) -> Error {
    at(word, &format!("an `#[on]` method cannot be `{word}`"), &format!("leave out `{word}`"))
}

pub(crate) fn on_receiver(tokens: impl ToTokens, name: &Ident) -> Error {
    at(tokens, "an `#[on]` method takes `&self`", &format!("write `fn {name}(&self, ..)`"))
}

pub(crate) fn on_changes_self(tokens: impl ToTokens, name: &Ident) -> Error {
    at(
        tokens,
        "a projection that writes to views does not change itself: its state is in the views",
        &format!("write `fn {name}(&self, ..)`"),
    )
}

pub(crate) fn memory_missing(tokens: impl ToTokens, name: &str) -> Error {
    at(
        tokens,
        "a projection that is itself the read model says so",
        &format!(
            "write `#[projection(name = {name:?}, memory)]`; one that writes to views takes `&self`, and the transaction as its last parameter"
        ),
    )
}

pub(crate) fn memory_with_tx(tx: &Type, shown: &str) -> Error {
    at(
        tx,
        "a projection in memory takes no transaction: it is itself the read model",
        &format!(
            "write `fn {}`, or leave out the word `memory`",
            format_args!("{})", shown.replacen("(&self", "(&mut self", 1))
        ),
    )
}

pub(crate) fn memory_async(word: &Ident) -> Error {
    at(word, "a projection in memory waits for nothing", "leave out `async`")
}

/// `shown` is the method up to the transaction.
pub(crate) fn tx_missing(name: &Ident, shown: &str, tx: &Type) -> Error {
    at(
        name,
        "an `#[on]` method takes the transaction of the views as its last parameter",
        &format!("write `fn {shown}, tx: &mut {})`", text(tx)),
    )
}

pub(crate) fn tx_nowhere(method: &Ident, shown: &str, name: &str) -> Error {
    at(
        method,
        "an `#[on]` method takes the transaction of the views as its last parameter",
        &format!(
            "write `fn {shown}, tx: &mut eskit::sqlite::Tx)`; if the projection is itself the read model, write `#[projection(name = {name:?}, memory)]`, and `&mut self`"
        ),
    )
}

pub(crate) fn tx_reference(ty: &Type) -> Error {
    at(ty, "the transaction is taken by mutable reference", &format!("write `&mut {}`", text(behind_reference(ty))))
}

pub(crate) fn tx_borrows(ty: &Type) -> Error {
    at(ty, "the transaction of views has no lifetime", "write `&mut eskit::sqlite::Tx`, or `&mut eskit::postgres::Tx`")
}

pub(crate) fn tx_last(ty: &Type, name: Option<&Ident>) -> Error {
    let name = name.map_or_else(|| "tx".to_owned(), bare);
    at(ty, "the transaction comes last", &format!("move `{name}: {}` to the end", text(ty)))
}

pub(crate) fn tx_differs(ty: &Type, method: &Ident, first_ty: &Type, first: &Ident) -> Error {
    at(
        ty,
        &format!(
            "the methods of a projection write with one transaction, but `{first}` takes `{}` and `{method}` takes `{}`",
            text(first_ty),
            text(ty)
        ),
        &format!("write `&mut {}`, or move `{method}` to a projection of its own", text(first_ty)),
    )
}

pub(crate) fn sqlite_async(word: &Ident) -> Error {
    at(word, "a SQLite transaction stays on its thread", "leave out `async`")
}

pub(crate) fn postgres_plain(name: &Ident) -> Error {
    at(name, "a PostgreSQL transaction is used in `async` functions", &format!("write `async fn {name}`"))
}

pub(crate) fn on_async_mixed(word: &Ident, first: &Ident) -> Error {
    at(
        word,
        &format!("the methods of a projection are all `async` or none is, and `{first}` is not"),
        &format!("leave out `async`, or write `async fn {first}`"),
    )
}

pub(crate) fn on_plain_mixed(name: &Ident, first: &Ident) -> Error {
    at(
        name,
        &format!("the methods of a projection are all `async` or none is, and `{first}` is"),
        &format!("write `async fn {name}`"),
    )
}

pub(crate) fn on_twice(tokens: impl ToTokens, ty: &str) -> Error {
    at(tokens, &format!("two `#[on]` methods take `{ty}`"), "keep one of them")
}

pub(crate) fn catch_all_twice(name: &Ident, first: &Ident) -> Error {
    at(
        name,
        &format!("`{first}` takes every event already that has no method of its own"),
        &format!("keep one of them, or name the event that `{name}` takes"),
    )
}

pub(crate) fn on_no_event(tokens: impl ToTokens, name: &Ident) -> Error {
    at(
        tokens,
        "an `#[on]` method takes an event",
        &format!("write `fn {name}(&self, event: &SomethingHappened, ..)`, or `event: &RecordedEvent` for every event"),
    )
}

pub(crate) fn on_envelope_first(envelope: &Type, name: &Ident, event: &Type) -> Error {
    let (event, envelope_ty) = (text(behind_reference(event)), text(behind_reference(envelope)));
    let beside = if envelope_ty.ends_with("Timestamp") { "at" } else { "recorded" };
    at(
        envelope,
        "the event comes first, and then what is recorded with it",
        &format!("write `fn {name}(&self, event: &{event}, {beside}: &{envelope_ty}, ..)`"),
    )
}

pub(crate) fn on_too_many(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an `#[on]` method takes an event, where wanted its time and its envelope, and the transaction",
        "write `(&self, event: &SomethingHappened, at: &Timestamp, recorded: &RecordedEvent, tx: &mut eskit::sqlite::Tx)`",
    )
}

pub(crate) fn on_envelope(ty: &Type) -> Error {
    at(
        ty,
        "between its event and the transaction an `#[on]` method takes only what is recorded with the event",
        "write `at: &Timestamp` for the time, or `recorded: &RecordedEvent` for the whole envelope; another event has a method of its own",
    )
}

pub(crate) fn on_effect(ty: &Type) -> Error {
    at(
        ty,
        "a projection has no effects, since it is rebuilt: what it did would be done again",
        &format!(
            "drop the parameter with `{}`, and execute commands outside of the projection",
            text(behind_reference(ty))
        ),
    )
}

pub(crate) fn on_returns_opaque(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an `#[on]` method names the type that it returns",
        "write `Result<(), E>` with the type of the error, or nothing",
    )
}
