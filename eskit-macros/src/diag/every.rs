//! Messages about `#[every]` methods and their cron text.

use proc_macro2::{Ident, Literal};
use quote::ToTokens;
use syn::{Attribute, Error, LitStr, Type};

use super::text::at;
use crate::wrap::{behind_reference, text};

/// A cron text that is right: every Monday at 9:00.
const EXAMPLE: &str = "0 9 * * MON";

/// `given` is the text that stands behind `=`.
pub(crate) fn every_without_text(attr: &Attribute, given: Option<&LitStr>) -> Error {
    let given = given.map_or_else(|| format!("{EXAMPLE:?}"), |lit| lit.to_token_stream().to_string());
    at(
        attr,
        "`#[every(..)]` begins with the times at which the method is called, as cron text in UTC",
        &format!("write `#[every({given})]`{}", meaning_of(&given)),
    )
}

/// The list begins with a literal that is no text.
pub(crate) fn every_no_text(literal: &Literal) -> Error {
    at(literal, "`#[every(..)]` begins with a text", &format!("write `{EXAMPLE:?}`{}", meaning_of(EXAMPLE)))
}

/// What the example means, where it is the example that is shown.
fn meaning_of(shown: &str) -> &'static str {
    if shown.contains(EXAMPLE) { ", for every Monday at 9:00 UTC" } else { "" }
}

pub(crate) fn every_takes_event(ty: &Type, name: &Ident) -> Error {
    at(
        ty,
        &format!(
            "an `#[every]` method takes no `{}`: it is called at certain times, and not for an event",
            text(behind_reference(ty))
        ),
        &format!("write `fn {name}(&self, at: &Timestamp) -> ..`; what follows an event is a method with `#[on]`"),
    )
}

pub(crate) fn every_time_by_value(ty: &Type) -> Error {
    at(ty, "the time is taken by reference", "write `at: &Timestamp`")
}

pub(crate) fn every_too_many(ty: &Type) -> Error {
    at(
        ty,
        "an `#[every]` method takes the time for which it is called, and in an `async` method its effect",
        "write `(&self, at: &Timestamp, cx: &mut Effect<'_>)`",
    )
}

/// A field of a cron text.
#[derive(Clone, Copy)]
pub(crate) enum CronField {
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

impl CronField {
    fn name(self) -> &'static str {
        match self {
            CronField::Minute => "minute",
            CronField::Hour => "hour",
            CronField::Day => "day of the month",
            CronField::Month => "month",
            CronField::Weekday => "day of the week",
        }
    }

    fn values(self) -> &'static str {
        match self {
            CronField::Minute => "0 to 59",
            CronField::Hour => "0 to 23",
            CronField::Day => "1 to 31",
            CronField::Month => "1 to 12, or JAN to DEC",
            CronField::Weekday => "0 to 7, or SUN to SAT",
        }
    }

    /// A field that is right.
    fn example(self) -> &'static str {
        match self {
            CronField::Minute => "0",
            CronField::Hour => "9",
            CronField::Day => "1",
            CronField::Month => "JAN",
            CronField::Weekday => "MON",
        }
    }
}

/// Why a field of a cron text is wrong.
pub(crate) enum CronMistake {
    /// No value, or one that is not in the range.
    Value(String),
    /// A range that ends before it begins, and the list that is probably meant.
    Reversed(String, String),
    /// A step behind a single value, and the range that is probably meant.
    StepOfOne(String, String),
    /// A step that is no number, 0, or beyond the field, and the longest that is not.
    Step(String, u32),
    /// A character of other dialects.
    Dialect(char),
}

/// `meant` is a text with five fields.
pub(crate) fn cron_fields(lit: &LitStr, found: usize, meant: Option<&str>) -> Error {
    let text = format!(
        "a cron text has five fields, the minute, the hour, the day of the month, the month, and the day of the week, and `{}` has {found}",
        lit.value().escape_debug()
    );
    let help = match meant {
        Some(meant) => format!("write `{meant}`"),
        None => format!("write, for example, `{EXAMPLE}`{}", meaning_of(EXAMPLE)),
    };
    at(lit, &text, &help)
}

/// `field` is the text of the field, and `with` the whole text with another one in its place.
pub(crate) fn cron_field(
    lit: &LitStr,
    name: CronField,
    field: &str,
    mistake: &CronMistake,
    with: impl Fn(&str) -> String,
) -> Error {
    let (own, values) = (name.name(), name.values());
    let (text, meant) = match mistake {
        CronMistake::Value(value) if value.is_empty() => (format!("a value is missing in `{field}`"), None),
        CronMistake::Value(value) => (format!("`{value}` is not one of {values}"), None),
        CronMistake::Reversed(range, meant) => {
            (format!("`{range}` ends before it begins"), Some(field.replacen(range, meant, 1)))
        }
        CronMistake::StepOfOne(part, meant) => {
            (format!("`{part}` has a step, which follows `*` or a range"), Some(field.replacen(part, meant, 1)))
        }
        CronMistake::Step(step, max) => (format!("the step `{step}` is not one of 1 to {max}"), None),
        CronMistake::Dialect('?') => {
            ("`?` is not known to cron, which writes `*`".to_owned(), Some(field.replace('?', "*")))
        }
        CronMistake::Dialect(other) => (format!("`{other}` is not known to cron"), None),
    };
    let help = match meant {
        Some(meant) => format!("write `{}`", with(&meant)),
        None => format!("write, for example, `{}`", with(name.example())),
    };
    at(lit, &format!("in the field of the {own}, {text}"), &help)
}

/// A day that none of the months has.
pub(crate) fn cron_never(lit: &LitStr, day: &str, month: &str) -> Error {
    at(
        lit,
        &format!("no month of `{month}` has a day of `{day}`, so the method would never be called"),
        "write a day that one of the months has, as in `0 9 28 2 *`",
    )
}

/// `fields` are those before the zone.
pub(crate) fn cron_zone(lit: &LitStr, zone: &str, fields: &str) -> Error {
    at(
        lit,
        &format!("`{}` is not the name of a time zone", zone.escape_debug()),
        &format!("write, for example, `{fields} Europe/Berlin`; without a zone, the times are in UTC"),
    )
}
