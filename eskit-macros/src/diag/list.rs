//! Messages about the to-do lists of processors: `#[todo]`, `#[done]` and `#[work]` methods.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, Error, LitInt, LitStr, Type};

use super::subscriber::Marked;
use super::text::at;
use crate::limits::{BATCH_MAX, WITHIN_HOURS_MAX, WORKERS_MAX};
use crate::syntax::signature::Param;
use crate::wrap::{bare, behind_reference, text};

/// What a method does in one call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// One thing, with its effect.
    One,
    /// Several, each with an effect of its own.
    Batch,
}

/// `item` is what is opened, where that shows.
pub(crate) fn todo_without_work(attr: &Attribute, item: Option<&Type>) -> Error {
    let item = item.map_or_else(|| "Item".to_owned(), text);
    at(
        attr,
        "`#[todo]` opens to-dos, and no method of the block does them",
        &format!(
            "add a method that does one: `#[work] async fn work(&self, item: &{item}, cx: &mut Effect<'_>) -> Result<(), E> {{ .. }}`"
        ),
    )
}

pub(crate) fn work_without_todo(attr: &Attribute) -> Error {
    at(attr, "`#[work]` does to-dos, and no method of the block opens any", OPEN)
}

pub(crate) fn done_without_todo(attr: &Attribute) -> Error {
    at(attr, "`#[done]` closes to-dos, and no method of the block opens any", OPEN)
}

const OPEN: &str = "add a method that opens one when something has happened: `#[todo] fn open(&self, event: &SomethingHappened) -> Todo<u64, Item> { .. }`";

pub(crate) fn work_twice(name: &Ident) -> Error {
    at(
        name,
        "a processor has one `#[work]` method, which does all of its to-dos",
        "keep one of them; for several kinds of work let the item be an enum, or write a processor for each",
    )
}

/// `opened` is what a `#[todo]` method makes of the event.
pub(crate) fn work_takes_event(ty: &Type, opened: &Type) -> Error {
    at(
        ty,
        &format!("a `#[work]` method takes what `#[todo]` made of `{}`, and not the event itself", text(ty)),
        &format!("write `&{}`", text(opened)),
    )
}

pub(crate) fn work_without_item(name: &Ident) -> Error {
    at(
        name,
        "a `#[work]` method takes what is to be done",
        &format!("write `fn {name}(&self, item: &Item, ..)`, with the second type of `Todo<K, T>`"),
    )
}

pub(crate) fn work_item_by_value(ty: &Type) -> Error {
    at(ty, "what is to be done is taken by shared reference", &format!("write `&{}`", text(behind_reference(ty))))
}

pub(crate) fn work_item_unsized(ty: &Type, owned: &Type) -> Error {
    at(ty, &format!("a `Todo` cannot hold `{}`", text(behind_reference(ty))), &format!("write `&{}`", text(owned)))
}

pub(crate) fn work_too_many(extra: &Type, item: &Param, takes: Takes) -> Error {
    let name = item.name.as_ref().map_or_else(|| "item".to_owned(), bare);
    let item = text(behind_reference(&item.ty));
    let effect = match takes {
        Takes::One => "cx: &mut Effect<'_>",
        Takes::Batch => "each: &mut [Effect<'_>]",
    };
    at(
        extra,
        "a `#[work]` method takes what is to be done, and in an `async` method its effect",
        &format!(
            "write `(&self, {name}: &{item}, {effect})`; what it needs of the event or of the key is a field of `{}`",
            item.trim_matches(['[', ']'])
        ),
    )
}

/// `one` is the type of one of the items, as far as it shows.
pub(crate) fn work_batch_of_one(ty: &Type, one: &Type) -> Error {
    at(
        ty,
        "with `batch`, a `#[work]` method takes a slice of what is to be done",
        &format!("write `&[{}]`, or leave out `batch`", text(one)),
    )
}

pub(crate) fn work_slice(ty: &Type) -> Error {
    at(
        ty,
        "a `#[work]` method does one to-do at a time, unless it says how many",
        "write `#[work(batch = 50)]` to do up to 50 in one call",
    )
}

/// `is_one` if that is what it says.
pub(crate) fn batch_out_of_range(lit: &LitInt, is_one: bool) -> Error {
    let help = match is_one {
        true => "leave out `batch`, and take the item as `&Item` and its effect as `&mut Effect<'_>`",
        false => "write, for example, `batch = 50`",
    };
    at(lit, &format!("`batch` is a number from 2 to {BATCH_MAX}: how many to-dos one call does at most"), help)
}

pub(crate) fn workers_out_of_range(lit: &LitInt) -> Error {
    at(
        lit,
        &format!(
            "`workers` is a number from 1 to {WORKERS_MAX}: how many to-dos are done side by side in each process"
        ),
        "write, for example, `workers = 4`",
    )
}

pub(crate) fn attempts_out_of_range(lit: &LitInt) -> Error {
    at(
        lit,
        "`attempts` is a number from 1 on: how often a to-do is tried before it is parked",
        "write, for example, `attempts = 8`, or `attempts = 1` to try once",
    )
}

/// The text has the number `number`, and behind it `unit`.
pub(crate) fn within_unreadable(lit: &LitStr, number: &str, unit: &str) -> Error {
    let known = match unit.trim() {
        "sec" | "secs" | "second" | "seconds" | "" => "s",
        "msec" | "millis" | "millisecond" | "milliseconds" => "ms",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        known @ ("ms" | "s" | "m" | "h") => known,
        _ => "",
    };
    let help = match known {
        "" => "write, for example, `within = \"30s\"`".to_owned(),
        unit => format!("write `within = \"{}{unit}\"`", if number.is_empty() { "30" } else { number }),
    };
    at(
        lit,
        &format!(
            "`within` is a number and a unit, `ms`, `s`, `m`, or `h`, which `{}` is not",
            lit.value().escape_debug()
        ),
        &help,
    )
}

pub(crate) fn within_out_of_range(lit: &LitStr) -> Error {
    at(
        lit,
        &format!("`within` is at least 1 ms and at most {WITHIN_HOURS_MAX} h: how long one try of a to-do may last"),
        "write, for example, `within = \"30s\"`",
    )
}

/// `effect` is the parameter by which it would act, if it has one.
pub(crate) fn list_async(marked: Marked, word: &Ident, effect: Option<&Param>) -> Error {
    let and = effect.map_or_else(String::new, |param| format!(" and `{}`", parameter(param)));
    at(
        word,
        &format!("{} is a function of its event, and waits for nothing", marked.method()),
        &format!("leave out `async`{and}; {}", elsewhere(marked)),
    )
}

pub(crate) fn list_effect(marked: Marked, param: &Param) -> Error {
    at(
        &param.ty,
        &format!("{} is a function of its event, and has no effects", marked.method()),
        &format!("leave out `{}`; {}", parameter(param), elsewhere(marked)),
    )
}

/// Where that is done for which an effect is needed.
fn elsewhere(marked: Marked) -> &'static str {
    match marked {
        Marked::TODO => "what waits or has effects is the `#[work]` method",
        _ => "what waits or has effects is an `#[on]` method for the same event",
    }
}

fn parameter(param: &Param) -> String {
    let name = param.name.as_ref().map_or_else(|| "_".to_owned(), bare);
    format!("{name}: {}", text(&param.ty))
}

pub(crate) fn list_takes_all(marked: Marked, ty: &Type, name: &Ident) -> Error {
    at(
        ty,
        &format!("{} names the event that it takes", marked.method()),
        &format!("write `fn {name}(&self, event: &SomethingHappened, ..)`"),
    )
}

pub(crate) fn list_returns_nothing(marked: Marked, name: &Ident) -> Error {
    let (text, help) = match marked {
        Marked::TODO => (
            "a `#[todo]` method returns what is to be done",
            "write `-> Todo<K, T>` with the types of the key and of what is to be done, or `Option` or `Vec` of it",
        ),
        _ => (
            "a `#[done]` method returns the key of the to-dos that it closes",
            "write `-> K` with the type of the key that `#[todo]` gives to `Todo::new`, or `Option` or `Vec` of it",
        ),
    };
    at(name, text, help)
}

pub(crate) fn list_returns_borrow(marked: Marked, ty: impl ToTokens) -> Error {
    at(
        ty,
        &format!("{} returns what owns its data", marked.method()),
        "write a type such as `String` in place of a reference",
    )
}
