//! The times of a schedule, from its cron text.

use eskit_runtime::Timestamp;
use eskit_runtime::work::Schedule;

/// When an `#[every]` method is called.
#[derive(Clone, Debug)]
pub(super) struct Times {
    #[cfg(feature = "schedule")]
    crontab: cronexpr::Crontab,
}

#[cfg(feature = "schedule")]
impl Times {
    /// # Errors
    /// The cron text cannot be read, or has no times.
    pub(super) fn of(schedule: &Schedule) -> Result<Times, String> {
        let mut options = cronexpr::ParseOptions::default();
        options.fallback_timezone_option = cronexpr::FallbackTimezoneOption::UTC;
        let every = schedule.every;
        let crontab = cronexpr::parse_crontab_with(every, options).map_err(|error| error.to_string())?;
        let times = Times { crontab };
        match times.after(Timestamp::now()) {
            Some(_) => Ok(times),
            None => Err("there is no such time within four years".to_owned()),
        }
    }

    /// The first time after this one.
    pub(super) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let after = cronexpr::MakeTimestamp::from_microsecond(time.as_micros()).ok()?;
        let next = self.crontab.find_next(after).ok()?;
        Some(Timestamp::from_micros(next.timestamp().as_microsecond()))
    }
}

#[cfg(not(feature = "schedule"))]
impl Times {
    pub(super) fn of(_: &Schedule) -> Result<Times, String> {
        Err("eskit was built without the feature `schedule`".to_owned())
    }

    pub(super) fn after(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }
}

#[cfg(all(test, feature = "schedule"))]
mod tests {
    use super::*;

    #[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
    fn next(every: &'static str, after: &str) -> String {
        let times = Times::of(&Schedule { name: "weekly", every }).unwrap();
        times.after(after.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn times_are_in_utc_unless_a_zone_is_said() {
        assert_eq!(next("0 9 * * MON", "2026-11-30T08:59:59Z"), "2026-11-30T09:00:00.000000Z");
        assert_eq!(next("0 9 * * MON", "2026-11-30T09:00:00Z"), "2026-12-07T09:00:00.000000Z");
        assert_eq!(next("0 9 * * MON Europe/Berlin", "2026-11-30T07:00:00Z"), "2026-11-30T08:00:00.000000Z");
    }

    #[test]
    fn a_time_that_a_change_of_clocks_leaves_out_or_repeats_comes_once_a_day() {
        // On 29 March 2026 the clocks of Berlin went from 2:00 to 3:00, on 25 October from 3:00 to 2:00.
        let every = "30 2 * * * Europe/Berlin";
        let mut time = "2026-03-27T12:00:00Z".parse().unwrap();
        let times = Times::of(&Schedule { name: "nightly", every }).unwrap();
        let mut all = Vec::new();
        for _ in 0..3 {
            time = times.after(time).unwrap();
            all.push(time.to_string());
        }
        assert_eq!(all, ["2026-03-28T01:30:00.000000Z", "2026-03-30T00:30:00.000000Z", "2026-03-31T00:30:00.000000Z"]);
        assert_eq!(next(every, "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00.000000Z");
        assert_eq!(next(every, "2026-10-25T00:30:00Z"), "2026-10-25T01:30:00.000000Z");
    }

    #[test]
    fn a_text_without_times_is_refused() {
        for every in ["0 9 31 2 *", "0 25 * * *", "0 9 * *", ""] {
            assert!(Times::of(&Schedule { name: "never", every }).is_err(), "{every}");
        }
    }
}
