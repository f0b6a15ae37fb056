//! A `#[processor]` impl block: its options, its marked items, and the block without the marks.

use proc_macro2::{Ident, TokenStream};
use syn::Attribute;

use super::acts::{self, ActsDef};
use super::every::EveryMethod;
use super::list::{ListDef, ListItems};
use super::options::{FromDef, ProcessorOptions};
use crate::block::handler::{Handler, both_always};
use crate::block::mark::Marks;
use crate::ctxt::Ctxt;
use crate::diag::{Marked, SubscriberKind};
use crate::subscriber::def::{self, EventMethods, SubscriberDef};
use crate::{diag, symbol};

/// The marks of the items of a `#[processor]` impl block, and those that only a projection has.
pub(super) const MARKS: Marks = Marks {
    marks: &[
        (symbol::ON, symbol::ON_WORDS),
        (symbol::TODO, &[]),
        (symbol::DONE, &[]),
        (symbol::WORK, symbol::WORK_WORDS),
        (symbol::EVERY, symbol::EVERY_WORDS),
    ],
    elsewhere: &[symbol::TABLES, symbol::CAUGHT_UP],
    texts: &[symbol::EVERY],
    slips: &[(symbol::EVENT, symbol::ON), (symbol::EVOLVE, symbol::ON), (symbol::DECIDE, symbol::ON)],
    twice: diag::item_marked_twice,
};

pub(super) struct ProcessorDef {
    pub(super) subscriber: SubscriberDef,
    pub(super) from: FromDef,
    pub(super) list: ListDef,
    pub(super) schedules: Vec<EveryMethod>,
}

impl ProcessorDef {
    /// Reads the block; `None` when nothing can stand in for it, after recording why.
    pub(super) fn read(cx: &Ctxt, args: TokenStream, item: TokenStream) -> Option<ProcessorDef> {
        let mut block = def::block(cx, SubscriberKind::Processor, item)?;
        let ProcessorOptions { shared, from } = ProcessorOptions::from_args(cx, args, &block.self_ty);
        let (mut methods, mut list, mut schedules) = (EventMethods::default(), ListItems::default(), Vec::new());
        let mut has_schedule = false;
        let clean = block.read_marked(cx, &MARKS, |block, item, mark| match mark.word {
            symbol::ON => methods.push(acts::on(cx, block, item, mark)),
            symbol::TODO | symbol::DONE | symbol::WORK => list.read(cx, block, item, mark),
            symbol::EVERY => {
                has_schedule = true;
                schedules.extend(EveryMethod::read(cx, block, item, mark));
            }
            word => cx.error(diag::processor_mark(mark.attr, word)),
        });
        def::check_marked(cx, &block, methods.any || has_schedule || !list.is_empty());
        let list = list.finish(cx);
        let subscriber = SubscriberDef::new(cx, shared, block, clean, methods, Marked::ON_PROCESSOR);
        let mut def = ProcessorDef { subscriber, from, list, schedules };
        def.call_once();
        Some(def)
    }

    /// Of two methods of one name rustc says so, and also asks which one is called: neither is.
    fn call_once(&mut self) {
        let ProcessorDef { subscriber, list, schedules, .. } = self;
        let on = subscriber.methods.iter_mut().chain(&mut subscriber.catch_alls).map(|method| &mut method.handler);
        let events = on.chain(list.todos.iter_mut().chain(&mut list.dones).map(|method| &mut method.handler));
        let events = events.map(|Handler { ident, cfgs, callable, .. }| (&*ident, &*cfgs, callable));
        let works = list.works.iter_mut().map(|work| &mut work.acts);
        let others = works.chain(schedules.iter_mut().map(|every| &mut every.acts));
        let others = others.map(|ActsDef { ident, cfgs, callable, .. }| (&*ident, &*cfgs, callable));
        let mut all: Vec<(&Ident, &Vec<Attribute>, &mut bool)> = events.chain(others).collect();
        let names: Vec<(&Ident, &Vec<Attribute>)> = all.iter().map(|(ident, cfgs, _)| (*ident, *cfgs)).collect();
        for (ident, cfgs, callable) in &mut all {
            let namesakes = names.iter().filter(|(name, others)| name == ident && both_always(others, cfgs));
            **callable &= namesakes.count() < 2;
        }
    }
}
