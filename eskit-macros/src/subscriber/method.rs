//! A method that takes an event, what it takes beside it, and what it acts with.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Type};

use crate::block::handler::Handler;
use crate::block::{Block, param};
use crate::ctxt::Ctxt;
use crate::diag::{self, Marked, Role};
use crate::syntax::signature::{Param, ReceiverKind, Signature};
use crate::syntax::tokens::holds_word;
use crate::wrap::{bare, text};

/// A method that takes an event, such as one with `#[on]`.
pub(crate) struct EventMethod {
    /// How its event reaches it. That of a method that takes every other event decodes nothing: what it takes is the envelope.
    pub(crate) handler: Handler,
    pub(crate) takes_all: bool,
    /// Its name as it was written, and its parameters before the last one, for messages.
    pub(crate) shown: String,
    /// The receiver, if it is `&mut self`.
    pub(crate) changes_self: Option<TokenStream>,
    /// The type of its last parameter, behind its reference, if it acts by one: the transaction of a projection, or the effect of a
    /// processor.
    pub(crate) last: Option<Type>,
    /// The word `async`.
    pub(crate) asyncness: Option<Ident>,
    /// What it returns; `None` for nothing.
    pub(crate) output: Option<Type>,
    /// What a processor says of commands that are refused.
    pub(crate) refused: Option<Refused>,
}

/// `refused = ".."`, and what follows when a command is refused that the method returned.
pub(crate) struct Refused {
    pub(crate) word: Ident,
    pub(crate) then: OnRefusedDef,
}

/// What follows a refused command.
#[derive(Clone, Copy)]
pub(crate) enum OnRefusedDef {
    Skip,
    Fail,
}

/// The parameters of a method.
pub(crate) struct Split<'s> {
    /// Those that are there for the event.
    pub(crate) params: Vec<&'s Param>,
    /// The type of the one that the method acts by, behind its reference.
    pub(crate) last: Option<Type>,
}

impl EventMethod {
    /// Reads a method; nothing after a report that says why.
    pub(crate) fn from_syn(
        cx: &Ctxt,
        marked: Marked,
        block: &Block,
        signature: &Signature,
        split: Split<'_>,
        cfgs: Vec<Attribute>,
    ) -> Option<EventMethod> {
        let Split { params, last } = split;
        check_plain(cx, marked, signature);
        let changes_self = changes_self(cx, marked, signature);
        let last = last.filter(|last| signature.can_name(last)).map(|last| block.written_out(&last));
        let (event, envelope) = events(cx, marked, signature, &params)?;
        let takes_all = event.is_none();
        let event = match event {
            Some(param) => {
                let ty = param::referenced(cx, param, Role::Event).filter(|ty| signature.can_name(ty))?;
                block.written_out(&ty)
            }
            None => envelope.first()?.clone(),
        };
        let shown: Vec<String> = params.iter().map(|param| shown(param)).collect();
        let asyncness = signature.qualifiers.iter().find(|word| *word == "async").cloned();
        let output = output(cx, marked, block, signature);
        let ident = signature.ident.clone();
        Some(EventMethod {
            shown: format!("{ident}(&self, {}", shown.join(", ")),
            handler: Handler { cfgs, ident, event, bound: "Subscribed", envelope, callable: true },
            takes_all,
            changes_self,
            last,
            asyncness,
            output,
            refused: None,
        })
    }

    pub(crate) fn ident(&self) -> &Ident {
        &self.handler.ident
    }
}

/// The receiver, if it is `&mut self`; one that is not `self` by reference is reported.
pub(crate) fn changes_self(cx: &Ctxt, marked: Marked, signature: &Signature) -> Option<TokenStream> {
    let name = &signature.ident;
    match &signature.receiver {
        Some(receiver) if receiver.kind == ReceiverKind::Mutable => return Some(receiver.tokens.clone()),
        Some(receiver) if receiver.kind == ReceiverKind::Shared => {}
        Some(receiver) => cx.error(diag::method_receiver(marked, &receiver.tokens, name)),
        None => cx.error(diag::method_receiver(marked, name, name)),
    }
    None
}

/// Reports what a method cannot be: `unsafe`, `extern`, generic.
pub(crate) fn check_plain(cx: &Ctxt, marked: Marked, signature: &Signature) {
    for word in signature.qualifiers.iter().filter(|word| *word != "const" && *word != "async") {
        cx.error(diag::method_qualifier(marked, word));
    }
    if let Some(generic) = signature.generic() {
        cx.error(diag::generic_function(generic, &marked.method()));
    }
}

/// The parameter of the event, if it is not every event that the method takes, and what it takes beside it.
fn events<'p>(
    cx: &Ctxt,
    marked: Marked,
    signature: &Signature,
    params: &[&'p Param],
) -> Option<(Option<&'p Param>, Vec<Type>)> {
    if let Some(extra) = params.get(3) {
        cx.error(diag::too_many_parameters(marked, &extra.ty));
    }
    let (event, rest) = match params {
        [] => {
            cx.error(diag::no_event(marked, &signature.ident, &signature.ident));
            return None;
        }
        [envelope, event, ..] if envelope.is_envelope() && !event.is_envelope() => {
            cx.error(diag::on_envelope_first(&envelope.ty, &signature.ident, &event.ty));
            (Some(*event), vec![*envelope])
        }
        [time, ..] if time.is_envelope() && !time.is_recorded_event() => {
            cx.error(diag::no_event(marked, &time.ty, &signature.ident));
            return None;
        }
        [recorded, ..] if recorded.is_recorded_event() => (None, params.to_vec()),
        [event, rest @ ..] => (Some(*event), rest.to_vec()),
    };
    let envelope = |beside: &&Param| param::envelope(cx, beside, |ty| diag::beside_event(marked, ty));
    Some((event, rest.iter().take(3).filter_map(envelope).collect()))
}

/// The type that the method returns.
pub(crate) fn output(cx: &Ctxt, marked: Marked, block: &Block, signature: &Signature) -> Option<Type> {
    let output = signature.output.as_ref()?;
    if holds_word(output.to_token_stream(), "impl") {
        cx.error(diag::returns_opaque(marked, output));
        return None;
    }
    Some(block.written_out(output))
}

/// A parameter as it is shown in a help.
fn shown(param: &Param) -> String {
    let name = param.name.as_ref().map_or_else(|| "_".to_owned(), bare);
    format!("{name}: {}", text(&param.ty))
}
