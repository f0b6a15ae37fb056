//! The times of a schedule, from its cron text.

mod no_times;
#[cfg(feature = "schedule")]
mod zone;

use eskit_runtime::Timestamp;
use eskit_runtime::work::Schedule;

pub(super) use no_times::NoTimes;

/// When an `#[every]` method is called.
#[derive(Clone, Debug)]
pub(super) struct Times {
    #[cfg(feature = "schedule")]
    crontab: cronexpr::Crontab,
    /// The zone whose clocks show the times of the cron text, one by one; `None` where they are times of the cron text itself.
    #[cfg(feature = "schedule")]
    clocks: Option<zone::Clocks>,
}

#[cfg(feature = "schedule")]
impl Times {
    /// # Errors
    /// The cron text cannot be read, names no time zone that is known here, or has no times.
    pub(super) fn of(schedule: &Schedule) -> Result<Times, NoTimes> {
        let fields: Vec<&str> = schedule.every.split_whitespace().collect();
        let (text, clocks) = match fields.as_slice() {
            [fields @ .., zone] if fields.len() == 5 => {
                let clocks = zone::Clocks::of(zone)?;
                // What happens every hour happens in each hour that passes, whatever the clocks show meanwhile.
                match fields[1] {
                    "*" | "*/1" | "0-23" => (schedule.every.to_owned(), None),
                    _ => (fields.join(" "), Some(clocks)),
                }
            }
            _ => (schedule.every.to_owned(), None),
        };
        let mut options = cronexpr::ParseOptions::default();
        options.fallback_timezone_option = cronexpr::FallbackTimezoneOption::UTC;
        let crontab = cronexpr::parse_crontab_with(&text, options).map_err(|error| unreadable(error.to_string()))?;
        let times = Times { crontab, clocks };
        match times.after(Timestamp::now()) {
            Some(_) => Ok(times),
            None => Err(unreadable("there is no such time within four years".to_owned())),
        }
    }

    /// The first time after this one.
    pub(super) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let Some(clocks) = &self.clocks else { return self.next(time) };
        let mut shown = clocks.shown_at(time)?;
        loop {
            // As if the clocks were those of UTC.
            shown = self.next(shown)?;
            let found = clocks.first_shown(shown)?;
            if found > time {
                return Some(found);
            }
        }
    }

    fn next(&self, time: Timestamp) -> Option<Timestamp> {
        let after = cronexpr::MakeTimestamp::from_microsecond(time.as_micros()).ok()?;
        let next = self.crontab.find_next(after).ok()?;
        Some(Timestamp::from_micros(next.timestamp().as_microsecond()))
    }
}

#[cfg(feature = "schedule")]
fn unreadable(why: String) -> NoTimes {
    let help = "write minute, hour, day of the month, month and day of the week, such as `0 9 * * MON` for Mondays at 9:00, in UTC or in \
                the time zone that follows";
    NoTimes { why, help: help.to_owned() }
}

#[cfg(not(feature = "schedule"))]
impl Times {
    pub(super) fn of(_: &Schedule) -> Result<Times, NoTimes> {
        let why = "eskit was built without the feature `schedule`".to_owned();
        Err(NoTimes { why, help: "write `features = [\"schedule\"]` at `eskit` in `Cargo.toml`".to_owned() })
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
        all(every, after, 1).remove(0)
    }

    /// The first times after one.
    #[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
    fn all(every: &'static str, after: &str, count: usize) -> Vec<String> {
        let times = Times::of(&Schedule { name: "weekly", every }).unwrap();
        let first = times.after(after.parse().unwrap());
        let found = std::iter::successors(first, |time| times.after(*time)).take(count);
        found.map(|time| time.to_string().replace(":00.000000Z", "Z")).collect()
    }

    #[test]
    fn times_are_in_utc_unless_a_zone_is_said() {
        assert_eq!(next("0 9 * * MON", "2026-11-30T08:59:59Z"), "2026-11-30T09:00Z");
        assert_eq!(next("0 9 * * MON", "2026-11-30T09:00:00Z"), "2026-12-07T09:00Z");
        assert_eq!(next("0 9 * * MON Europe/Berlin", "2026-11-30T07:00:00Z"), "2026-11-30T08:00Z");
        assert_eq!(next("0 9 * * MON Europe/Berlin", "2026-11-30T08:00:00Z"), "2026-12-07T08:00Z");
        assert_eq!(next("0 0 1 * * Asia/Tokyo", "2026-11-30T14:59:59Z"), "2026-11-30T15:00Z");
        assert_eq!(next("0 9 * * * Etc/GMT+3", "2026-11-30T00:00:00Z"), "2026-11-30T12:00Z");
    }

    /// On 29 March 2026 the clocks of Berlin went from 2:00 to 3:00.
    #[test]
    fn a_time_that_clocks_leave_out_comes_when_they_were_set_and_once() {
        let every = "30 2 * * * Europe/Berlin";
        let days = ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z", "2026-03-31T00:30Z"];
        assert_eq!(all(every, "2026-03-27T12:00:00Z", 4), days);
        // Several of them come once together.
        let every = "*/20 1-3 * * * Europe/Berlin";
        let times = ["2026-03-29T00:40Z", "2026-03-29T01:00Z", "2026-03-29T01:20Z"];
        assert_eq!(all(every, "2026-03-29T00:20:00Z", 3), times);
    }

    /// On 25 October 2026 they went from 3:00 to 2:00.
    #[test]
    fn a_time_that_clocks_show_twice_comes_once() {
        let every = "30 2 * * * Europe/Berlin";
        let days = ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"];
        assert_eq!(all(every, "2026-10-23T12:00:00Z", 3), days);
        // Also if it is asked for in the middle of the second time.
        assert_eq!(next(every, "2026-10-25T01:10:00Z"), "2026-10-26T01:30Z");
        let every = "0 2,3 * * * Europe/Berlin";
        assert_eq!(all(every, "2026-10-24T23:00:00Z", 2), ["2026-10-25T00:00Z", "2026-10-25T02:00Z"]);
    }

    /// What comes every hour is not held up for one, nor is any hour left out.
    #[test]
    fn what_comes_every_hour_comes_in_each_hour_that_passes() {
        for every in ["30 * * * * Europe/Berlin", "30 0-23 * * * Europe/Berlin", "30 */1 * * * Europe/Berlin"] {
            let autumn = ["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"];
            assert_eq!(all(every, "2026-10-25T00:00:00Z", 3), autumn, "{every}");
            let spring = ["2026-03-29T00:30Z", "2026-03-29T01:30Z"];
            assert_eq!(all(every, "2026-03-29T00:00:00Z", 2), spring, "{every}");
        }
    }

    #[test]
    fn a_text_without_times_is_refused() {
        for every in ["0 9 31 2 *", "0 25 * * *", "0 9 * *", "", "0 9 31 2 * Europe/Berlin"] {
            let error = Times::of(&Schedule { name: "never", every }).unwrap_err();
            assert!(error.help.contains("`0 9 * * MON`"), "{every}: {error:?}");
        }
    }

    #[test]
    fn an_unknown_zone_is_refused_with_the_one_that_is_meant() {
        for (every, meant) in [
            ("0 9 * * * Europe/Berln", Some("Europe/Berlin")),
            ("0 9 * * * Berlin", Some("Europe/Berlin")),
            ("0 9 * * * America/NewYork", Some("America/New_York")),
            ("0 9 * * * Europe/new_york", Some("America/New_York")),
            ("0 9 * * * Nowhere/At_All", None),
        ] {
            let error = Times::of(&Schedule { name: "daily", every }).unwrap_err();
            assert!(error.why.contains("is not a time zone that is known here"), "{every}: {error:?}");
            match meant {
                Some(meant) => assert_eq!(error.help, format!("did you mean `{meant}`?"), "{every}"),
                None => assert!(error.help.contains("`Europe/Berlin`"), "{every}: {error:?}"),
            }
        }
    }
}
