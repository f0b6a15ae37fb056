//! A `#[projection]` impl block: its options, its marked items, and the block without the marks.

use proc_macro2::TokenStream;
use syn::LitStr;

use super::options::ProjectionOptions;
use super::other::{self, Named};
use super::rules::{self, Kind};
use super::tx;
use crate::block::Block;
use crate::block::handler::both_always;
use crate::block::item::Item;
use crate::block::mark::{Mark, Marks};
use crate::ctxt::Ctxt;
use crate::diag::{Marked, SubscriberKind};
use crate::kind::Kept;
use crate::shape::logic::Logic;
use crate::subscriber::def::{self, EventMethods, SubscriberDef};
use crate::subscriber::method::EventMethod;
use crate::{diag, symbol};

/// The marks of the items of a `#[projection]` impl block.
pub(super) const MARKS: Marks = Marks {
    marks: &[(symbol::ON, &[]), (symbol::TABLES, &[]), (symbol::CAUGHT_UP, &[])],
    elsewhere: &[symbol::TODO, symbol::DONE, symbol::WORK, symbol::EVERY],
    texts: &[],
    slips: &[(symbol::EVENT, symbol::ON), (symbol::EVOLVE, symbol::ON)],
    twice: diag::item_marked_twice,
};

pub(super) struct ProjectionDef {
    pub(super) subscriber: SubscriberDef,
    pub(super) version: u32,
    pub(super) kind: Kind,
    /// The source of the block, of which the fingerprint of its snapshots is made.
    pub(super) logic: Logic,
    /// What it keeps of personal data, and where that is said.
    pub(super) personal: Option<(Kept, LitStr)>,
    /// The constant with the SQL of its tables: one, or several of which only one is there.
    pub(super) tables: Vec<Named>,
    /// The method that is called when it has caught up: one, or several of which only one is there.
    pub(super) caught_up: Vec<Named>,
}

/// The marked items of a block, as far as they are read.
#[derive(Default)]
struct MarkedItems {
    methods: EventMethods,
    tables: Vec<Named>,
    caught_up: Vec<Named>,
}

impl ProjectionDef {
    /// Reads the block; `None` when nothing can stand in for it, after recording why.
    pub(super) fn read(cx: &Ctxt, args: TokenStream, item: TokenStream) -> Option<ProjectionDef> {
        let mut block = def::block(cx, SubscriberKind::Projection, item)?;
        let options = ProjectionOptions::from_args(cx, args, &block.self_ty);
        let (mut marked, mut logic) = (MarkedItems::default(), Logic::default());
        block.items.iter().for_each(|item| logic.add(item.cfgs(), item.tokens.clone()));
        let clean = block.read_marked(cx, &MARKS, |block, item, mark| marked.read(cx, block, item, mark));
        let MarkedItems { methods, tables, caught_up } = marked;
        if let (Some(tables), Some(_)) = (tables.first(), &options.memory) {
            cx.error(diag::tables_in_memory(&tables.ident));
        }
        let kind = rules::kind(cx, &options, &methods);
        let ProjectionOptions { shared, version, personal, .. } = options;
        def::check_marked(cx, &block, methods.any);
        let subscriber = SubscriberDef::new(cx, shared, block, clean, methods, Marked::ON_PROJECTION);
        Some(ProjectionDef { subscriber, version, kind, logic, personal, tables, caught_up })
    }
}

impl MarkedItems {
    /// Reads one marked item.
    fn read(&mut self, cx: &Ctxt, block: &Block, item: &Item, mark: &Mark<'_>) {
        match mark.word {
            symbol::ON => self.methods.push(method(cx, block, item, mark)),
            symbol::TABLES => once(cx, &mut self.tables, mark, other::tables(cx, item, mark.attr)),
            symbol::CAUGHT_UP => once(cx, &mut self.caught_up, mark, other::caught_up(cx, item, mark.attr)),
            word => cx.error(diag::projection_mark(mark.attr, word)),
        }
    }
}

fn method(cx: &Ctxt, block: &Block, item: &Item, mark: &Mark<'_>) -> Option<EventMethod> {
    let signature = item.signature(cx, mark.attr, mark.word)?;
    let split = tx::split_off(cx, &signature.params)?;
    EventMethod::from_syn(cx, Marked::ON_PROJECTION, block, &signature, split, item.cfgs())
}

/// Adds an item of a kind of which only one may be there.
fn once(cx: &Ctxt, others: &mut Vec<Named>, mark: &Mark<'_>, item: Option<Named>) {
    let Some(item) = item else { return };
    if others.iter().any(|other| both_always(&other.cfgs, &item.cfgs)) {
        cx.error(diag::mark_repeated(mark.attr, mark.word));
    } else {
        others.push(item);
    }
}
