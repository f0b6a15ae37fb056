//! The type that a parameter stands for, by what it is there for.

use syn::{Error, Type};

use crate::ctxt::Ctxt;
use crate::diag::{self, Role};
use crate::syntax::signature::Param;
use crate::syntax::types;

/// The type behind the reference of a parameter beside an event: the envelope, the time in it, or another name of them. What can be
/// none of these is reported as `other` says.
pub(crate) fn envelope(cx: &Ctxt, param: &Param, other: impl Fn(&Type) -> Error) -> Option<Type> {
    let is_other = param.is_value() || types::inner(&param.ty).is_some() || !matches!(param.ty, Type::Reference(_));
    if is_other && !param.is_envelope() {
        cx.error(other(&param.ty));
        return None;
    }
    referenced(cx, param, Role::Envelope)
}

/// The type behind the shared reference that a parameter must be, or what can stand for it, after reporting that it is
/// none; nothing when nothing can.
pub(crate) fn referenced(cx: &Ctxt, param: &Param, role: Role) -> Option<Type> {
    if param.is_value() {
        cx.error(diag::value_parameter(&param.ty, role));
        return None;
    }
    if let Some((holder, inner)) = types::inner(&param.ty) {
        cx.error(diag::wrapped_parameter(&param.ty, role, holder, inner.as_ref()));
        return inner;
    }
    Some(match &param.ty {
        Type::Reference(reference) if reference.mutability.is_none() => (*reference.elem).clone(),
        Type::Reference(reference) => {
            cx.error(diag::mutable_reference(&param.ty, role, &reference.elem));
            (*reference.elem).clone()
        }
        ty if role != Role::Envelope && types::is_foreign_value(ty) => {
            cx.error(diag::value_parameter(ty, role));
            return None;
        }
        ty => {
            cx.error(diag::not_a_reference(ty, role));
            ty.clone()
        }
    })
}
