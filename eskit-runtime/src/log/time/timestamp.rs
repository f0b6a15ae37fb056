use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Reaches about 292,000 years either way. Stands as RFC 3339 in text and in JSON: written in UTC with six decimals, read with any
/// offset; years that it does not know, before 0000 and after 9999, with a sign and six digits, as in ECMAScript. Converts to and
/// from [`SystemTime`], and with the features `chrono`, `jiff` and `time` to and from the types of these crates. What is finer than
/// a microsecond is cut off towards the past.
///
/// ```
/// # use eskit_runtime as eskit;
/// use std::time::Duration;
/// use eskit::Timestamp;
///
/// const DAY: Duration = Duration::from_secs(24 * 60 * 60);
///
/// let placed: Timestamp = "2026-11-21T18:30:00Z".parse()?;
/// let now: Timestamp = "2026-11-28T18:30:00Z".parse()?;
/// assert_eq!(placed + 7 * DAY, now);
/// assert!(now.duration_since(placed) >= 7 * DAY);
/// # Ok::<(), eskit::log::TimestampParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub(super) i64);

impl Timestamp {
    /// The time now, from the system clock; on `wasm32-unknown-unknown`, where std has none, from that of `uuid`.
    pub fn now() -> Timestamp {
        #[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
        let now = SystemTime::now();
        #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
        let now = {
            let (seconds, nanos) = uuid::Timestamp::now(uuid::NoContext).to_unix();
            SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
        };
        Timestamp::from(now)
    }

    /// The time that lies this many microseconds after 1970-01-01T00:00:00Z; negative before it.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// How long this time lies after `earlier`; zero when it lies before it, since the clocks of two machines may differ.
    pub const fn duration_since(self, earlier: Timestamp) -> Duration {
        if self.0 <= earlier.0 { Duration::ZERO } else { Duration::from_micros(self.0.abs_diff(earlier.0)) }
    }
}

/// The time this much later, or the last one that a [`Timestamp`] can hold.
impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        Timestamp(u64::try_from(duration.as_micros()).map_or(i64::MAX, |micros| self.0.saturating_add_unsigned(micros)))
    }
}

/// The time this much earlier, or the first one that a [`Timestamp`] can hold.
impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, duration: Duration) -> Timestamp {
        // What is finer than a microsecond is cut off towards the past.
        let micros = u64::try_from(duration.as_nanos().div_ceil(1000));
        Timestamp(micros.map_or(i64::MIN, |micros| self.0.saturating_sub_unsigned(micros)))
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn durations_are_added_and_measured() {
        let (noon, hour) = (Timestamp(1_317_422_324_546_000), Duration::from_secs(3600));
        assert_eq!((noon + hour).as_micros() - noon.as_micros(), 3_600_000_000);
        assert_eq!(noon + hour - hour, noon);
        assert_eq!((noon + hour).duration_since(noon), hour);
        assert_eq!(noon.duration_since(noon + hour), Duration::ZERO);
        let (first, last) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
        assert_eq!(last.duration_since(first), Duration::from_micros(u64::MAX));
        assert_eq!(first + Duration::from_micros(u64::MAX), last);
        assert_eq!(last - Duration::from_micros(u64::MAX), first);
    }

    #[test]
    fn times_beyond_the_range_are_its_ends() {
        for duration in [Duration::MAX, Duration::from_micros(u64::MAX) + Duration::from_micros(1)] {
            assert_eq!(Timestamp(0) + duration, Timestamp(i64::MAX));
            assert_eq!(Timestamp(0) - duration, Timestamp(i64::MIN));
        }
        assert_eq!(Timestamp(i64::MAX - 1) + Duration::from_micros(2), Timestamp(i64::MAX));
        assert_eq!(Timestamp(i64::MIN + 1) - Duration::from_micros(2), Timestamp(i64::MIN));
    }

    #[test]
    fn what_is_finer_than_a_microsecond_is_cut_off_towards_the_past() {
        assert_eq!(Timestamp(5) + Duration::from_nanos(1999), Timestamp(6));
        assert_eq!(Timestamp(5) - Duration::from_nanos(1), Timestamp(4));
    }
}
