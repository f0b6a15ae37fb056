//! A `#[processor]` impl block: its options, its marked items, and the block without the marks.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::LitStr;

use super::effect;
use super::options::{FromDef, ProcessorOptions};
use crate::attr::{Once, Piece};
use crate::block::Block;
use crate::block::item::Item;
use crate::block::mark::{Mark, Marks};
use crate::ctxt::Ctxt;
use crate::diag::SubscriberKind;
use crate::subscriber::def::{self, OnMethods, SubscriberDef};
use crate::subscriber::method::{OnMethod, OnRefusedDef, Refused};
use crate::syntax::signature::borrows;
use crate::{diag, symbol};

/// The marks of the items of a `#[processor]` impl block, and those that only a projection has.
pub(super) const MARKS: Marks = Marks {
    marks: &[(symbol::ON, symbol::ON_WORDS), (symbol::TABLES, &[]), (symbol::CAUGHT_UP, &[])],
    slips: &[(symbol::EVENT, symbol::ON), (symbol::EVOLVE, symbol::ON), (symbol::DECIDE, symbol::ON)],
    twice: diag::item_marked_twice,
};

pub(super) struct ProcessorDef {
    pub(super) subscriber: SubscriberDef,
    pub(super) from: FromDef,
}

impl ProcessorDef {
    /// Reads the block; `None` when nothing can stand in for it, after recording why.
    pub(super) fn read(cx: &Ctxt, args: TokenStream, item: TokenStream) -> Option<ProcessorDef> {
        let mut block = def::block(cx, SubscriberKind::Processor, item)?;
        let ProcessorOptions { shared, from } = ProcessorOptions::from_args(cx, args, &block.self_ty);
        let mut methods = OnMethods::default();
        let clean = block.read_marked(cx, &MARKS, |block, item, mark| match mark.word {
            symbol::ON => methods.push(method(cx, block, item, mark)),
            word => cx.error(diag::processor_mark(mark.attr, word)),
        });
        let subscriber = SubscriberDef::new(cx, shared, block, clean, methods);
        Some(ProcessorDef { subscriber, from })
    }
}

fn method(cx: &Ctxt, block: &Block, item: &Item, mark: &Mark<'_>) -> Option<OnMethod> {
    let refused = read_refused(cx, &mark.pieces);
    let signature = item.signature(cx, mark.attr, mark.word)?;
    let split = effect::split_off(cx, &signature)?;
    let mut method = OnMethod::from_syn(cx, SubscriberKind::Processor, block, &signature, split, item.cfgs())?;
    if let Some(receiver) = &method.changes_self {
        cx.error(diag::processor_changes_self(receiver, method.ident()));
    }
    if let Some(output) = method.output.as_ref().filter(|output| borrows(output.to_token_stream())) {
        cx.error(diag::processor_returns_borrow(output));
    }
    method.refused = refused;
    if let (Some(refused), None) = (&method.refused, &signature.output) {
        cx.error(diag::refused_without_commands(&refused.word, method.ident()));
    }
    Some(method)
}

/// What `#[on(refused = "..")]` says.
fn read_refused(cx: &Ctxt, pieces: &[Piece]) -> Option<Refused> {
    let mut refused = Once::new();
    for piece in pieces {
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
