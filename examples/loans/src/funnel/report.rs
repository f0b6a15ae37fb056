use std::time::Duration;

/// The applications of one week, from Monday to Sunday in UTC, and how they have fared since.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Week {
    /// How many weeks after the one of Monday 1970-01-05.
    pub number: i64,
    /// Applications that came in.
    pub applications: i64,
    /// Offers that were written for them.
    pub offers: i64,
    /// Offers that the customers agreed to.
    pub accepted: i64,
    /// Refusals by the bank.
    pub declined: i64,
    /// Withdrawals by the customers.
    pub cancelled: i64,
    /// What they asked for, in euros.
    pub asked: i64,
    /// What those asked for that were approved, in euros.
    pub approved: i64,
}

/// The columns of a week, as the query has them.
pub(super) type WeekRow = (i64, i64, i64, i64, i64, i64, i64, i64);

impl From<WeekRow> for Week {
    fn from(row: WeekRow) -> Week {
        let (number, applications, offers, accepted, declined, cancelled, asked, approved) = row;
        Week { number, applications, offers, accepted, declined, cancelled, asked, approved }
    }
}

impl Week {
    /// Both together; the number is that of `self`.
    #[must_use]
    pub fn plus(self, other: &Week) -> Week {
        Week {
            number: self.number,
            applications: self.applications + other.applications,
            offers: self.offers + other.offers,
            accepted: self.accepted + other.accepted,
            declined: self.declined + other.declined,
            cancelled: self.cancelled + other.cancelled,
            asked: self.asked + other.asked,
            approved: self.approved + other.approved,
        }
    }
}

/// How the applications fare.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct FunnelReport {
    /// The weeks in which applications came in, in order.
    pub weeks: Vec<Week>,
    /// Microseconds from each application to its first decision, ascending.
    times: Vec<i64>,
}

impl FunnelReport {
    /// From the weeks, in order, and the microseconds from each application to its first decision, in any order.
    pub fn new(weeks: Vec<Week>, mut times: Vec<i64>) -> FunnelReport {
        times.sort_unstable();
        FunnelReport { weeks, times }
    }

    /// All weeks together.
    pub fn total(&self) -> Week {
        self.weeks.iter().fold(Week::default(), Week::plus)
    }

    /// How many applications were decided: approved, declined or cancelled.
    pub fn decided(&self) -> usize {
        self.times.len()
    }

    /// The time within which this percentage of the decided applications were decided, by nearest rank; `None` before the
    /// first decision.
    pub fn time_to_decision(&self, percent: usize) -> Option<Duration> {
        let rank = (self.times.len() * percent).div_ceil(100).max(1);
        let micros = self.times.get(rank - 1)?;
        Some(Duration::from_micros(u64::try_from(*micros).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let micros = |times, percent| Some(FunnelReport::new(Vec::new(), times).time_to_decision(percent)?.as_micros());
        assert_eq!(micros(vec![], 50), None);
        assert_eq!(micros(vec![7], 1), Some(7));
        assert_eq!(
            [50, 90, 99, 100].map(|percent| micros((1..=10).collect(), percent)),
            [Some(5), Some(9), Some(10), Some(10)]
        );
    }
}
