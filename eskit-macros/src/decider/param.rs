//! One parameter of a decider or of an evolve method, and what it is there for.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Meta, Type};

use super::function::means_key;
use super::wrapped;
use crate::ctxt::Ctxt;
use crate::wrap::{bare, behind_reference};
use crate::{diag, symbol};

pub(crate) struct Param {
    pub(crate) attrs: Vec<Attribute>,
    /// Its name, unless it is a pattern.
    pub(crate) name: Option<Ident>,
    pub(crate) ty: Type,
}

/// What a parameter is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Event,
    Envelope,
    Command,
    Model,
}

impl Role {
    /// What a message calls it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Role::Event => "an event",
            Role::Envelope => "what is recorded with an event",
            Role::Command => "a command",
            Role::Model => "an aggregate",
        }
    }

    /// A type for a help that knows none.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Role::Event => "SomethingHappened",
            Role::Envelope => "RecordedEvent",
            Role::Command => "DoSomething",
            Role::Model => "Model",
        }
    }
}

impl Param {
    /// Reads an attribute that was probably meant as `#[key(..)]` as if it were one, after reporting it.
    pub(crate) fn mend_keys(&mut self, cx: &Ctxt) {
        for attr in &mut self.attrs {
            let name = attr.path().get_ident().map(bare).unwrap_or_default();
            if name != symbol::KEY && means_key(&name) {
                cx.error(diag::marker_typo(attr.path(), &name, symbol::KEY));
                if let Meta::List(list) = &mut attr.meta {
                    list.path = Ident::new(symbol::KEY, Span::call_site()).into();
                }
            }
        }
    }

    /// Whether its type is the envelope of an event, or the time in it, by its name.
    pub(crate) fn is_envelope(&self) -> bool {
        matches!(behind_reference(&self.ty), Type::Path(path) if path.path.segments.last().is_some_and(|last| {
            last.ident == "RecordedEvent" || last.ident == "Timestamp"
        }))
    }

    /// The type behind the reference of a parameter beside an event: the envelope, the time in it, or another name of them.
    pub(crate) fn envelope(&self, cx: &Ctxt) -> Option<Type> {
        let is_other = self.is_value() || wrapped::inner(&self.ty).is_some() || !matches!(self.ty, Type::Reference(_));
        if is_other && !self.is_envelope() {
            cx.error(diag::evolve_envelope(&self.ty));
            return None;
        }
        self.referenced(cx, Role::Envelope)
    }

    /// Whether its type is a plain value, such as a number or a text.
    pub(crate) fn is_value(&self) -> bool {
        wrapped::is_value(behind_reference(&self.ty))
    }

    /// The types of a tuple that holds several, each without its reference.
    pub(crate) fn tuple(&self) -> Option<Vec<Type>> {
        match behind_reference(&self.ty) {
            Type::Tuple(tuple) if tuple.elems.len() > 1 => {
                Some(tuple.elems.iter().map(|ty| behind_reference(ty).clone()).collect())
            }
            _ => None,
        }
    }

    /// The type behind the shared reference that a parameter must be, or what can stand for it, after reporting that it is
    /// none; nothing when nothing can.
    pub(crate) fn referenced(&self, cx: &Ctxt, role: Role) -> Option<Type> {
        if self.is_value() {
            cx.error(diag::value_parameter(&self.ty, role));
            return None;
        }
        if let Some((holder, inner)) = wrapped::inner(&self.ty) {
            cx.error(diag::wrapped_parameter(&self.ty, role, holder, inner.as_ref()));
            return inner;
        }
        Some(match &self.ty {
            Type::Reference(reference) if reference.mutability.is_none() => (*reference.elem).clone(),
            Type::Reference(reference) => {
                cx.error(diag::mutable_reference(&self.ty, role, &reference.elem));
                (*reference.elem).clone()
            }
            ty if role != Role::Envelope && wrapped::is_foreign_value(ty) => {
                cx.error(diag::value_parameter(ty, role));
                return None;
            }
            ty => {
                cx.error(diag::not_a_reference(ty, role));
                ty.clone()
            }
        })
    }
}
