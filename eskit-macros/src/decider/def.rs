//! What is known of a decider.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Member, Type};

/// A decider, method or function.
pub(super) struct DeciderDef {
    pub(super) cfgs: Vec<Attribute>,
    pub(super) ident: Ident,
    /// Where rustc would insert generic parameters of the user's item: where it says that it finds no type of some name,
    /// it proposes that, and an equal proposal of ours makes the two errors one.
    pub(super) generics: Span,
    pub(super) name: String,
    pub(super) command: Type,
    pub(super) models: Vec<ModelDef>,
    /// The events that it emits for others.
    pub(super) unevolved: Vec<Type>,
    /// `None` beside an error.
    pub(super) output: Option<Type>,
    pub(super) method: bool,
    /// Whether its name leads to it.
    pub(super) callable: bool,
    pub(super) call: TokenStream,
}

/// An aggregate that a decider takes, and which fields of the command feed its keys.
pub(super) struct ModelDef {
    pub(super) ty: Type,
    pub(super) bindings: Vec<(String, Member)>,
}
