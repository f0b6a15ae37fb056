//! An impl block with `#[on]` methods.

use proc_macro2::TokenStream;
use syn::{Generics, Type};

use super::method::OnMethod;
use super::options::Options;
use super::rules;
use crate::block::Block;
use crate::ctxt::Ctxt;
use crate::diag::{self, SubscriberKind};

pub(crate) struct SubscriberDef {
    pub(crate) options: Options,
    pub(crate) self_ty: Type,
    pub(crate) generics: Generics,
    /// The methods that take an event.
    pub(crate) methods: Vec<OnMethod>,
    /// The methods that take every other event: one, or several of which only one is there.
    pub(crate) catch_alls: Vec<OnMethod>,
    /// The block as rustc is to see it.
    pub(crate) clean: TokenStream,
}

/// The `#[on]` methods of a block, as far as they are read.
#[derive(Default)]
pub(crate) struct OnMethods {
    /// Whether an item has the mark, whether or not it could be read.
    any: bool,
    /// Whether one of those could not be read.
    pub(crate) unread: bool,
    pub(crate) all: Vec<OnMethod>,
}

impl OnMethods {
    pub(crate) fn push(&mut self, method: Option<OnMethod>) {
        self.any = true;
        self.unread |= method.is_none();
        self.all.extend(method);
    }
}

/// Reads a block before its items; `None` when nothing can stand in for it, after recording why.
pub(crate) fn block(cx: &Ctxt, kind: SubscriberKind, item: TokenStream) -> Option<Block> {
    let block: Block = cx.ok(syn::parse2(item).map_err(|error| diag::unreadable(&error)))?;
    if block.of_trait {
        cx.error(diag::subscriber_trait_impl(kind, &block.self_ty));
    }
    if !block.generics.params.is_empty() {
        cx.error(diag::generic(&format!("a {}", kind.word()), &block.generics));
    }
    Some(block)
}

impl SubscriberDef {
    /// A block whose items were read; `clean` is the block without their marks.
    pub(crate) fn new(
        cx: &Ctxt,
        options: Options,
        block: Block,
        clean: TokenStream,
        methods: OnMethods,
    ) -> SubscriberDef {
        if !methods.any && !block.of_trait {
            cx.error(diag::subscriber_empty(&block.self_ty));
        }
        let methods = rules::each_once(cx, methods.all);
        let (catch_alls, methods) = methods.into_iter().partition(|method| method.takes_all);
        let Block { self_ty, generics, .. } = block;
        SubscriberDef { options, self_ty, generics, methods, catch_alls, clean }
    }
}
