//! An impl block with `#[on]` methods.

use proc_macro2::TokenStream;
use syn::{Generics, Type};

use super::method::EventMethod;
use super::options::Options;
use super::rules;
use crate::block::Block;
use crate::ctxt::Ctxt;
use crate::diag::{self, Marked, SubscriberKind};

pub(crate) struct SubscriberDef {
    pub(crate) options: Options,
    pub(crate) self_ty: Type,
    pub(crate) generics: Generics,
    /// The methods that take an event.
    pub(crate) methods: Vec<EventMethod>,
    /// The methods that take every other event: one, or several of which only one is there.
    pub(crate) catch_alls: Vec<EventMethod>,
    /// The block as rustc is to see it.
    pub(crate) clean: TokenStream,
}

/// The methods of a block with one mark, as far as they are read.
#[derive(Default)]
pub(crate) struct EventMethods {
    /// Whether an item has the mark, whether or not it could be read.
    pub(crate) any: bool,
    /// Whether one of those could not be read.
    pub(crate) unread: bool,
    pub(crate) all: Vec<EventMethod>,
}

impl EventMethods {
    pub(crate) fn push(&mut self, method: Option<EventMethod>) {
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

/// Reports a block without a marked method.
pub(crate) fn check_marked(cx: &Ctxt, block: &Block, any: bool) {
    if !any && !block.of_trait {
        cx.error(diag::subscriber_empty(&block.self_ty));
    }
}

impl SubscriberDef {
    /// A block whose items were read; `clean` is the block without their marks.
    pub(crate) fn new(
        cx: &Ctxt,
        options: Options,
        block: Block,
        clean: TokenStream,
        methods: EventMethods,
        marked: Marked,
    ) -> SubscriberDef {
        let methods = rules::each_once(cx, marked, methods.all);
        let (catch_alls, methods) = methods.into_iter().partition(|method| method.takes_all);
        let Block { self_ty, generics, .. } = block;
        SubscriberDef { options, self_ty, generics, methods, catch_alls, clean }
    }
}
