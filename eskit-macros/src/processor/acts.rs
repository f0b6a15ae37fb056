//! What a method of a processor does: by its effect, and by the commands that it returns.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, LitStr, Type};

use super::effect;
use crate::attr::{Once, Piece};
use crate::block::Block;
use crate::block::item::Item;
use crate::block::mark::Mark;
use crate::ctxt::Ctxt;
use crate::diag::{self, Marked, Takes};
use crate::subscriber::method::{EventMethod, OnRefusedDef, Refused, changes_self, check_plain, output};
use crate::symbol;
use crate::syntax::signature::{Param, Signature, borrows};

/// A method that is called for no event: with `#[work]` or `#[every]`.
pub(super) struct ActsDef {
    pub(super) takes: Takes,
    pub(super) cfgs: Vec<Attribute>,
    pub(super) ident: Ident,
    pub(super) has_effect: bool,
    /// The word `async`.
    pub(super) asyncness: Option<Ident>,
    /// What it returns; `None` for nothing.
    pub(super) output: Option<Type>,
    pub(super) refused: Option<Refused>,
    /// Whether its name leads to it.
    pub(super) callable: bool,
}

impl ActsDef {
    /// Reads a method, and hands its parameters other than the effect to `parameters`; nothing after a report that says why.
    pub(super) fn from_syn<T>(
        cx: &Ctxt,
        (marked, takes): (Marked, Takes),
        (block, item, mark): (&Block, &Item, &Mark<'_>),
        parameters: impl FnOnce(&Signature, &[&Param]) -> Option<T>,
    ) -> Option<(ActsDef, T)> {
        let refused = read_refused(cx, &mark.pieces);
        let signature = item.signature(cx, mark.attr, mark.word)?;
        check_plain(cx, marked, &signature);
        if let Some(receiver) = changes_self(cx, marked, &signature) {
            cx.error(diag::processor_changes_self(receiver, &signature.ident));
        }
        let split = effect::split_off(cx, &signature, takes)?;
        let parameters = parameters(&signature, &split.params)?;
        let output = output(cx, marked, block, &signature);
        check_output(cx, &signature, output.as_ref(), refused.as_ref());
        let method = ActsDef {
            takes,
            cfgs: item.cfgs(),
            has_effect: split.last.is_some(),
            asyncness: signature.qualifiers.iter().find(|word| *word == "async").cloned(),
            ident: signature.ident,
            output,
            refused,
            callable: true,
        };
        Some((method, parameters))
    }
}

/// Reads an `#[on]` method.
pub(super) fn on(cx: &Ctxt, block: &Block, item: &Item, mark: &Mark<'_>) -> Option<EventMethod> {
    let refused = read_refused(cx, &mark.pieces);
    let signature = item.signature(cx, mark.attr, mark.word)?;
    let split = effect::split_off(cx, &signature, Takes::One)?;
    let mut method = EventMethod::from_syn(cx, Marked::ON_PROCESSOR, block, &signature, split, item.cfgs())?;
    if let Some(receiver) = &method.changes_self {
        cx.error(diag::processor_changes_self(receiver, method.ident()));
    }
    check_output(cx, &signature, method.output.as_ref(), refused.as_ref());
    method.refused = refused;
    Some(method)
}

fn check_output(cx: &Ctxt, signature: &Signature, output: Option<&Type>, refused: Option<&Refused>) {
    if let Some(output) = output.filter(|output| borrows(output.to_token_stream())) {
        cx.error(diag::processor_returns_borrow(output));
    }
    if let (Some(refused), None) = (refused, &signature.output) {
        cx.error(diag::refused_without_commands(&refused.word, &signature.ident));
    }
}

/// What `refused = ".."` says.
fn read_refused(cx: &Ctxt, pieces: &[Piece]) -> Option<Refused> {
    let mut refused = Once::new();
    for piece in pieces.iter().filter(|piece| piece.word == symbol::REFUSED) {
        let then = cx.ok(piece.string("refused = \"skip\"").and_then(|lit| then(&lit)));
        // What could not be read is still said.
        let then = then.unwrap_or(OnRefusedDef::Fail);
        refused.set(cx, &piece.word, Some(Refused { word: piece.word.clone(), then }));
    }
    refused.get()
}

fn then(lit: &LitStr) -> syn::Result<OnRefusedDef> {
    match lit.value().as_str() {
        "skip" => Ok(OnRefusedDef::Skip),
        "fail" => Ok(OnRefusedDef::Fail),
        other => Err(diag::refused_unknown(lit, other)),
    }
}
