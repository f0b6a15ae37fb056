//! The parameters of a decider behind its command: each is one instance of an aggregate.

use syn::Type;

use crate::block::param::referenced;
use crate::ctxt::Ctxt;
use crate::diag::{self, Role};
use crate::syntax::signature::Param;
use crate::syntax::types;

/// Names of parameters that say what time it is.
const TIME_NAMES: &[&str] = &["clock", "now", "time", "timestamp", "today"];

/// The models of a parameter, or `None` for what cannot stand for one, after reporting it; several where they were put into
/// a tuple, which is reported too. `command` is the decider's first parameter.
pub(super) fn models(cx: &Ctxt, command: &Param, param: &Param) -> Vec<Option<Type>> {
    if types::is_asked(&param.ty) {
        cx.error(diag::model_is_asked(param, command));
        return vec![None];
    }
    if is_value(param) {
        cx.error(diag::model_is_value(param, command));
        return vec![None];
    }
    match param.tuple() {
        Some(all) => {
            cx.error(diag::models_in_tuple(&param.ty, &all));
            all.into_iter().map(Some).collect()
        }
        None => vec![referenced(cx, param, Role::Model)],
    }
}

/// Whether a parameter beside the command is refused as what it is, and not as one too many.
pub(super) fn is_no_model(param: &Param) -> bool {
    types::is_asked(&param.ty) || is_value(param)
}

/// Whether a parameter is a value, or holds nothing else. A type behind a reference may be an aggregate of that name.
fn is_value(param: &Param) -> bool {
    match (types::inner(&param.ty), &param.ty) {
        (Some(_), ty @ Type::Tuple(_)) => types::is_foreign_value(ty),
        (Some((_, Some(inner))), _) => types::is_foreign_value(&inner),
        (Some((_, None)), _) => false,
        (None, Type::Reference(_)) => param.is_value(),
        (None, ty) => {
            let is_time = param.name.as_ref().is_some_and(|name| TIME_NAMES.iter().any(|time| name == time));
            is_time || types::is_foreign_value(ty)
        }
    }
}
