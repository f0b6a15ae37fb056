//! The transaction that an `#[on]` method of a projection writes with.

use quote::ToTokens;

use crate::ctxt::Ctxt;
use crate::diag;
use crate::subscriber::method::Split;
use crate::syntax::signature::{Param, borrows};
use crate::wrap::behind_reference;

/// The parameters without the transaction, and its type; nothing after reporting that it takes what a projection has not.
pub(super) fn split_off<'p>(cx: &Ctxt, params: &'p [Param]) -> Option<Split<'p>> {
    if let Some(effect) = effect(params) {
        cx.error(diag::on_effect(&effect.ty));
        return None;
    }
    let Some(place) = place_of_tx(params) else { return Some(Split { params: params.iter().collect(), last: None }) };
    let tx = &params[place];
    if !tx.is_mutable() {
        cx.error(diag::tx_reference(&tx.ty));
    } else if borrows(behind_reference(&tx.ty).to_token_stream()) {
        cx.error(diag::tx_borrows(&tx.ty));
    } else if place + 1 < params.len() {
        cx.error(diag::tx_last(&tx.ty, tx.name.as_ref()));
    }
    let others = params.iter().enumerate().filter(|(index, _)| *index != place).map(|(_, param)| param);
    Some(Split { params: others.collect(), last: Some(behind_reference(&tx.ty).clone()) })
}

/// A parameter by which the method would act on something else than the views. An event may have its name, but no arguments.
fn effect(params: &[Param]) -> Option<&Param> {
    let may_act = |param: &Param| param.is_effect() || param.is_app();
    let acts = |(index, param): &(usize, &Param)| may_act(param) && (*index > 0 || param.has_arguments());
    params.iter().enumerate().find(acts).map(|(_, param)| param)
}

/// The place of the transaction: of the mutable references the last one, else of what has its name. An event may have that too.
fn place_of_tx(params: &[Param]) -> Option<usize> {
    let mut all = params.iter().enumerate();
    let is_mutable = |(index, param): &(usize, &Param)| param.is_mutable() && (*index > 0 || param.is_transaction());
    let tx = all.clone().rfind(is_mutable).or_else(|| all.find(|(index, param)| *index > 0 && param.is_transaction()));
    tx.map(|(index, _)| index)
}
