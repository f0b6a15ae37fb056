//! The text of `#[every("..")]`: five fields, as in the table of cron, and a time zone if one is named.

use syn::LitStr;

use super::zone;
use crate::diag::{self, CronField, CronMistake as Wrong};

/// One field.
struct Field {
    name: CronField,
    min: u32,
    max: u32,
    /// Names of its values, from the first one on.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 5] = [
    Field { name: CronField::Minute, min: 0, max: 59, names: &[] },
    Field { name: CronField::Hour, min: 0, max: 23, names: &[] },
    Field { name: CronField::Day, min: 1, max: 31, names: &[] },
    Field { name: CronField::Month, min: 1, max: 12, names: MONTHS },
    WEEKDAY,
];

/// Sunday is 0, and also 7.
const WEEKDAY: Field = Field { name: CronField::Weekday, min: 0, max: 7, names: DAYS };

/// The days of each month, in a leap year.
const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Texts that stand for five fields.
const SHORT: &[(&str, &str)] = &[
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * SUN"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// The text with one space between its fields and its names in capitals, if it is right.
pub(super) fn check(lit: &LitStr) -> syn::Result<String> {
    let value = lit.value();
    let fields: Vec<&str> = value.split_whitespace().collect();
    let (fields, zone) = zone::split_off(&fields, |text| WEEKDAY.values(&text.to_uppercase()).is_ok());
    let fields: Vec<String> = fields.iter().map(|field| field.to_uppercase()).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let with_zone = |text: String| zone.map_or_else(|| text.clone(), |zone| format!("{text} {zone}"));
    check_fields(lit, &fields, with_zone)?;
    if let Some(zone) = zone.filter(|zone| !zone::is_name(zone)) {
        return Err(diag::cron_zone(lit, zone, &fields.join(" ")));
    }
    Ok(with_zone(fields.join(" ")))
}

/// `with_zone` adds the zone to a text that is meant.
fn check_fields(lit: &LitStr, fields: &[&str], with_zone: impl Fn(String) -> String) -> syn::Result<()> {
    let [minute, hour, day, month, weekday] = fields else {
        let value = fields.join(" ");
        let short = SHORT.iter().find(|(short, _)| short.to_uppercase() == value).map(|(_, text)| *text);
        let without_seconds = fields.get(1..).filter(|rest| rest.len() == 5).map(|rest| rest.join(" "));
        let meant = short.map(str::to_owned).or(without_seconds.filter(|text| is_right(text)));
        return Err(diag::cron_fields(lit, fields.len(), meant.map(with_zone).as_deref()));
    };
    let given = [minute, hour, day, month, weekday];
    let mut sets = Vec::new();
    for (index, (field, text)) in FIELDS.iter().zip(given).enumerate() {
        let with = |meant: &str| {
            let meant = given.iter().enumerate().map(|(other, text)| if other == index { meant } else { **text });
            with_zone(meant.collect::<Vec<_>>().join(" "))
        };
        sets.push(field.values(text).map_err(|wrong| diag::cron_field(lit, field.name, text, &wrong, with))?);
    }
    if let [_, _, days, months, _] = sets.as_slice()
        && **weekday == *"*"
        && !months.iter().any(|month| days.iter().any(|day| *day <= length_of(*month)))
    {
        return Err(diag::cron_never(lit, day, month));
    }
    Ok(())
}

fn is_right(text: &str) -> bool {
    let fields: Vec<&str> = text.split_whitespace().collect();
    fields.len() == FIELDS.len() && FIELDS.iter().zip(fields).all(|(field, text)| field.values(text).is_ok())
}

fn length_of(month: u32) -> u32 {
    month.checked_sub(1).and_then(|index| LENGTHS.get(index as usize)).copied().unwrap_or_default()
}

impl Field {
    /// The values that the text of the field names.
    fn values(&self, text: &str) -> Result<Vec<u32>, Wrong> {
        if let Some(other) = text.chars().find(|c| matches!(c, '?' | '#' | '+' | '$')) {
            return Err(Wrong::Dialect(other));
        }
        let mut all = Vec::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            let every = step.map_or(Ok(1), |step| self.step(step))?;
            let (from, to) = self.range(range, step)?;
            all.extend((from..=to).step_by(every));
        }
        Ok(all)
    }

    /// The first and the last value.
    fn range(&self, range: &str, step: Option<&str>) -> Result<(u32, u32), Wrong> {
        if range == "*" {
            return Ok((self.min, self.max));
        }
        let Some((from, to)) = range.split_once('-') else {
            let value = self.value(range)?;
            return match step {
                Some(step) => {
                    let last = self.text(self.last(), range);
                    Err(Wrong::StepOfOne(format!("{range}/{step}"), format!("{range}-{last}/{step}")))
                }
                None => Ok((value, value)),
            };
        };
        let (first, last) = (self.value(from)?, self.value(to)?);
        if first > last {
            let until_end = self.between(first, self.last(), from);
            let from_start = self.between(self.min, last, from);
            return Err(Wrong::Reversed(range.to_owned(), format!("{until_end},{from_start}")));
        }
        Ok((first, last))
    }

    fn value(&self, text: &str) -> Result<u32, Wrong> {
        let named = self.names.iter().position(|name| *name == text);
        let value = match named {
            Some(place) => u32::try_from(place).ok().map(|place| place + self.min),
            None if text.chars().all(|c| c.is_ascii_digit()) => text.parse().ok(),
            None => None,
        };
        value.filter(|value| (self.min..=self.max).contains(value)).ok_or_else(|| Wrong::Value(text.to_owned()))
    }

    fn step(&self, text: &str) -> Result<usize, Wrong> {
        let max = self.max - self.min;
        let step = text.parse().ok().filter(|step| (1..=max).contains(step));
        step.and_then(|step| usize::try_from(step).ok()).ok_or_else(|| Wrong::Step(text.to_owned(), max))
    }

    /// The last value that is not also another one.
    fn last(&self) -> u32 {
        if matches!(self.name, CronField::Weekday) { self.max - 1 } else { self.max }
    }

    /// A range, or its only value.
    fn between(&self, first: u32, last: u32, like: &str) -> String {
        let (from, to) = (self.text(first, like), self.text(last, like));
        if first == last { from } else { format!("{from}-{to}") }
    }

    /// A value, by its name where the user wrote names.
    fn text(&self, value: u32, like: &str) -> String {
        let is_named = like.starts_with(|first: char| first.is_ascii_alphabetic());
        let name = (value - self.min) as usize;
        match self.names.get(name).filter(|_| is_named) {
            Some(name) => (*name).to_owned(),
            None => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn check_text(text: &str) -> Result<String, String> {
        check(&LitStr::new(text, Span::call_site())).map_err(|error| error.to_string())
    }

    #[test]
    fn what_cron_accepts_is_right() {
        for text in [
            "* * * * *",
            "0 9 * * MON",
            "*/15 8-18 * * MON-FRI",
            "0,30 0,12 1,15 JAN,JUL *",
            "5-59/10 23 31 12 0",
            "0 0 * * 7",
            "0 0 * * 5-7",
            "0 0 29 2 *",
            "0 0 31 2 FRI",
            "59 23 31 JAN-DEC/2 SUN-SAT",
            "00 09 01 01 *",
            "0-0 * * * 1-5/2,6",
        ] {
            assert_eq!(check_text(text).as_deref(), Ok(text));
        }
        assert_eq!(check_text("  0\t9 * *  mon-Fri ").as_deref(), Ok("0 9 * * MON-FRI"));
        for zone in
            ["Europe/Berlin", "UTC", "Etc/GMT+3", "America/Port-au-Prince", "America/Argentina/Buenos_Aires", "EST5EDT"]
        {
            let text = format!("0 9 * * MON-FRI {zone}");
            assert_eq!(check_text(&text.replace("MON", "mon")), Ok(text));
        }
    }

    #[test]
    fn what_it_does_not_accept_is_refused_and_each_help_is_right() {
        for text in [
            "",
            "0 9 * *",
            "0 0 9 * * MON",
            "1 2 3 4 5 6 7",
            "@daily",
            "@reboot",
            "every day",
            "60 9 * * *",
            "-1 9 * * *",
            "0 24 * * *",
            "0 9 0 * *",
            "0 9 32 * *",
            "0 9 * 0 *",
            "0 9 * 13 *",
            "0 9 * * 8",
            "0 9 * * MONDAY",
            "0 9 * MON *",
            "0 9 JAN * *",
            "0 9 * * ,",
            "0, 9 * * *",
            "0 22-4 * * *",
            "0 9 * * FRI-MON",
            "0 9 * NOV-FEB *",
            "0 9 * * SAT-SUN",
            "5/15 * * * *",
            "*/0 * * * *",
            "*/60 * * * *",
            "*/ * * * *",
            "*/-5 * * * *",
            "0/5/2 * * * *",
            "* * ? * *",
            "0 9 * * MON#1",
            "0 9 L * *",
            "0 9 15W * *",
            "0 9 * * 5L",
            "0 9 31 2 *",
            "0 9 31 4,6,SEP *",
            "1-2-3 * * * *",
            "99999999999 * * * *",
            "** * * * *",
            "é * * * *",
            "0 9 * * Europe/Berlin",
            "0 0 9 * * MON Europe/Berlin",
            "@daily Europe/Berlin",
            "0 25 * * * Europe/Berlin",
            "22-4 0 * * MON Europe/Berlin",
            "0 9 * * MON +01:00",
            "0 9 * * MON -5",
            "0 9 * * MON Europe/",
            "0 9 * * MON Europe//Berlin",
            "0 9 * * MON Europe/Berlin UTC",
        ] {
            let error = check_text(text).expect_err(text);
            let (_, help) = error.split_once("\nhelp: ").unwrap_or_else(|| panic!("{text}: {error}"));
            let paste = help.split('`').nth(1).unwrap_or_else(|| panic!("{text}: {help}"));
            assert!(check_text(paste).is_ok(), "{text}: {error}");
        }
    }
}
