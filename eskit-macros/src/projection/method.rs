//! An `#[on]` method: the event that it takes, what it takes beside it, and what it writes with.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Type};

use crate::block::handler::Handler;
use crate::block::{Block, param};
use crate::ctxt::Ctxt;
use crate::diag::{self, Role};
use crate::syntax::signature::{Param, ReceiverKind, Signature, borrows};
use crate::syntax::tokens::holds_word;
use crate::wrap::{bare, behind_reference, text};

/// An `#[on]` method.
pub(super) struct OnMethod {
    /// How its event reaches it. That of a method that takes every other event decodes nothing: what it takes is the envelope.
    pub(super) handler: Handler,
    pub(super) takes_all: bool,
    /// Its name as it was written, and its parameters before the transaction, for messages.
    pub(super) shown: String,
    /// The receiver, if it is `&mut self`.
    pub(super) changes_self: Option<TokenStream>,
    /// The type of the transaction.
    pub(super) tx: Option<Type>,
    /// The word `async`.
    pub(super) asyncness: Option<Ident>,
    /// What it returns; `None` for nothing.
    pub(super) output: Option<Type>,
}

impl OnMethod {
    /// Reads a method; nothing after a report that says why.
    pub(super) fn from_syn(cx: &Ctxt, block: &Block, signature: Signature, cfgs: Vec<Attribute>) -> Option<OnMethod> {
        check_plain(cx, &signature);
        let changes_self = match &signature.receiver {
            Some(receiver) if receiver.kind == ReceiverKind::Mutable => Some(receiver.tokens.clone()),
            Some(receiver) if receiver.kind == ReceiverKind::Shared => None,
            Some(receiver) => {
                cx.error(diag::on_receiver(&receiver.tokens, &signature.ident));
                None
            }
            None => {
                cx.error(diag::on_receiver(&signature.ident, &signature.ident));
                None
            }
        };
        let (params, tx) = split_off_tx(cx, &signature.params);
        let tx = tx.filter(|tx| signature.can_name(tx)).map(|tx| block.written_out(&tx));
        let (event, envelope) = events(cx, &signature, &params)?;
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
        let output = output(cx, block, &signature);
        let ident = signature.ident;
        Some(OnMethod {
            shown: format!("{ident}(&self, {}", shown.join(", ")),
            handler: Handler { cfgs, ident, event, bound: "Projected", envelope, callable: true },
            takes_all,
            changes_self,
            tx,
            asyncness,
            output,
        })
    }

    pub(super) fn ident(&self) -> &Ident {
        &self.handler.ident
    }
}

fn check_plain(cx: &Ctxt, signature: &Signature) {
    for word in signature.qualifiers.iter().filter(|word| *word != "const" && *word != "async") {
        cx.error(diag::on_qualifier(word));
    }
    if let Some(generic) = signature.generic() {
        cx.error(diag::generic_function(generic, "an `#[on]` method"));
    }
}

/// The parameters without the transaction, and its type.
fn split_off_tx<'p>(cx: &Ctxt, params: &'p [Param]) -> (Vec<&'p Param>, Option<Type>) {
    let Some(place) = place_of_tx(params) else { return (params.iter().collect(), None) };
    let tx = &params[place];
    if !tx.is_mutable() {
        cx.error(diag::tx_reference(&tx.ty));
    } else if borrows(behind_reference(&tx.ty).to_token_stream()) {
        cx.error(diag::tx_borrows(&tx.ty));
    } else if place + 1 < params.len() {
        cx.error(diag::tx_last(&tx.ty, tx.name.as_ref()));
    }
    let others = params.iter().enumerate().filter(|(index, _)| *index != place).map(|(_, param)| param);
    (others.collect(), Some(behind_reference(&tx.ty).clone()))
}

/// The place of the transaction: of the mutable references the last one, else of what has its name. An event may have that too.
fn place_of_tx(params: &[Param]) -> Option<usize> {
    let mut all = params.iter().enumerate();
    let is_mutable = |(index, param): &(usize, &Param)| param.is_mutable() && (*index > 0 || param.is_transaction());
    let tx = all.clone().rfind(is_mutable).or_else(|| all.find(|(index, param)| *index > 0 && param.is_transaction()));
    tx.map(|(index, _)| index)
}

/// The parameter of the event, if it is not every event that the method takes, and what it takes beside it.
fn events<'p>(cx: &Ctxt, signature: &Signature, params: &[&'p Param]) -> Option<(Option<&'p Param>, Vec<Type>)> {
    // An event may have the name, but no arguments.
    let is_effect = |(index, param): &(usize, &&Param)| param.is_effect() && (*index > 0 || param.has_arguments());
    if let Some((_, effect)) = params.iter().enumerate().find(is_effect) {
        cx.error(diag::on_effect(&effect.ty));
        return None;
    }
    if let Some(extra) = params.get(3) {
        cx.error(diag::on_too_many(&extra.ty));
    }
    let (event, rest) = match params {
        [] => {
            cx.error(diag::on_no_event(&signature.ident, &signature.ident));
            return None;
        }
        [envelope, event, ..] if envelope.is_envelope() && !event.is_envelope() => {
            cx.error(diag::on_envelope_first(&envelope.ty, &signature.ident, &event.ty));
            (Some(*event), vec![*envelope])
        }
        [time, ..] if time.is_envelope() && !time.is_recorded_event() => {
            cx.error(diag::on_no_event(&time.ty, &signature.ident));
            return None;
        }
        [recorded, ..] if recorded.is_recorded_event() => (None, params.to_vec()),
        [event, rest @ ..] => (Some(*event), rest.to_vec()),
    };
    let envelope = rest.iter().take(3).filter_map(|beside| param::envelope(cx, beside, diag::on_envelope)).collect();
    Some((event, envelope))
}

/// The type that the method returns.
fn output(cx: &Ctxt, block: &Block, signature: &Signature) -> Option<Type> {
    let output = signature.output.as_ref()?;
    if holds_word(output.to_token_stream(), "impl") {
        cx.error(diag::on_returns_opaque(output));
        return None;
    }
    Some(block.written_out(output))
}

/// A parameter as it is shown in a help.
fn shown(param: &Param) -> String {
    let name = param.name.as_ref().map_or_else(|| "_".to_owned(), bare);
    format!("{name}: {}", text(&param.ty))
}
