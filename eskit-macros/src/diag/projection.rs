//! Messages about projections.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, Error, LitInt, LitStr, Type};

use super::text::at;
use crate::wrap::{bare, behind_reference, text};

pub(crate) fn projection_version(lit: &LitInt) -> Error {
    at(
        lit,
        &format!("the version of a projection is a number from 1 to {}", u32::MAX),
        "the first version is 1, which may be left out",
    )
}

pub(crate) fn park_in_memory(lit: &LitStr) -> Error {
    at(
        lit,
        "a projection in memory parks no events: it has no place that outlives it",
        "write `on_error = \"skip\"`, or leave it out to stop at the event",
    )
}

/// A mark of a processor.
pub(crate) fn projection_mark(attr: &Attribute, word: &str) -> Error {
    let text = match word {
        "every" => "a projection has no schedule: it only keeps what has happened",
        _ => "a projection has no to-dos: it only keeps what has happened",
    };
    at(
        attr,
        text,
        "move the method to a processor: `#[processor(name = \"..\", from = \"now\")] impl Reminding { .. }`",
    )
}

pub(crate) fn mark_repeated(attr: &Attribute, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` stands in a projection once"), "keep one of them")
}

pub(crate) fn tables_on_other(attr: &Attribute) -> Error {
    at(
        attr,
        "`#[tables]` stands on a constant that holds SQL",
        "write `#[tables] const SQL: &str = \"CREATE TABLE ..\";`",
    )
}

pub(crate) fn tables_no_text(ty: &Type, ident: &Ident) -> Error {
    at(
        ty,
        "the tables of a projection are created by one text of SQL",
        &format!("write `const {ident}: &str = \"CREATE TABLE ..\";`, with a semicolon between statements"),
    )
}

pub(crate) fn tables_in_memory(ident: &Ident) -> Error {
    at(ident, "a projection in memory has no tables", &format!("drop `{ident}`, or the word `memory`"))
}

pub(crate) fn caught_up_shape(name: &Ident) -> Error {
    at(
        name,
        "a method that hears that the projection has caught up takes `&self`, and returns nothing",
        &format!("write `fn {name}(&self) {{ .. }}`"),
    )
}

pub(crate) fn on_changes_self(tokens: impl ToTokens, name: &Ident) -> Error {
    at(
        tokens,
        "a projection that writes to views does not change itself: its state is in the views",
        &format!("write `fn {name}(&self, ..)`"),
    )
}

pub(crate) fn memory_missing(tokens: impl ToTokens, name: &str) -> Error {
    at(
        tokens,
        "a projection that is itself the read model says so",
        &format!(
            "write `#[projection(name = {name:?}, memory)]`; one that writes to views takes `&self`, and the transaction as its last parameter"
        ),
    )
}

pub(crate) fn memory_with_tx(tx: &Type, shown: &str) -> Error {
    at(
        tx,
        "a projection in memory takes no transaction: it is itself the read model",
        &format!(
            "write `fn {}`, or leave out the word `memory`",
            format_args!("{})", shown.replacen("(&self", "(&mut self", 1))
        ),
    )
}

pub(crate) fn memory_async(word: &Ident) -> Error {
    at(word, "a projection in memory waits for nothing", "leave out `async`")
}

/// `shown` is the method up to the transaction.
pub(crate) fn tx_missing(name: &Ident, shown: &str, tx: &Type) -> Error {
    at(
        name,
        "an `#[on]` method takes the transaction of the views as its last parameter",
        &format!("write `fn {shown}, tx: &mut {})`", text(tx)),
    )
}

pub(crate) fn tx_nowhere(method: &Ident, shown: &str, name: &str) -> Error {
    at(
        method,
        "an `#[on]` method takes the transaction of the views as its last parameter",
        &format!(
            "write `fn {shown}, tx: &mut eskit::sqlite::Tx)`; if the projection is itself the read model, write `#[projection(name = {name:?}, memory)]`, and `&mut self`"
        ),
    )
}

pub(crate) fn tx_reference(ty: &Type) -> Error {
    at(ty, "the transaction is taken by mutable reference", &format!("write `&mut {}`", text(behind_reference(ty))))
}

pub(crate) fn tx_borrows(ty: &Type) -> Error {
    at(ty, "the transaction of views has no lifetime", "write `&mut eskit::sqlite::Tx`, or `&mut eskit::postgres::Tx`")
}

pub(crate) fn tx_last(ty: &Type, name: Option<&Ident>) -> Error {
    let name = name.map_or_else(|| "tx".to_owned(), bare);
    at(ty, "the transaction comes last", &format!("move `{name}: {}` to the end", text(ty)))
}

pub(crate) fn tx_differs(ty: &Type, method: &Ident, first_ty: &Type, first: &Ident) -> Error {
    at(
        ty,
        &format!(
            "the methods of a projection write with one transaction, but `{first}` takes `{}` and `{method}` takes `{}`",
            text(first_ty),
            text(ty)
        ),
        &format!("write `&mut {}`, or move `{method}` to a projection of its own", text(first_ty)),
    )
}

pub(crate) fn sqlite_async(word: &Ident) -> Error {
    at(word, "a SQLite transaction stays on its thread", "leave out `async`")
}

pub(crate) fn postgres_plain(name: &Ident) -> Error {
    at(name, "a PostgreSQL transaction is used in `async` functions", &format!("write `async fn {name}`"))
}

pub(crate) fn on_async_mixed(word: &Ident, first: &Ident) -> Error {
    at(
        word,
        &format!("the methods of a projection are all `async` or none is, and `{first}` is not"),
        &format!("leave out `async`, or write `async fn {first}`"),
    )
}

pub(crate) fn on_plain_mixed(name: &Ident, first: &Ident) -> Error {
    at(
        name,
        &format!("the methods of a projection are all `async` or none is, and `{first}` is"),
        &format!("write `async fn {name}`"),
    )
}

pub(crate) fn on_effect(ty: &Type) -> Error {
    at(
        ty,
        "a projection has no effects, since it is rebuilt: what it did would be done again",
        &format!(
            "drop the parameter with `{}`; a `#[processor(name = \"..\", from = \"now\")]` has effects and executes commands",
            text(behind_reference(ty))
        ),
    )
}
