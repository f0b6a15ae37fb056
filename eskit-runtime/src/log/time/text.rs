//! To and from text: RFC 3339, and the years beyond it as in ECMAScript.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::timestamp::Timestamp;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Decimals of a second that are kept.
const DECIMALS: usize = 6;

/// A text that is no time in the form of RFC 3339, or a time that a [`Timestamp`] cannot hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimestampParseError(());

impl fmt::Display for TimestampParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no time in the form of RFC 3339, such as `2026-11-21T18:30:00Z`")
    }
}

impl std::error::Error for TimestampParseError {}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(MICROS_PER_SECOND);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let in_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
        if (0..=9999).contains(&year) {
            write!(f, "{year:04}")?;
        } else {
            write!(f, "{year:+07}")?;
        }
        write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads RFC 3339 with any offset and any number of decimals. A leap second is the first of the next minute.
impl FromStr for Timestamp {
    type Err = TimestampParseError;

    fn from_str(text: &str) -> Result<Timestamp, TimestampParseError> {
        Text(text.as_bytes()).timestamp().ok_or(TimestampParseError(()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in the form of RFC 3339")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// What is left to read. Each function is `None` where something else stands.
struct Text<'t>(&'t [u8]);

impl Text<'_> {
    fn timestamp(mut self) -> Option<Timestamp> {
        let days = self.days()?;
        self.one_of(b"Tt")?;
        let (hour, minute) = self.hour_and_minute()?;
        self.one_of(b":")?;
        let second = self.number(2, 60)?;
        let micros = self.micros()?;
        let offset = self.offset_minutes()?;
        let seconds = days * SECONDS_PER_DAY + (hour * 60 + minute - offset) * 60 + second;
        let micros = i128::from(seconds) * i128::from(MICROS_PER_SECOND) + i128::from(micros);
        if self.0.is_empty() { i64::try_from(micros).ok().map(Timestamp) } else { None }
    }

    /// The date, as days since 1970-01-01.
    fn days(&mut self) -> Option<i64> {
        let year = match self.one_of(b"+-") {
            Some(sign) => self.number(6, i64::MAX)? * if sign == b'-' { -1 } else { 1 },
            None => self.number(4, i64::MAX)?,
        };
        self.one_of(b"-")?;
        let month = self.number(2, 12)?;
        self.one_of(b"-")?;
        let day = self.number(2, 31)?;
        let days = days_from_civil(year, month, day);
        // There may be no such day.
        (civil_from_days(days) == (year, month, day)).then_some(days)
    }

    fn hour_and_minute(&mut self) -> Option<(i64, i64)> {
        let hour = self.number(2, 23)?;
        self.one_of(b":")?;
        Some((hour, self.number(2, 59)?))
    }

    fn micros(&mut self) -> Option<i64> {
        if self.one_of(b".").is_none() {
            return Some(0);
        }
        let len = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let kept = len.min(DECIMALS);
        let micros = self.number(kept, i64::MAX)? * 10_i64.pow((DECIMALS - kept) as u32);
        self.0 = &self.0[len - kept..];
        (len > 0).then_some(micros)
    }

    fn offset_minutes(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let (hour, minute) = self.hour_and_minute()?;
        Some(sign * (hour * 60 + minute))
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// The number in so many digits.
    fn number(&mut self, digits: usize, max: i64) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
        let number = number.iter().try_fold(0, |number, byte| Some(number * 10 + digit(byte)?))?;
        (number <= max).then_some(number)
    }
}

/// Days since 1970-01-01 as year, month and day of the proleptic Gregorian calendar.
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The inverse of [`civil_from_days`], `days_from_civil` of the same paper. A day that its month does not have counts on.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_rfc_3339() {
        assert_eq!(Timestamp::from_micros(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::from_micros(-1).to_string(), "1969-12-31T23:59:59.999999Z");
        // 2000-02-29 is a leap day; 951_782_400 is its first second.
        assert_eq!(Timestamp::from_micros(951_782_400_000_001).to_string(), "2000-02-29T00:00:00.000001Z");
        assert_eq!(Timestamp::from_micros(1_317_422_324_546_000).to_string(), "2011-09-30T22:38:44.546000Z");
        assert_eq!(Timestamp::from_micros(-62_167_219_200_000_001).to_string(), "-000001-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_micros(253_402_300_800_000_000).to_string(), "+010000-01-01T00:00:00.000000Z");
    }

    #[test]
    fn text_and_json_round_trip() {
        let far = [i64::MIN, i64::MAX, -62_167_219_200_000_001, 253_402_300_800_000_000];
        for micros in [0, 1, -1, 951_782_400_000_001, 1_317_422_324_546_000].into_iter().chain(far) {
            let time = Timestamp::from_micros(micros);
            assert_eq!(time.to_string().parse(), Ok(time));
            let json = serde_json::to_string(&time).unwrap();
            assert_eq!((&json, serde_json::from_str(&json).unwrap()), (&format!("\"{time}\""), time));
        }
    }

    #[test]
    fn reads_every_form_of_rfc_3339() {
        let micros = |text: &str| text.parse().map(Timestamp::as_micros);
        for same in ["1970-01-01T00:00:00Z", "1970-01-01t00:00:00z", "1970-01-01T05:30:00.0000+05:30"] {
            assert_eq!(micros(same), Ok(0), "{same}");
        }
        assert_eq!(micros("1969-12-31T23:59:59.9999999-00:00"), Ok(-1), "what is finer is cut off towards the past");
        assert_eq!(micros("1969-12-31T16:00:01.5-08:00"), Ok(1_500_000));
        assert_eq!(micros("2016-12-31T23:59:60Z"), micros("2017-01-01T00:00:00Z"));
        assert_eq!(micros("0000-01-01T00:00:00Z"), Ok(-62_167_219_200_000_000));
    }

    #[test]
    fn what_is_no_time_is_an_error() {
        let none = [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00Z",
            "1970-01-01T00:00:00.Z",
            "70-01-01T00:00:00Z",
            "1970-1-01T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z",
            "1970-01-00T00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z",
            "1970-01-01T00:00:61Z",
            "1970-01-01T00:00:00+0100",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00Zz",
            " 1970-01-01T00:00:00Z",
            "+999999-01-01T00:00:00Z",
            "-999999-01-01T00:00:00Z",
            "１970-01-01T00:00:00Z",
            "0",
        ];
        for text in none {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        let error = serde_json::from_str::<Timestamp>("\"soon\"").unwrap_err().to_string();
        assert!(
            error.starts_with("invalid value: string \"soon\", expected a time in the form of RFC 3339"),
            "{error}"
        );
    }
}
