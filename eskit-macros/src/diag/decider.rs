//! Messages about deciders and evolve methods.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

use super::{at, spanned};

pub(crate) fn decider_item(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[decider]` stands on an aggregate's impl block or on a function",
        "write `#[decider] impl Seats { .. }`, or `#[decider] fn enroll(command: &Enroll, seats: &Seats) -> ..`",
    )
}

pub(crate) fn decider_trait_impl(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[decider]` stands on an inherent impl block, not on one of a trait",
        "write `#[decider] impl Seats { .. }`",
    )
}

pub(crate) fn decider_empty(span: Span) -> Error {
    spanned(
        span,
        "this impl block marks no method",
        "mark those that fold events with `#[evolve]` and those that answer commands with `#[decide]`",
    )
}

pub(crate) fn misplaced_marker(span: Span, word: &str) -> Error {
    spanned(
        span,
        &format!("`#[{word}]` stands on a method inside a `#[decider]` impl block"),
        "put `#[decider]` on the impl block",
    )
}

pub(crate) fn marker_typo(attr: impl ToTokens, found: &str, meant: &str) -> Error {
    at(attr, &format!("unknown attribute `{found}`"), &format!("did you mean `#[{meant}]`?"))
}

pub(crate) fn marker_arguments(attr: impl ToTokens, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` takes no arguments"), &format!("write `#[{word}]`"))
}

pub(crate) fn marker_twice(attr: impl ToTokens) -> Error {
    at(
        attr,
        "a method is marked once",
        "keep `#[evolve]`, if it folds an event, or `#[decide]`, if it answers a command",
    )
}

pub(crate) fn marker_on_other(attr: impl ToTokens, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` stands on a method"), "put it on the `fn`")
}

pub(crate) fn qualifier(token: impl ToTokens, word: &str, what: &str) -> Error {
    at(
        token,
        &format!("{what} cannot be `{word}`"),
        "deciders and evolve methods are pure and synchronous: fetch what they need before, and pass it in the command",
    )
}

pub(crate) fn generic_function(tokens: impl ToTokens, what: &str) -> Error {
    at(tokens, &format!("{what} cannot be generic"), "name the concrete types")
}

pub(crate) fn evolve_receiver(span: Span) -> Error {
    spanned(span, "an evolve method takes `&mut self`", "write `fn happened(&mut self, event: &SomethingHappened)`")
}

pub(crate) fn decide_receiver(span: Span) -> Error {
    spanned(
        span,
        "a decide method takes `&self`",
        "write `fn decide(&self, command: &Command) -> Result<Event, Error>`",
    )
}

pub(crate) fn evolve_no_event(span: Span) -> Error {
    spanned(span, "an evolve method takes an event", "write `fn happened(&mut self, event: &SomethingHappened)`")
}

pub(crate) fn decide_no_command(span: Span) -> Error {
    spanned(
        span,
        "a decide method takes a command",
        "write `fn decide(&self, command: &Command) -> Result<Event, Error>`",
    )
}

pub(crate) fn evolve_too_many(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an evolve method takes an event and, where wanted, its envelope",
        "write `(&mut self, event: &SomethingHappened, recorded: &RecordedEvent)`",
    )
}

pub(crate) fn decide_too_many(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "a decide method takes one command: its only model is `self`",
        "to decide from several models write a function, `#[decider] fn decide(command: &Command, one: &One, two: &Two) -> ..`",
    )
}

pub(crate) fn not_a_reference(tokens: impl ToTokens, what: &str) -> Error {
    let ty = tokens.to_token_stream().to_string().replace(" ", "");
    at(&tokens, &format!("{what} is taken by reference"), &format!("write `&{ty}`"))
}

pub(crate) fn mutable_reference(tokens: impl ToTokens, what: &str, ty: &str) -> Error {
    at(tokens, &format!("{what} is taken by shared reference"), &format!("write `&{ty}`"))
}

pub(crate) fn evolve_returns(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an evolve method returns nothing: what is recorded has happened",
        "drop the return type; refuse in the decider, before the event is emitted",
    )
}

pub(crate) fn decide_returns_nothing(span: Span) -> Error {
    spanned(span, "a decider returns the events that it emits", "add `-> Result<SomethingHappened, Error>`")
}

pub(crate) fn opaque_return(tokens: impl ToTokens) -> Error {
    at(tokens, "a decider names the type that it returns: its events are known from it", "write the concrete type")
}

pub(crate) fn evolve_twice(tokens: impl ToTokens, ty: &str) -> Error {
    at(tokens, &format!("two evolve methods take `{ty}`"), "keep one of them")
}

pub(crate) fn decide_twice(tokens: impl ToTokens, ty: &str) -> Error {
    at(tokens, &format!("two decide methods take `{ty}`"), "keep one of them: a command has one decider")
}

pub(crate) fn function_self(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "a decider function takes no `self`",
        "put `#[decider]` on the impl block and `#[decide]` on this method",
    )
}

pub(crate) fn function_no_command(span: Span) -> Error {
    spanned(
        span,
        "a decider takes a command, then the aggregates that it decides from",
        "write `fn enroll(command: &Enroll, seats: &Seats) -> Result<StudentEnrolled, Error>`",
    )
}

pub(crate) fn function_no_model(span: Span) -> Error {
    spanned(
        span,
        "a decider takes at least one aggregate after its command",
        "write `fn enroll(command: &Enroll, seats: &Seats) -> Result<StudentEnrolled, Error>`",
    )
}

pub(crate) fn function_too_many_models(tokens: impl ToTokens) -> Error {
    at(tokens, "a decider takes at most 8 aggregates", "fold what it needs into fewer models")
}

pub(crate) fn key_malformed(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "cannot read this key",
        "write `#[key(field)]`, the command's field that selects this model, or `#[key(key = field)]` for each of several keys",
    )
}

pub(crate) fn key_on_command(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[key(..)]` stands on an aggregate, not on the command",
        "move it to the parameter that the field selects",
    )
}
