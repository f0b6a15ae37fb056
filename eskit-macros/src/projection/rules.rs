//! Rules between the `#[on]` methods of one projection.

use quote::ToTokens;
use syn::Type;

use super::method::OnMethod;
use super::options::Options;
use crate::block::handler::both_always;
use crate::block::is_same;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::syntax::tokens::holds_word;
use crate::wrap::text;

/// Which trait hands events to the projection.
#[derive(Clone)]
pub(super) enum Kind {
    /// `Handle<Tx>`
    Plain(Type),
    /// `HandleAsync<Tx>`
    Async(Type),
    /// `HandleMut`
    Memory,
}

/// Which trait hands events to these methods; `unread` tells whether there are others, which could not be read.
pub(super) fn kind(cx: &Ctxt, options: &Options, methods: &[OnMethod], unread: bool) -> Kind {
    if options.memory.is_some() {
        check_in_memory(cx, methods);
        return Kind::Memory;
    }
    let Some((first, tx)) = methods.iter().find_map(|method| method.tx.as_ref().map(|tx| (method, tx))) else {
        if !unread {
            check_without_tx(cx, options, methods);
        }
        return Kind::Memory;
    };
    for method in methods {
        if let Some(receiver) = &method.changes_self {
            cx.error(diag::on_changes_self(receiver, method.ident()));
        }
        match &method.tx {
            None => cx.error(diag::tx_missing(method.ident(), &method.shown, tx)),
            Some(other) if !is_same(other, tx) => cx.error(diag::tx_differs(other, method.ident(), tx, first.ident())),
            Some(_) => check_async(cx, method, first, tx),
        }
    }
    match first.asyncness {
        Some(_) => Kind::Async(tx.clone()),
        None => Kind::Plain(tx.clone()),
    }
}

/// A projection in memory writes into itself, at once.
fn check_in_memory(cx: &Ctxt, methods: &[OnMethod]) {
    for method in methods {
        match (&method.tx, &method.asyncness) {
            (Some(tx), _) => cx.error(diag::memory_with_tx(tx, &method.shown)),
            (None, Some(word)) => cx.error(diag::memory_async(word)),
            (None, None) => {}
        }
    }
}

/// That no method takes a transaction is one mistake.
fn check_without_tx(cx: &Ctxt, options: &Options, methods: &[OnMethod]) {
    let changed = methods.iter().find_map(|method| method.changes_self.as_ref());
    match (changed, methods.first()) {
        (Some(receiver), _) => cx.error(diag::memory_missing(receiver, &options.shown_name())),
        (None, Some(first)) => cx.error(diag::tx_nowhere(first.ident(), &first.shown, &options.shown_name())),
        (None, None) => {}
    }
}

/// A transaction of SQLite is used in plain functions, one of PostgreSQL in async ones, and any in functions of one kind.
fn check_async(cx: &Ctxt, method: &OnMethod, first: &OnMethod, tx: &Type) {
    let of = |names: [&str; 2]| names.iter().any(|name| holds_word(tx.to_token_stream(), name));
    match &method.asyncness {
        Some(word) if of(["sqlite", "eskit_sqlite"]) => cx.error(diag::sqlite_async(word)),
        None if of(["postgres", "eskit_postgres"]) => cx.error(diag::postgres_plain(method.ident())),
        Some(word) if first.asyncness.is_none() => cx.error(diag::on_async_mixed(word, first.ident())),
        None if first.asyncness.is_some() => cx.error(diag::on_plain_mixed(method.ident(), first.ident())),
        _ => {}
    }
}

/// The methods without those that take an event which another one takes already.
pub(super) fn each_once(cx: &Ctxt, methods: Vec<OnMethod>) -> Vec<OnMethod> {
    let mut kept: Vec<OnMethod> = Vec::new();
    for mut method in methods {
        let (handler, takes_all) = (&method.handler, method.takes_all);
        let mut others = kept.iter().filter(|other| both_always(&other.handler.cfgs, &handler.cfgs));
        // Of two methods of one name rustc says so, and asks which one is called.
        let has_namesake = others.clone().any(|other| other.handler.ident == handler.ident);
        let is_second = |other: &OnMethod| match takes_all {
            true => other.takes_all,
            false => !other.takes_all && is_same(&other.handler.event, &handler.event),
        };
        match others.find(|other| is_second(other)) {
            Some(other) if takes_all => cx.error(diag::catch_all_twice(method.ident(), other.ident())),
            Some(_) => cx.error(diag::on_twice(&handler.event, &text(&handler.event))),
            None => {
                method.handler.callable = !has_namesake;
                kept.push(method);
            }
        }
    }
    kept
}
