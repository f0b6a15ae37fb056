//! To and from the types of the time crates, each behind the feature of its name. What is finer than a microsecond is cut
//! off towards the past.

use std::fmt;

use super::timestamp::Timestamp;

/// A [`Timestamp`] that the other type cannot hold: it lies too far in the past or the future.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimestampRangeError {
    time: Timestamp,
    target: &'static str,
}

impl fmt::Display for TimestampRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lies outside of what `{}` can hold", self.time, self.target)
    }
}

impl std::error::Error for TimestampRangeError {}

#[cfg(feature = "jiff")]
mod of_jiff {
    use crate::log::time::convert::TimestampRangeError;
    use crate::log::time::timestamp::Timestamp;

    impl From<jiff::Timestamp> for Timestamp {
        fn from(time: jiff::Timestamp) -> Timestamp {
            let micros = time.as_nanosecond().div_euclid(1000);
            // jiff ends at the year 9999.
            Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
        }
    }

    impl TryFrom<Timestamp> for jiff::Timestamp {
        type Error = TimestampRangeError;

        fn try_from(time: Timestamp) -> Result<jiff::Timestamp, TimestampRangeError> {
            let target = "jiff::Timestamp";
            jiff::Timestamp::from_microsecond(time.as_micros()).map_err(|_| TimestampRangeError { time, target })
        }
    }
}

#[cfg(feature = "chrono")]
mod of_chrono {
    use chrono::{DateTime, TimeZone, Utc};

    use crate::log::time::convert::TimestampRangeError;
    use crate::log::time::timestamp::Timestamp;

    impl<Tz: TimeZone> From<DateTime<Tz>> for Timestamp {
        fn from(time: DateTime<Tz>) -> Timestamp {
            Timestamp::from_micros(time.timestamp_micros())
        }
    }

    impl TryFrom<Timestamp> for DateTime<Utc> {
        type Error = TimestampRangeError;

        fn try_from(time: Timestamp) -> Result<DateTime<Utc>, TimestampRangeError> {
            let target = "chrono::DateTime<Utc>";
            DateTime::from_timestamp_micros(time.as_micros()).ok_or(TimestampRangeError { time, target })
        }
    }
}

#[cfg(feature = "time")]
mod of_time {
    use time::OffsetDateTime;

    use crate::log::time::convert::TimestampRangeError;
    use crate::log::time::timestamp::Timestamp;

    impl From<OffsetDateTime> for Timestamp {
        /// With `time`'s feature `large-dates`, what lies beyond the range of [`Timestamp`] becomes its end.
        fn from(time: OffsetDateTime) -> Timestamp {
            let micros = time.unix_timestamp_nanos().div_euclid(1000);
            let end = if micros < 0 { i64::MIN } else { i64::MAX };
            Timestamp::from_micros(i64::try_from(micros).unwrap_or(end))
        }
    }

    impl TryFrom<Timestamp> for OffsetDateTime {
        type Error = TimestampRangeError;

        fn try_from(time: Timestamp) -> Result<OffsetDateTime, TimestampRangeError> {
            let target = "time::OffsetDateTime";
            let nanos = i128::from(time.as_micros()) * 1000;
            OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| TimestampRangeError { time, target })
        }
    }
}

#[cfg(all(test, feature = "jiff", feature = "chrono", feature = "time"))]
#[allow(clippy::unwrap_used, reason = "a helper of tests may panic")]
mod tests {
    use super::*;
    use std::fmt::Debug;

    const MOMENTS: [i64; 5] = [0, 1, -1, 1_317_422_324_546_789, -62_135_596_800_000_000];
    /// The year 250000.
    const FAR: Timestamp = Timestamp::from_micros(7_826_000_000_000_000_000);

    fn round_trips<T: Into<Timestamp> + TryFrom<Timestamp, Error: Debug>>() {
        for micros in MOMENTS {
            let time = Timestamp::from_micros(micros);
            assert_eq!(T::try_from(time).unwrap().into(), time);
        }
    }

    #[test]
    fn every_crate_round_trips() {
        round_trips::<jiff::Timestamp>();
        round_trips::<chrono::DateTime<chrono::Utc>>();
        round_trips::<time::OffsetDateTime>();
    }

    /// Which the schema lock takes for the same shape.
    #[test]
    fn each_reads_what_the_other_writes() {
        for time in MOMENTS.map(Timestamp::from_micros) {
            let jiff = jiff::Timestamp::try_from(time).unwrap();
            let chrono = chrono::DateTime::<chrono::Utc>::try_from(time).unwrap();
            assert_eq!([jiff.to_string(), format!("{chrono:?}")].map(|text| text.parse()), [Ok(time), Ok(time)]);
            assert_eq!(time.to_string().parse::<jiff::Timestamp>().unwrap(), jiff);
            assert_eq!(time.to_string().parse::<chrono::DateTime<chrono::Utc>>().unwrap(), chrono);
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error_that_names_it() {
        let error = jiff::Timestamp::try_from(FAR).unwrap_err();
        assert_eq!(error.to_string(), format!("{FAR} lies outside of what `jiff::Timestamp` can hold"));
        assert!(time::OffsetDateTime::try_from(FAR).is_err());
        assert!(chrono::DateTime::<chrono::Utc>::try_from(Timestamp::from_micros(i64::MAX)).is_err());
    }

    #[test]
    fn nanoseconds_are_cut_off_towards_the_past() {
        let nanos = [(1_999, 1), (-1, -1), (-1_000, -1), (-1_001, -2)];
        for (nanos, micros) in nanos {
            let expected = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::from(jiff::Timestamp::from_nanosecond(nanos).unwrap()), expected);
            assert_eq!(Timestamp::from(time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap()), expected);
            let of_chrono = chrono::DateTime::from_timestamp_nanos(i64::try_from(nanos).unwrap());
            assert_eq!(Timestamp::from(of_chrono), expected);
        }
    }
}
