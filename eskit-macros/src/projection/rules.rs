//! Rules between the `#[on]` methods of one projection.

use quote::ToTokens;
use syn::Type;

use super::options::ProjectionOptions;
use crate::block::is_same;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::subscriber::def::EventMethods;
use crate::subscriber::method::EventMethod;
use crate::syntax::tokens::holds_word;

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

/// Which trait hands events to these methods.
pub(super) fn kind(cx: &Ctxt, options: &ProjectionOptions, methods: &EventMethods) -> Kind {
    let EventMethods { all: methods, unread, .. } = methods;
    if options.memory.is_some() {
        check_in_memory(cx, methods);
        return Kind::Memory;
    }
    let Some((first, tx)) = methods.iter().find_map(|method| method.last.as_ref().map(|tx| (method, tx))) else {
        if !*unread {
            check_without_tx(cx, options, methods);
        }
        return Kind::Memory;
    };
    for method in methods {
        if let Some(receiver) = &method.changes_self {
            cx.error(diag::on_changes_self(receiver, method.ident()));
        }
        match &method.last {
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
fn check_in_memory(cx: &Ctxt, methods: &[EventMethod]) {
    for method in methods {
        match (&method.last, &method.asyncness) {
            (Some(tx), _) => cx.error(diag::memory_with_tx(tx, &method.shown)),
            (None, Some(word)) => cx.error(diag::memory_async(word)),
            (None, None) => {}
        }
    }
}

/// That no method takes a transaction is one mistake.
fn check_without_tx(cx: &Ctxt, options: &ProjectionOptions, methods: &[EventMethod]) {
    let changed = methods.iter().find_map(|method| method.changes_self.as_ref());
    match (changed, methods.first()) {
        (Some(receiver), _) => cx.error(diag::memory_missing(receiver, &options.shown_name())),
        (None, Some(first)) => cx.error(diag::tx_nowhere(first.ident(), &first.shown, &options.shown_name())),
        (None, None) => {}
    }
}

/// A transaction of SQLite is used in plain functions, one of PostgreSQL in async ones, and any in functions of one kind.
fn check_async(cx: &Ctxt, method: &EventMethod, first: &EventMethod, tx: &Type) {
    let of = |names: [&str; 2]| names.iter().any(|name| holds_word(tx.to_token_stream(), name));
    match &method.asyncness {
        Some(word) if of(["sqlite", "eskit_sqlite"]) => cx.error(diag::sqlite_async(word)),
        None if of(["postgres", "eskit_postgres"]) => cx.error(diag::postgres_plain(method.ident())),
        Some(word) if first.asyncness.is_none() => cx.error(diag::on_async_mixed(word, first.ident())),
        None if first.asyncness.is_some() => cx.error(diag::on_plain_mixed(method.ident(), first.ident())),
        _ => {}
    }
}
