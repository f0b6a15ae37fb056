//! The effect that an `async` method of a processor acts by.

use crate::ctxt::Ctxt;
use crate::diag::{self, Takes};
use crate::subscriber::method::Split;
use crate::syntax::signature::{Param, Signature};
use crate::wrap::behind_reference;

/// The parameters without the effect, and its type; nothing after reporting that it takes what a processor has not.
pub(super) fn split_off<'s>(cx: &Ctxt, signature: &'s Signature, takes: Takes) -> Option<Split<'s>> {
    let params = &signature.params;
    let all = || params.iter().enumerate();
    // An event may have the name, but is no mutable reference and has no arguments.
    let is_effect = |(index, param): &(usize, &Param)| {
        (param.is_effect() || param.is_slice_of_effects())
            && (*index > 0 || param.is_mutable() || param.has_arguments())
    };
    let Some((place, effect)) = all().find(is_effect) else {
        return match all().find(|(index, param)| *index > 0 && is_foreign(param)) {
            Some((_, foreign)) => {
                cx.error(report(foreign));
                None
            }
            None => Some(Split { params: params.iter().collect(), last: None }),
        };
    };
    if effect.is_slice_of_effects() != (takes == Takes::Batch) {
        cx.error(diag::effect_of_batch(&effect.ty, takes));
    } else if !effect.is_mutable() {
        cx.error(diag::effect_reference(&effect.ty, takes));
    } else if place + 1 < params.len() {
        cx.error(diag::effect_last(&effect.ty, effect.name.as_ref()));
    } else if !signature.qualifiers.iter().any(|word| word == "async") {
        cx.error(diag::effect_plain(&effect.ty, &signature.ident));
    }
    let others = all().filter(|(index, _)| *index != place).map(|(_, param)| param);
    Some(Split { params: others.collect(), last: Some(behind_reference(&effect.ty).clone()) })
}

/// Whether a parameter is something else by which a method could act.
fn is_foreign(param: &Param) -> bool {
    param.is_mutable() || param.is_transaction() || param.is_app()
}

fn report(param: &Param) -> syn::Error {
    if param.is_transaction() {
        diag::processor_tx(&param.ty)
    } else if param.is_app() {
        diag::processor_app(&param.ty)
    } else {
        diag::effect_other(&param.ty)
    }
}
