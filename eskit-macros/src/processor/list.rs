//! The to-do list of a processor: the methods that open, close and do its to-dos.

use quote::ToTokens;
use syn::{Attribute, Type};

use super::work::WorkMethod;
use crate::block::Block;
use crate::block::handler::{Handler, both_always};
use crate::block::is_same;
use crate::block::item::Item;
use crate::block::mark::Mark;
use crate::ctxt::Ctxt;
use crate::diag::{self, Marked};
use crate::subscriber::method::{EventMethod, Split};
use crate::subscriber::rules::each_once;
use crate::symbol;
use crate::syntax::signature::{Signature, borrows};
use crate::syntax::types::{arguments_of, innermost};

/// The methods of a list.
#[derive(Default)]
pub(super) struct ListDef {
    /// Those that open to-dos.
    pub(super) todos: Vec<ListMethod>,
    /// Those that close them.
    pub(super) dones: Vec<ListMethod>,
    /// The method that does them: one, or several of which only one is there.
    pub(super) works: Vec<WorkMethod>,
}

/// A `#[todo]` or `#[done]` method.
pub(super) struct ListMethod {
    pub(super) handler: Handler,
    pub(super) output: Type,
}

impl ListMethod {
    fn new(EventMethod { handler, output, .. }: EventMethod) -> Option<ListMethod> {
        Some(ListMethod { handler, output: output? })
    }
}

/// What a `#[todo]` method opens, where its return type shows that.
fn item_of(output: &Type) -> Option<Type> {
    match innermost(output)? {
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Todo") => {
            arguments_of(&path).nth(1).cloned()
        }
        _ => None,
    }
}

/// The methods of a list, as far as they are read.
#[derive(Default)]
pub(super) struct ListItems {
    todos: Found<EventMethod>,
    dones: Found<EventMethod>,
    works: Found<WorkMethod>,
}

/// The methods with one mark, as far as they are read.
struct Found<T> {
    /// The first mark, whether or not its method could be read.
    first: Option<Attribute>,
    all: Vec<T>,
}

impl<T> Default for Found<T> {
    fn default() -> Found<T> {
        Found { first: None, all: Vec::new() }
    }
}

impl<T> Found<T> {
    fn push(&mut self, mark: &Attribute, method: Option<T>) {
        self.first.get_or_insert_with(|| mark.clone());
        self.all.extend(method);
    }
}

impl ListItems {
    /// Reads a method with one of the marks of a list.
    pub(super) fn read(&mut self, cx: &Ctxt, block: &Block, item: &Item, mark: &Mark<'_>) {
        match mark.word {
            symbol::TODO => self.todos.push(mark.attr, event_method(cx, Marked::TODO, block, item, mark)),
            symbol::DONE => self.dones.push(mark.attr, event_method(cx, Marked::DONE, block, item, mark)),
            _ => self.works.push(mark.attr, WorkMethod::read(cx, block, item, mark)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.todos.first.is_none() && self.dones.first.is_none() && self.works.first.is_none()
    }

    /// The methods, after the rules between them.
    pub(super) fn finish(self, cx: &Ctxt) -> ListDef {
        let ListItems { todos, dones, works } = self;
        match (&todos.first, &dones.first, &works.first) {
            (None, _, Some(work)) => cx.error(diag::work_without_todo(work)),
            (None, Some(done), None) => cx.error(diag::done_without_todo(done)),
            (Some(todo), _, None) => {
                let item = todos.all.iter().find_map(|method| item_of(method.output.as_ref()?));
                cx.error(diag::todo_without_work(todo, item.as_ref()));
            }
            _ => {}
        }
        let methods = |marked, all| each_once(cx, marked, all).into_iter().filter_map(ListMethod::new).collect();
        let todos: Vec<ListMethod> = methods(Marked::TODO, todos.all);
        let dones = methods(Marked::DONE, dones.all);
        let works = one_work(cx, works.all);
        check_item(cx, &works, &todos);
        ListDef { todos, dones, works }
    }
}

/// Reads a `#[todo]` or `#[done]` method, which is a function of its event.
fn event_method(cx: &Ctxt, marked: Marked, block: &Block, item: &Item, mark: &Mark<'_>) -> Option<EventMethod> {
    let signature = item.signature(cx, mark.attr, mark.word)?;
    let asyncness = signature.qualifiers.iter().find(|word| *word == "async");
    let effect = signature.params.iter().enumerate().find(|(index, param)| {
        param.is_mutable() || (*index > 0 && (param.is_effect() || param.is_transaction() || param.is_app()))
    });
    if let Some(word) = asyncness {
        cx.error(diag::list_async(marked, word, effect.map(|(_, param)| param)));
    } else if let Some((_, param)) = effect {
        cx.error(diag::list_effect(marked, param));
    }
    let params =
        signature.params.iter().enumerate().filter(|(index, _)| effect.is_none_or(|(place, _)| *index < place));
    let split = Split { params: params.map(|(_, param)| param).collect(), last: None };
    let method = EventMethod::from_syn(cx, marked, block, &signature, split, item.cfgs())?;
    if let Some(receiver) = &method.changes_self {
        cx.error(diag::method_receiver(marked, receiver, method.ident()));
    }
    if method.takes_all {
        cx.error(diag::list_takes_all(marked, &method.handler.event, method.ident()));
        return None;
    }
    check_output(cx, marked, &signature, method.output.as_ref());
    Some(method)
}

fn check_output(cx: &Ctxt, marked: Marked, signature: &Signature, output: Option<&Type>) {
    if signature.output.is_none() {
        cx.error(diag::list_returns_nothing(marked, &signature.ident));
    }
    if let Some(output) = output.filter(|output| borrows(output.to_token_stream())) {
        cx.error(diag::list_returns_borrow(marked, output));
    }
}

/// The `#[work]` methods without those beside which another one is there.
fn one_work(cx: &Ctxt, works: Vec<WorkMethod>) -> Vec<WorkMethod> {
    let mut kept: Vec<WorkMethod> = Vec::new();
    for work in works {
        if kept.iter().any(|other| both_always(&other.acts.cfgs, &work.acts.cfgs)) {
            cx.error(diag::work_twice(&work.acts.ident));
        } else {
            kept.push(work);
        }
    }
    kept
}

/// What `#[work]` takes is what `#[todo]` made of the event, and not the event, unless that is the same.
fn check_item(cx: &Ctxt, works: &[WorkMethod], todos: &[ListMethod]) {
    for work in works {
        let takes_event = todos.iter().find(|todo| is_same(&todo.handler.event, &work.item));
        let opened = takes_event.and_then(|todo| item_of(&todo.output));
        if let Some(opened) = opened.filter(|opened| !is_same(opened, &work.item)) {
            cx.error(diag::work_takes_event(&work.item, &opened));
        }
    }
}
