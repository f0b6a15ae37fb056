//! Messages about processors.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Error, LitStr, Type};

use super::attr::expected_value;
use super::list::Takes;
use super::subscriber::SubscriberKind;
use super::suggest::did_you_mean;
use super::text::at;
use crate::wrap::{bare, behind_reference, text};

/// Neither its name nor where it begins is said.
pub(crate) fn processor_without_words(self_ty: &Type) -> Error {
    let attribute = SubscriberKind::Processor.attribute(&SubscriberKind::Processor.name_of(self_ty));
    at(
        self_ty,
        "a processor has a name, under which its checkpoint is kept, and says where it begins",
        &format!(
            "write `{attribute}`, to leave out what has happened already, or `from = \"beginning\"`, to act on all of it"
        ),
    )
}

pub(crate) fn processor_without_from(self_ty: &Type, name: Option<&str>) -> Error {
    let own = SubscriberKind::Processor.name_of(self_ty);
    at(
        self_ty,
        &format!("the processor `{}` does not say where it begins", name.unwrap_or(&own)),
        "add `from = \"now\"`, to leave out what has happened already, or `from = \"beginning\"`, to act on all of it",
    )
}

/// Words for a place in the log that are not ours, by the one that is meant.
const PLACES: [(&str, &[&str]); 2] = [
    ("beginning", &["all", "earliest", "first", "genesis", "history", "origin", "start", "zero", "0"]),
    ("now", &["current", "end", "head", "last", "latest", "live", "new", "present", "today"]),
];

pub(crate) fn from_unknown(lit: &LitStr, found: &str) -> Error {
    let lower = found.to_lowercase();
    let listed = PLACES.iter().find(|(_, words)| words.contains(&lower.as_str())).map(|(place, _)| *place);
    let help = match listed.or_else(|| did_you_mean(&lower, &["beginning", "now"])) {
        Some(meant) => format!("did you mean `from = {meant:?}`?"),
        None => "write `from = \"now\"`, to leave out what has happened already, or `from = \"beginning\"`, to act on all of it".to_owned(),
    };
    at(lit, &format!("`from` is one of `beginning` and `now`, not `{}`", found.escape_debug()), &help)
}

pub(crate) fn processor_version(word: &Ident) -> Error {
    at(
        word,
        "a processor has no version: what it did for an event is not done again",
        "leave out `version`; after a change it goes on from its checkpoint",
    )
}

pub(crate) fn processor_memory(word: &Ident) -> Error {
    at(
        word,
        "a processor is not kept in memory: without a checkpoint it would act on every event again after each start",
        "leave out `memory`; where its checkpoint is kept is said by `App::with_processor`",
    )
}

pub(crate) fn refused_on_block(word: &Ident) -> Error {
    at(
        word,
        "what follows a refused command is said at the method that returns it",
        "put `#[on(refused = \"skip\")]` or `#[on(refused = \"fail\")]` on the method",
    )
}

/// A word of `#[work(..)]` on the block.
pub(crate) fn work_word_on_block(word: &Ident) -> Error {
    at(
        word,
        "how to-dos are done is said at the method that does them",
        &format!("put `#[work({word} = ..)]` on the method"),
    )
}

pub(crate) fn refused_unknown(lit: &LitStr, found: &str) -> Error {
    let listed = match found.to_lowercase().as_str() {
        "ignore" | "continue" | "drop" | "pass" => Some("skip"),
        "error" | "stop" | "park" | "abort" | "halt" => Some("fail"),
        _ => None,
    };
    let help = match listed.or_else(|| did_you_mean(found, &["skip", "fail"])) {
        Some(meant) => format!("did you mean `refused = {meant:?}`?"),
        None => "write `refused = \"skip\"`, to go on, or `refused = \"fail\"`, to fail without another try".to_owned(),
    };
    at(lit, &format!("`refused` is one of `skip` and `fail`, not `{}`", found.escape_debug()), &help)
}

/// The method returns nothing.
pub(crate) fn refused_without_commands(word: &Ident, name: &Ident) -> Error {
    at(word, &format!("`{name}` returns no command that could be refused"), "leave out `refused`")
}

pub(crate) fn processor_mark(attr: &Attribute, word: &str) -> Error {
    let (text, help) = match word {
        "tables" => {
            ("a processor has no tables: it keeps no read model", "move it to a `#[projection(name = \"..\")]`")
        }
        _ => (
            "a processor does not hear that it has caught up",
            "leave it out; an `async` method asks `cx.is_live()` whether it handles what happens now",
        ),
    };
    at(attr, text, help)
}

pub(crate) fn processor_changes_self(tokens: impl ToTokens, name: &Ident) -> Error {
    at(
        tokens,
        "a processor does not change itself: what it remembers would be lost with the program",
        &format!("write `fn {name}(&self, ..)`; what it must know of earlier events is loaded with `cx.load`"),
    )
}

pub(crate) fn processor_tx(ty: &Type) -> Error {
    at(
        ty,
        "a processor writes to no views",
        "leave the transaction out; what is written to views is a `#[projection(name = \"..\")]`",
    )
}

pub(crate) fn processor_returns_borrow(ty: &Type) -> Error {
    at(
        ty,
        "a method of a processor returns what owns its data",
        "let the command hold values such as `String` in place of references; one that borrows is executed with `cx.execute(..)`",
    )
}

/// An `App`, or what is started from one.
pub(crate) fn processor_app(ty: &Type) -> Error {
    at(
        ty,
        &format!("a method of a processor does not take `{}`", text(behind_reference(ty))),
        "write `cx: &mut Effect<'_>` as the last parameter of an `async` method: it executes commands and loads aggregates",
    )
}

pub(crate) fn effect_other(ty: &Type) -> Error {
    at(
        ty,
        &format!("`{}` is not the effect of a processor", text(behind_reference(ty))),
        "write `cx: &mut Effect<'_>`, with `use eskit::processor::Effect;`",
    )
}

pub(crate) fn effect_reference(ty: &Type, takes: Takes) -> Error {
    let help = match takes {
        Takes::One => "write `&mut Effect<'_>`",
        Takes::Batch => "write `&mut [Effect<'_>]`",
    };
    at(ty, "the effect is taken by mutable reference", help)
}

/// A slice of effects without `batch`, or one effect with it.
pub(crate) fn effect_of_batch(ty: &Type, takes: Takes) -> Error {
    match takes {
        Takes::One => at(
            ty,
            "what does one thing in a call has one effect",
            "write `&mut Effect<'_>`; or `#[work(batch = 50)]`, which takes `&[Item]` and an effect for each",
        ),
        Takes::Batch => at(
            ty,
            "with `batch`, each to-do has an effect of its own",
            "write `&mut [Effect<'_>]`: the first is that of the first item, and so on",
        ),
    }
}

pub(crate) fn effect_last(ty: &Type, name: Option<&Ident>) -> Error {
    let name = name.map_or_else(|| "cx".to_owned(), bare);
    at(ty, "the effect comes last", &format!("move `{name}: {}` to the end", text(ty)))
}

pub(crate) fn effect_plain(ty: &Type, name: &Ident) -> Error {
    at(
        ty,
        "only an `async` method takes the effect: what it does is waited for",
        &format!("write `async fn {name}`, or leave the parameter out and return commands"),
    )
}

/// `given` is what stands there in place of a text.
pub(crate) fn from_no_text(word: &Ident, given: TokenStream, meant: &str) -> Error {
    expected_value(word, given, "a string", &format!("from = {meant:?}"))
}
