//! Messages about impl blocks with `#[on]` methods: projections and processors.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Error, LitStr, Type};

use super::attr::expected_value;
use super::suggest::{did_you_mean, suggest_key};
use super::tag::no_key;
use super::text::at;
use crate::limits::SUBSCRIBER_NAME_BYTES_MAX;
use crate::wrap::{bare, behind_reference, text};
use crate::{meant, symbol};

/// What an impl block with `#[on]` methods makes of its type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriberKind {
    Projection,
    Processor,
}

impl SubscriberKind {
    /// The name of the attribute, which is also what a message calls it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            SubscriberKind::Projection => symbol::PROJECTION,
            SubscriberKind::Processor => symbol::PROCESSOR,
        }
    }

    /// The attribute with the words that it needs.
    pub(super) fn attribute(self, name: &str) -> String {
        match self {
            SubscriberKind::Projection => format!("#[projection(name = {name:?})]"),
            SubscriberKind::Processor => format!("#[processor(name = {name:?}, from = \"now\")]"),
        }
    }

    /// A type for a help that knows none.
    fn example(self) -> &'static str {
        match self {
            SubscriberKind::Projection => "CourseList",
            SubscriberKind::Processor => "Shipping",
        }
    }

    /// The name of a type, in a help.
    pub(super) fn name_of(self, self_ty: &Type) -> String {
        let own = match behind_reference(self_ty) {
            Type::Path(path) => path.path.segments.last().map(|last| bare(&last.ident)),
            _ => None,
        };
        self.name_for(own.as_deref().unwrap_or_default())
    }

    fn name_for(self, type_name: &str) -> String {
        suggest_name(type_name).or_else(|| suggest_name(self.example())).unwrap_or_default()
    }
}

/// A mark of a method, and what its block makes of its type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marked {
    pub(crate) kind: SubscriberKind,
    /// The mark's word.
    pub(crate) word: &'static str,
}

impl Marked {
    pub(crate) const ON_PROJECTION: Marked = Marked { kind: SubscriberKind::Projection, word: symbol::ON };
    pub(crate) const ON_PROCESSOR: Marked = Marked { kind: SubscriberKind::Processor, word: symbol::ON };
    pub(crate) const TODO: Marked = Marked { kind: SubscriberKind::Processor, word: symbol::TODO };
    pub(crate) const DONE: Marked = Marked { kind: SubscriberKind::Processor, word: symbol::DONE };
    pub(crate) const WORK: Marked = Marked { kind: SubscriberKind::Processor, word: symbol::WORK };
    pub(crate) const EVERY: Marked = Marked { kind: SubscriberKind::Processor, word: symbol::EVERY };

    /// What a message calls its method: ``a `#[todo]` method``.
    pub(crate) fn method(self) -> String {
        let article = if matches!(self.word, symbol::ON | symbol::EVERY) { "an" } else { "a" };
        format!("{article} `#[{}]` method", self.word)
    }

    /// What its method may take after what is there for the event.
    fn last_parameter(self) -> Option<(&'static str, &'static str)> {
        match self {
            Marked::ON_PROJECTION => Some(("and the transaction", "tx: &mut eskit::sqlite::Tx")),
            Marked::ON_PROCESSOR => Some(("and in an `async` method its effect", "cx: &mut Effect<'_>")),
            _ => None,
        }
    }
}

/// The name that a text stands for: `course-list` for `CourseList`.
fn suggest_name(text: &str) -> Option<String> {
    let words: Vec<String> =
        suggest_key(text)?.split(['_', '-']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (!words.is_empty()).then(|| words.join("-"))
}

/// `has_words` tells whether the attribute says something else.
pub(crate) fn subscriber_without_name(kind: SubscriberKind, self_ty: &Type, has_words: bool) -> Error {
    let (word, name) = (kind.word(), kind.name_of(self_ty));
    let help = match has_words {
        true => format!("add `name = {name:?}` to what `#[{word}(..)]` says"),
        false => format!("write `{}`", kind.attribute(&name)),
    };
    at(self_ty, &format!("a {word} has a name, under which its checkpoint is kept"), &help)
}

/// `given` is what stands there in place of a text, such as a name without quotes.
pub(crate) fn subscriber_name_no_text(kind: SubscriberKind, word: &Ident, given: TokenStream, self_ty: &Type) -> Error {
    let meant = meant::texts(given.clone()).first().and_then(|text| suggest_name(text));
    let name = meant.unwrap_or_else(|| kind.name_of(self_ty));
    expected_value(word, given, "a string", &format!("name = {name:?}"))
}

pub(crate) fn subscriber_name(kind: SubscriberKind, tokens: impl ToTokens, name: &str, self_ty: &Type) -> Error {
    let help = format!("write `name = {:?}`", suggest_name(name).unwrap_or_else(|| kind.name_of(self_ty)));
    let word = kind.word();
    if name.is_empty() {
        return at(tokens, &format!("the name of a {word} is empty"), &help);
    }
    let text = format!(
        "the name of a {word} is words of lower-case letters and digits, joined by `-`, which `{}` is not",
        name.escape_debug()
    );
    at(tokens, &text, &help)
}

pub(crate) fn subscriber_name_too_long(kind: SubscriberKind, tokens: impl ToTokens, len: usize) -> Error {
    let word = kind.word();
    let text = format!("the name of the {word} has {len} bytes, but at most {SUBSCRIBER_NAME_BYTES_MAX} are allowed");
    at(tokens, &text, "write a shorter name")
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

pub(crate) fn subscriber_item(kind: SubscriberKind, name: Option<&str>, tokens: impl ToTokens) -> Error {
    let name = name.unwrap_or(kind.example());
    at(
        tokens,
        &format!("`#[{}]` stands on an impl block", kind.word()),
        &format!("write `{} impl {name} {{ .. }}`", kind.attribute(&kind.name_for(name))),
    )
}

pub(crate) fn subscriber_trait_impl(kind: SubscriberKind, self_ty: &Type) -> Error {
    at(
        self_ty,
        &format!("`#[{}]` stands on an inherent impl block, not on one of a trait", kind.word()),
        &format!("write `{} impl {} {{ .. }}`", kind.attribute(&kind.name_of(self_ty)), text(self_ty)),
    )
}

pub(crate) fn subscriber_empty(self_ty: &Type) -> Error {
    at(
        self_ty,
        &format!("the impl block of `{}` marks no method", text(self_ty)),
        "put `#[on]` on the methods that take an event",
    )
}

/// A mark on an item that stands alone.
pub(crate) fn mark_outside(name: Option<TokenTree>, mark: &str) -> Error {
    let (blocks, block) = blocks_of(mark);
    at(
        name,
        &format!("`#[{mark}]` stands on a method inside a {blocks} impl block"),
        &format!("put {block} on the impl block, or drop the mark"),
    )
}

pub(crate) fn mark_on_block(token: TokenTree, mark: &str) -> Error {
    let (_, block) = blocks_of(mark);
    let method = match mark {
        symbol::ON => "on each method that takes an event",
        symbol::TODO => "on each method that opens to-dos",
        symbol::DONE => "on each method that closes to-dos",
        symbol::WORK => "on the method that does to-dos",
        _ => "on each method that is called at these times",
    };
    at(
        token,
        &format!("`#[{mark}]` stands on a method, not on an impl block"),
        &format!("write {block} in its place, and `#[{mark}]` {method}"),
    )
}

/// The attributes of the blocks in which a mark may stand: as they are called, and as they are written.
fn blocks_of(mark: &str) -> (&'static str, &'static str) {
    match mark {
        symbol::ON => (
            "`#[projection]` or `#[processor]`",
            "`#[projection(name = \"..\")]` or `#[processor(name = \"..\", from = \"now\")]`",
        ),
        _ => ("`#[processor]`", "`#[processor(name = \"..\", from = \"now\")]`"),
    }
}

pub(crate) fn item_marked_twice(attr: &Attribute) -> Error {
    at(attr, "an item of the block is marked once", "keep one of the marks")
}

pub(crate) fn method_qualifier(marked: Marked, word: &Ident) -> Error {
    at(word, &format!("{} cannot be `{word}`", marked.method()), &format!("leave out `{word}`"))
}

pub(crate) fn method_receiver(marked: Marked, tokens: impl ToTokens, name: &Ident) -> Error {
    at(tokens, &format!("{} takes `&self`", marked.method()), &format!("write `fn {name}(&self, ..)`"))
}

pub(crate) fn event_twice(marked: Marked, tokens: impl ToTokens, ty: &str) -> Error {
    let help = match marked {
        Marked::TODO => "keep one of them; one method may return a `Vec` of `Todo`",
        Marked::DONE => "keep one of them; one method may return a `Vec` of keys",
        _ => "keep one of them",
    };
    at(tokens, &format!("two `#[{}]` methods take `{ty}`", marked.word), help)
}

pub(crate) fn catch_all_twice(name: &Ident, first: &Ident) -> Error {
    at(
        name,
        &format!("`{first}` takes every event already that has no method of its own"),
        &format!("keep one of them, or name the event that `{name}` takes"),
    )
}

pub(crate) fn no_event(marked: Marked, tokens: impl ToTokens, name: &Ident) -> Error {
    let every = if marked.word == symbol::ON { ", or `event: &RecordedEvent` for every event" } else { "" };
    at(
        tokens,
        &format!("{} takes an event", marked.method()),
        &format!("write `fn {name}(&self, event: &SomethingHappened, ..)`{every}"),
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

pub(crate) fn too_many_parameters(marked: Marked, tokens: impl ToTokens) -> Error {
    let (text, last) = marked
        .last_parameter()
        .map_or_else(Default::default, |(text, last)| (format!(", {text}"), format!(", {last}")));
    at(
        tokens,
        &format!("{} takes an event, where wanted its time and its envelope{text}", marked.method()),
        &format!("write `(&self, event: &SomethingHappened, at: &Timestamp, recorded: &RecordedEvent{last})`"),
    )
}

pub(crate) fn beside_event(marked: Marked, ty: &Type) -> Error {
    let method = marked.method();
    let text = match marked {
        Marked::ON_PROJECTION => {
            format!("between its event and the transaction {method} takes only what is recorded with the event")
        }
        Marked::ON_PROCESSOR => {
            format!("beside its event and its effect {method} takes only what is recorded with the event")
        }
        _ => format!("beside its event {method} takes only what is recorded with the event"),
    };
    at(
        ty,
        &text,
        "write `at: &Timestamp` for the time, or `recorded: &RecordedEvent` for the whole envelope; another event has a method of its own",
    )
}

pub(crate) fn returns_opaque(marked: Marked, tokens: impl ToTokens) -> Error {
    let help = match marked {
        Marked::ON_PROJECTION => "write `Result<(), E>` with the type of the error, or nothing",
        Marked::TODO => {
            "write `Todo<K, T>` with the types of the key and of what is to be done, or `Option` or `Vec` of it"
        }
        Marked::DONE => "write the type of the key, or `Option` or `Vec` of it",
        _ => "write the type of the command, `Vec` of it, `Result<(), E>` with the type of the error, or nothing",
    };
    at(tokens, &format!("{} names the type that it returns", marked.method()), help)
}
