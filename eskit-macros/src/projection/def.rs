//! A `#[projection]` impl block: its options, its marked items, and the block without the marks.

use proc_macro2::TokenStream;
use syn::{Generics, Type};

use super::method::OnMethod;
use super::options::Options;
use super::other::{self, Named};
use super::rules::{self, Kind};
use crate::block::Block;
use crate::block::handler::both_always;
use crate::block::item::Item;
use crate::block::mark::{Mark, Marks};
use crate::ctxt::Ctxt;
use crate::{diag, symbol};

/// The marks of the items of a `#[projection]` impl block.
pub(super) const MARKS: Marks = Marks {
    marks: &[(symbol::ON, &[]), (symbol::TABLES, &[]), (symbol::CAUGHT_UP, &[])],
    slips: &[(symbol::EVENT, symbol::ON), (symbol::EVOLVE, symbol::ON)],
    twice: diag::projection_marker_twice,
};

pub(super) struct ProjectionDef {
    pub(super) options: Options,
    pub(super) self_ty: Type,
    pub(super) generics: Generics,
    /// The methods that take an event.
    pub(super) methods: Vec<OnMethod>,
    /// The methods that take every other event: one, or several of which only one is there.
    pub(super) catch_alls: Vec<OnMethod>,
    pub(super) kind: Kind,
    /// The constant with the SQL of its tables: one, or several of which only one is there.
    pub(super) tables: Vec<Named>,
    /// The method that is called when it has caught up: one, or several of which only one is there.
    pub(super) caught_up: Vec<Named>,
    /// The block as rustc is to see it.
    pub(super) clean: TokenStream,
}

/// The marked items of a block, as far as they are read.
#[derive(Default)]
struct Marked {
    /// Whether a method has the mark, whether or not it could be read.
    any: bool,
    /// Whether one of those could not be read.
    unread: bool,
    methods: Vec<OnMethod>,
    tables: Vec<Named>,
    caught_up: Vec<Named>,
}

impl ProjectionDef {
    /// Reads the block; `None` when nothing can stand in for it, after recording why.
    pub(super) fn from_syn(cx: &Ctxt, args: TokenStream, item: TokenStream) -> Option<ProjectionDef> {
        let mut block: Block = cx.ok(syn::parse2(item).map_err(|error| diag::unreadable(&error)))?;
        if block.of_trait {
            cx.error(diag::projection_trait_impl(&block.self_ty));
        }
        if !block.generics.params.is_empty() {
            cx.error(diag::generic("a projection", &block.generics));
        }
        let options = Options::from_args(cx, args, &block.self_ty);
        let mut marked = Marked::default();
        let mut clean = TokenStream::new();
        for mut item in std::mem::take(&mut block.items) {
            MARKS.repair(cx, &mut item.attrs);
            marked.read(cx, &block, &item);
            clean.extend(item.clean(&MARKS));
        }
        if !marked.any && !block.of_trait {
            cx.error(diag::projection_empty(&block.self_ty));
        }
        if let (Some(tables), Some(_)) = (marked.tables.first(), &options.memory) {
            cx.error(diag::tables_in_memory(&tables.ident));
        }
        let Marked { methods, tables, caught_up, unread, .. } = marked;
        let kind = rules::kind(cx, &options, &methods, unread);
        let methods = rules::each_once(cx, methods);
        let (catch_alls, methods) = methods.into_iter().partition(|method| method.takes_all);
        let clean = block.with_items(&clean);
        let Block { self_ty, generics, .. } = block;
        Some(ProjectionDef { options, self_ty, generics, methods, catch_alls, kind, tables, caught_up, clean })
    }
}

impl Marked {
    /// Reads one item, if it is marked.
    fn read(&mut self, cx: &Ctxt, block: &Block, item: &Item) {
        let Some(mark) = MARKS.read(cx, &item.attrs) else { return };
        match mark.word {
            symbol::ON => {
                self.any = true;
                let signature = item.signature(cx, mark.attr, mark.word);
                let method = signature.and_then(|signature| OnMethod::from_syn(cx, block, signature, item.cfgs()));
                self.unread |= method.is_none();
                self.methods.extend(method);
            }
            symbol::TABLES => once(cx, &mut self.tables, &mark, other::tables(cx, item, mark.attr)),
            _ => once(cx, &mut self.caught_up, &mark, other::caught_up(cx, item, mark.attr)),
        }
    }
}

/// Adds an item of a kind of which only one may be there.
fn once(cx: &Ctxt, others: &mut Vec<Named>, mark: &Mark<'_>, item: Option<Named>) {
    let Some(item) = item else { return };
    if others.iter().any(|other| both_always(&other.cfgs, &item.cfgs)) {
        cx.error(diag::projection_mark_repeated(mark.attr, mark.word));
    } else {
        others.push(item);
    }
}
