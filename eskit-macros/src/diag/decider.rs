//! Messages about deciders and evolve methods.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Error, LitStr, Type};

use super::text::at;
use crate::limits::MODELS_MAX;
use crate::symbol;
use crate::wrap::{behind_reference, text};

pub(crate) fn decider_item(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[decider]` stands on an aggregate's impl block or on a function",
        "write `#[decider] impl Seats { .. }`, or `#[decider] fn enroll(command: &Enroll, seats: &Seats) -> ..`",
    )
}

pub(crate) fn decider_on_state(word: TokenTree) -> Error {
    at(
        word,
        "`#[decider]` stands on an aggregate's impl block or on a function, not on its state",
        "write `#[aggregate(..)]` in its place",
    )
}

pub(crate) fn decider_trait_impl(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[decider]` stands on an inherent impl block, not on one of a trait",
        "write `#[decider] impl Seats { .. }`",
    )
}

pub(crate) fn decider_empty(self_ty: impl ToTokens) -> Error {
    let text = format!("the impl block of `{}` marks no method", text(&self_ty));
    at(self_ty, &text, "put `#[evolve]` on methods that fold an event, and `#[decide]` on those that answer a command")
}

pub(crate) fn misplaced_marker(name: Option<TokenTree>, word: &str) -> Error {
    at(
        name,
        &format!("`#[{word}]` stands on a method inside a `#[decider]` impl block"),
        "put `#[decider]` on the impl block, or drop the mark",
    )
}

pub(crate) fn marker_on_block(token: TokenTree, word: &str) -> Error {
    at(token, &format!("`#[{word}]` stands on a method, not on an impl block"), "write `#[decider]` in its place")
}

pub(crate) fn misplaced_decide(name: Option<TokenTree>) -> Error {
    at(
        name,
        "`#[decide]` stands on a method; a function of its own is marked `#[decider]`",
        "write `#[decider]` in its place",
    )
}

pub(crate) fn marker_twice(attr: &Attribute) -> Error {
    at(
        attr,
        "a method is marked once",
        "keep `#[evolve]`, if it folds an event, or `#[decide]`, if it answers a command",
    )
}

pub(crate) fn decide_marked_evolve(attr: impl ToTokens) -> Error {
    at(attr, "a method that takes `&self` and returns something answers a command", "write `#[decide]`")
}

pub(crate) fn state_as_parameter(tokens: impl ToTokens, receiver: &str) -> Error {
    at(tokens, "the state is taken as `self`", &format!("write `{receiver}`"))
}

pub(crate) fn qualifier(token: impl ToTokens, word: &str, what: &str) -> Error {
    at(
        token,
        &format!("{what} cannot be `{word}`"),
        "deciders and evolve methods are pure and synchronous: fetch what they need before, and pass it in the command",
    )
}

pub(crate) fn evolve_receiver(tokens: impl ToTokens, name: &Ident) -> Error {
    let help = format!("write `fn {name}(&mut self, ..)`");
    at(tokens, "an evolve method takes `&mut self`", &help)
}

pub(crate) fn decide_receiver(tokens: impl ToTokens, name: &Ident) -> Error {
    let help = format!("write `fn {name}(&self, ..)`");
    at(tokens, "a decide method takes `&self`", &help)
}

/// A method that does what the command asks for, in place of saying what then has happened.
pub(crate) fn decide_changes(tokens: impl ToTokens, name: &Ident) -> Error {
    let help = format!(
        "write `fn {name}(&self, ..) -> Result<SomethingHappened, Error>`, and change the state in an `#[evolve]` method"
    );
    at(tokens, "a decide method changes nothing: it returns the events that it emits", &help)
}

pub(crate) fn evolve_no_event(name: &Ident) -> Error {
    let help = format!("write `fn {name}(&mut self, event: &SomethingHappened)`");
    at(name, "an evolve method takes an event", &help)
}

pub(crate) fn decide_no_command(name: &Ident) -> Error {
    let help = format!("write `fn {name}(&self, command: &DoSomething) -> ..`");
    at(name, "a decide method takes a command", &help)
}

pub(crate) fn evolve_envelope_first(envelope: &Type, name: &Ident, event: &Type) -> Error {
    at(
        envelope,
        "the event comes first, and then what is recorded with it",
        &format!(
            "write `fn {name}(&mut self, event: &{}, {})`",
            text(behind_reference(event)),
            text_of_envelope(envelope)
        ),
    )
}

/// The parameter as it is to be written.
fn text_of_envelope(ty: &Type) -> String {
    let ty = text(behind_reference(ty));
    let name = if ty.ends_with("Timestamp") { "at" } else { "recorded" };
    format!("{name}: &{ty}")
}

pub(crate) fn evolve_too_many(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an evolve method takes an event and, where wanted, its time and its envelope",
        "write `(&mut self, event: &SomethingHappened, at: &Timestamp, recorded: &RecordedEvent)`",
    )
}

pub(crate) fn evolve_returns(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an evolve method returns nothing: what is recorded has happened",
        "drop the return type; refuse in the decider, before the event is emitted",
    )
}

pub(crate) fn evolve_returns_state(tokens: impl ToTokens, name: &Ident) -> Error {
    at(
        tokens,
        "an evolve method changes the state in place, and returns nothing",
        &format!("write `fn {name}(&mut self, ..)`, and assign to the fields of `self`"),
    )
}

pub(crate) fn decide_returns_nothing(name: &Ident) -> Error {
    at(name, "a decider returns the events that it emits", "add `-> Result<SomethingHappened, Error>`")
}

/// `item` is the type that an iterator yields.
pub(crate) fn opaque_return(tokens: impl ToTokens, item: Option<&Type>) -> Error {
    let help = match item {
        Some(item) => format!("write `Vec<{}>`", text(item)),
        None => "write the concrete type, such as `Vec<SomethingHappened>`".to_owned(),
    };
    at(tokens, "a decider names the type that it returns: its events are known from it", &help)
}

/// `held` is the type that the pointer holds.
pub(crate) fn pointer_return(tokens: impl ToTokens, held: Option<&Type>) -> Error {
    let help = match held {
        Some(held) => format!("write `{}`", text(held)),
        None => "write its type, or that of an enum that derives `Event` and holds each event that may be".to_owned(),
    };
    at(tokens, "a decider returns the event itself", &help)
}

/// `to` is what a reference refers to.
pub(crate) fn borrowed_return(tokens: impl ToTokens, to: Option<&Type>) -> Error {
    let help = match to.map(text).as_deref() {
        Some("str") => "write `&'static str`, or `String`".to_owned(),
        Some(owned) => format!("write `{owned}`"),
        None => "name a type without a lifetime".to_owned(),
    };
    at(tokens, "what a decider returns borrows nothing", &help)
}

pub(crate) fn events_mixed(other: &Ident, expected: &Ident) -> Error {
    at(
        other,
        &format!("a `Vec` holds events of one type, and `{other}` is not `{expected}`"),
        &format!(
            "return a tuple, `({expected}, {other})`; or a `Vec` of an enum that derives `Event` and holds both, `enum Events {{ {expected}({expected}), {other}({other}) }}`"
        ),
    )
}

pub(crate) fn value_return(ty: impl ToTokens) -> Error {
    at(
        &ty,
        &format!("`{}` is not an event", text(&ty)),
        "write the event that says what happened, as in `-> Result<SomethingHappened, Error>`",
    )
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

pub(crate) fn function_no_command(name: &Ident) -> Error {
    at(
        name,
        "a decider takes a command, then the aggregates that it decides from",
        &format!("write `fn {name}(command: &DoSomething, model: &Model) -> ..`"),
    )
}

pub(crate) fn function_no_model(name: &Ident, command: &Type) -> Error {
    at(
        name,
        "a decider takes at least one aggregate after its command",
        &format!(
            "write `fn {name}(command: &{}, model: &Model) -> ..`; or, if it records a fact whatever happened before, `#[decider(no_models)]`",
            text(behind_reference(command))
        ),
    )
}

pub(crate) fn function_too_many_models(tokens: impl ToTokens) -> Error {
    at(tokens, &format!("a decider takes at most {MODELS_MAX} aggregates"), "fold what it needs into fewer models")
}

pub(crate) fn key_malformed(tokens: impl ToTokens) -> Error {
    let text: Option<Ident> = syn::parse2::<LitStr>(tokens.to_token_stream()).ok().and_then(|lit| lit.parse().ok());
    let help = match text {
        Some(field) => format!("write `#[key({field})]`"),
        None => "write `#[key(field)]`, the command's field that selects this model, or `#[key(key = field)]` for each of several keys".to_owned(),
    };
    at(tokens, "cannot read this key", &help)
}

pub(crate) fn key_on_command(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[key(..)]` stands on an aggregate, not on the command",
        "move it to the parameter that the field selects",
    )
}

pub(crate) fn key_on_method_command(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[key(..)]` stands on the method, since its model is `self`", "move it in front of the `fn`")
}

/// `given` is what stands there in place of a list of types.
pub(crate) fn unevolved_malformed(tokens: impl ToTokens, given: &TokenStream) -> Error {
    let meant: Option<Ident> = syn::parse2::<LitStr>(given.clone()).ok().and_then(|lit| lit.parse().ok());
    let meant = meant.or_else(|| syn::parse2(given.clone()).ok());
    let event = meant.map_or_else(|| "SomethingHappened".to_owned(), |event| event.to_string());
    at(
        tokens,
        "`unevolved` names the events that none of the decider's models evolves",
        &format!("write `unevolved({event})`"),
    )
}

pub(crate) fn decider_word_on_block(tokens: TokenStream) -> Error {
    let word = tokens.clone().into_iter().next().map(|word| word.to_string()).unwrap_or_default();
    let help = match word.as_str() {
        symbol::UNEVOLVED => format!("write `#[decide({})]` at the method that emits the event", text(&tokens)),
        _ => "write a function: a method decides from its aggregate".to_owned(),
    };
    at(tokens, &format!("`{word}` stands on one decider, not on an impl block"), &help)
}

pub(crate) fn function_models_all_the_same(word: &Ident, model: &Type) -> Error {
    let model = text(behind_reference(model));
    at(
        word,
        &format!("`{word}` is said of a decider that takes `{model}`"),
        &format!("leave out `{word}`, or the parameter"),
    )
}
