//! What the clocks of a time zone show, and when.

use eskit_runtime::__private::{is_like, slips};
use eskit_runtime::Timestamp;
use jiff_zones::civil::DateTime;
use jiff_zones::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff_zones::{Timestamp as Instant, tz};

use super::no_times::NoTimes;

/// The clocks of a time zone. What they show is written as the time at which those of UTC show the same.
#[derive(Clone, Debug)]
pub(super) struct Clocks(TimeZone);

impl Clocks {
    /// # Errors
    /// There is no such zone.
    pub(super) fn of(zone: &str) -> Result<Clocks, NoTimes> {
        TimeZone::get(zone).map(Clocks).map_err(|_| unknown(zone))
    }

    /// What they show at this time.
    pub(super) fn shown_at(&self, time: Timestamp) -> Option<Timestamp> {
        let time = Instant::from_microsecond(time.as_micros()).ok()?;
        let shown = Offset::UTC.to_timestamp(self.0.to_datetime(time)).ok()?;
        Some(Timestamp::from_micros(shown.as_microsecond()))
    }

    /// When they show this for the first time; or when they are set forward, if that leaves it out.
    pub(super) fn first_shown(&self, shown: Timestamp) -> Option<Timestamp> {
        let shown: DateTime = Offset::UTC.to_datetime(Instant::from_microsecond(shown.as_micros()).ok()?);
        let found = match self.0.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(shown).ok()?
            }
            // By the offset that follows, it would be before the clocks are set.
            AmbiguousOffset::Gap { after, .. } => self.0.following(after.to_timestamp(shown).ok()?).next()?.timestamp(),
        };
        Some(Timestamp::from_micros(found.as_microsecond()))
    }
}

fn unknown(zone: &str) -> NoTimes {
    let known: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
    let why = format!("`{zone}` is not a time zone that is known here");
    let help = match meant(zone, &known) {
        _ if known.is_empty() => {
            "install the database of time zones on this machine, such as the package `tzdata`".to_owned()
        }
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write a name of the IANA database, such as `Europe/Berlin`, or leave it out for UTC".to_owned(),
    };
    NoTimes { why, help }
}

/// The zone that is probably meant: of the same place, or of a similar name.
fn meant<'k>(zone: &str, known: &'k [String]) -> Option<&'k str> {
    let lower = |text: &str| text.to_ascii_lowercase();
    let place = |name: &str| lower(name.rsplit('/').next().unwrap_or(name));
    let similar = known.iter().filter(|name| is_like(&lower(zone), &lower(name)));
    let similar = similar.min_by_key(|name| slips(&lower(zone), &lower(name)));
    let same_place = || known.iter().filter(|name| place(name) == place(zone)).min_by_key(|name| name.len());
    similar.or_else(same_place).map(String::as_str)
}
