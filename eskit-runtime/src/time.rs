#[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
mod convert;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Reaches about 292,000 years either way. Displays as RFC 3339 in UTC with six decimals; years that it does not know, before 0000
/// and after 9999, with a sign and six digits, as in ECMAScript. Converts to and from [`SystemTime`], and with the features
/// `chrono`, `jiff` and `time` to and from the types of these crates; what is finer than a microsecond is cut off towards the past.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

#[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
pub use convert::TimestampRangeError;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl Timestamp {
    /// The time now, from the system clock.
    pub fn now() -> Timestamp {
        Timestamp::from(SystemTime::now())
    }

    /// The time that lies this many microseconds after 1970-01-01T00:00:00Z; negative before it.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Timestamp {
        let bounded = |micros: u128| i64::try_from(micros).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Timestamp(bounded(after.as_micros())),
            Err(before) => Timestamp(-bounded(before.duration().as_nanos().div_ceil(1000))),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> SystemTime {
        let distance = Duration::from_micros(time.0.unsigned_abs());
        if time.0 >= 0 { UNIX_EPOCH + distance } else { UNIX_EPOCH - distance }
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
    fn system_time_round_trips() {
        for micros in [0, 1, -1, 1_317_422_324_546_000, -62_135_596_800_000_000] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::from(SystemTime::from(time)), time);
        }
        for (after, before) in [(Duration::from_nanos(1999), 1), (Duration::from_nanos(1), 0)] {
            assert_eq!(Timestamp::from(UNIX_EPOCH + after), Timestamp(before));
            assert_eq!(Timestamp::from(UNIX_EPOCH - after), Timestamp(-before - 1));
        }
    }
}
