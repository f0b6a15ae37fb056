//! The `#[every]` methods of a processor.

use proc_macro2::Literal;
use quote::ToTokens;
use syn::{Attribute, LitStr, Meta, Type};

use super::acts::ActsDef;
use super::cron;
use crate::block::Block;
use crate::block::item::Item;
use crate::block::mark::Mark;
use crate::ctxt::Ctxt;
use crate::diag::{self, Marked, Takes};
use crate::syntax::signature::{Param, Signature};

pub(super) struct EveryMethod {
    pub(super) acts: ActsDef,
    pub(super) takes_time: bool,
    /// The times, as cron text.
    pub(super) times: String,
}

impl EveryMethod {
    /// Reads a method; nothing after a report that says why.
    pub(super) fn read(cx: &Ctxt, block: &Block, item: &Item, mark: &Mark<'_>) -> Option<EveryMethod> {
        let times = cx.ok(times(mark.attr, mark.text.as_ref()));
        let takes_time = |signature: &Signature, params: &[&Param]| takes_time(cx, signature, params);
        let (acts, takes_time) = ActsDef::from_syn(cx, (Marked::EVERY, Takes::One), (block, item, mark), takes_time)?;
        Some(EveryMethod { acts, takes_time, times: times? })
    }
}

/// The cron text of the mark.
fn times(attr: &Attribute, text: Option<&Literal>) -> syn::Result<String> {
    let Some(text) = text else {
        let given = match &attr.meta {
            Meta::NameValue(pair) => syn::parse2(pair.value.to_token_stream()).ok(),
            _ => None,
        };
        return Err(diag::every_without_text(attr, given.as_ref()));
    };
    let lit: LitStr = syn::parse2(text.to_token_stream()).map_err(|_| diag::every_no_text(text))?;
    cron::check(&lit)
}

/// Whether the method takes the time.
fn takes_time(cx: &Ctxt, signature: &Signature, params: &[&Param]) -> Option<bool> {
    let (first, rest) = match params {
        [] => return Some(false),
        [first, rest @ ..] => (first, rest),
    };
    let is_time = first.is_envelope() && !first.is_recorded_event();
    if !is_time {
        cx.error(diag::every_takes_event(&first.ty, &signature.ident));
        return None;
    }
    if !matches!(&first.ty, Type::Reference(reference) if reference.mutability.is_none()) {
        cx.error(diag::every_time_by_value(&first.ty));
        return None;
    }
    if let Some(extra) = rest.first() {
        cx.error(diag::every_too_many(&extra.ty));
        return None;
    }
    Some(true)
}
