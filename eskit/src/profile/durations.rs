use std::collections::BTreeMap;
use std::time::Duration;

/// So many ranges for each power of two: a duration is known to within a 64th of itself.
const RANGES: u64 = 64;
/// The least number of durations on either side of a comparison.
const COUNT_MIN: u64 = 200;
/// How many times as long as before is slower.
const SLOWER_RATIO: f64 = 1.5;
/// How many standard deviations the sum of ranks is away from the expected one in 1 of 100 comparisons of durations that did not
/// change.
const DEVIATIONS: f64 = 2.326;

/// Durations, counted by ranges; there are at most a few thousand ranges, whatever the number of durations.
#[derive(Clone, Default, Debug)]
pub(super) struct Durations {
    counts: BTreeMap<u16, u64>,
    count: u64,
    max_us: u64,
}

impl Durations {
    pub(super) fn add(&mut self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        *self.counts.entry(range(took_us)).or_default() += 1;
        self.count += 1;
        self.max_us = self.max_us.max(took_us);
    }

    #[cfg(feature = "metrics")]
    pub(super) fn merge(&mut self, other: &Durations) {
        for (range, count) in &other.counts {
            *self.counts.entry(*range).or_default() += count;
        }
        self.count += other.count;
        self.max_us = self.max_us.max(other.max_us);
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn max_us(&self) -> u64 {
        self.max_us
    }

    /// So many of a hundred durations are at most as long as this, in microseconds.
    pub(super) fn percentile_us(&self, percent: u64) -> u64 {
        let rank = u128::from(self.count) * u128::from(percent);
        let mut counted = 0;
        for (range, count) in &self.counts {
            counted += u128::from(*count) * 100;
            if counted >= rank {
                return longest_us(*range).min(self.max_us);
            }
        }
        self.max_us
    }

    /// Whether these are longer than those before: the 95th percentile by half, and all of them by more than chance explains.
    pub(super) fn are_longer_than(&self, before: &Durations) -> bool {
        let enough = self.count >= COUNT_MIN && before.count >= COUNT_MIN;
        enough && self.ratio(before) > SLOWER_RATIO && self.deviations_from(before) > DEVIATIONS
    }

    /// The 95th percentile against that of the durations before. Nothing is as short as 0, so it counts as a microsecond.
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    pub(super) fn ratio(&self, before: &Durations) -> f64 {
        self.percentile_us(95).max(1) as f64 / before.percentile_us(95).max(1) as f64
    }

    /// How many standard deviations these rank above the others, by the test of Mann and Whitney. Durations of one range are equal.
    #[expect(clippy::cast_precision_loss, reason = "a statistic")]
    fn deviations_from(&self, before: &Durations) -> f64 {
        let (ours, theirs) = (self.count as f64, before.count as f64);
        let total = ours + theirs;
        let mut ranges: BTreeMap<u16, [f64; 2]> = BTreeMap::new();
        for (range, count) in &self.counts {
            ranges.entry(*range).or_default()[0] = *count as f64;
        }
        for (range, count) in &before.counts {
            ranges.entry(*range).or_default()[1] = *count as f64;
        }
        let (mut wins, mut shorter, mut ties) = (0.0, 0.0, 0.0);
        for [of_ours, of_theirs] in ranges.into_values() {
            wins += of_ours * (shorter + of_theirs / 2.0);
            shorter += of_theirs;
            ties += (of_ours + of_theirs).powi(3) - (of_ours + of_theirs);
        }
        let variance = ours * theirs / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
        (wins - ours * theirs / 2.0) / variance.max(f64::MIN_POSITIVE).sqrt()
    }
}

/// The range of a duration.
fn range(took_us: u64) -> u16 {
    let shift = u64::from(took_us.checked_ilog2().unwrap_or(0)).saturating_sub(u64::from(RANGES.ilog2()));
    u16::try_from(shift * RANGES + (took_us >> shift)).unwrap_or(u16::MAX)
}

/// The longest duration of a range.
fn longest_us(range: u16) -> u64 {
    let range = u64::from(range);
    let shift = (range / RANGES).saturating_sub(1);
    let first = u128::from(range - shift * RANGES) << shift;
    u64::try_from(first + (1 << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations_us: impl IntoIterator<Item = u64>) -> Durations {
        let mut durations = Durations::default();
        durations_us.into_iter().for_each(|took| durations.add(Duration::from_micros(took)));
        durations
    }

    #[test]
    fn a_duration_is_known_to_within_a_64th() {
        let mut last = 0;
        for took in (0..300).chain((9..64).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1])) {
            let (range, longest) = (range(took), longest_us(range(took)));
            assert!(range >= last && longest >= took && longest - took <= took / 64, "{took}: {range}, {longest}");
            last = range;
        }
        assert_eq!(longest_us(range(u64::MAX)), u64::MAX);
    }

    #[test]
    fn percentiles_are_those_of_the_durations() {
        let durations = of(1..=100);
        assert_eq!([50, 95, 99, 100].map(|percent| durations.percentile_us(percent)), [50, 95, 99, 100]);
        assert_eq!(of([7]).percentile_us(50), 7);
        assert_eq!((of([]).percentile_us(50), of([1_000_003]).percentile_us(99)), (0, 1_000_003));
    }

    #[test]
    fn what_takes_twice_as_long_is_slower_and_what_scatters_is_not() {
        let spread = |factor: u64| (0..1_000).map(move |number| (100 + number * 37 % 100) * factor);
        let before = of(spread(1));
        assert!(of(spread(2)).are_longer_than(&before));
        assert!(!of(spread(1)).are_longer_than(&before));
        assert!(!before.are_longer_than(&of(spread(2))));
        // Too few to tell.
        assert!(!of(spread(2).take(199)).are_longer_than(&before));
        // The slowest twentieth is twice as slow, and all others are faster: that is another load, and no slower program.
        let mixed = of((0..1_000).map(|number| if number % 10 == 0 { 400 } else { 100 }));
        assert!(mixed.ratio(&before) > 1.5 && !mixed.are_longer_than(&before));
        // All alike.
        assert!(!of([5; 300]).are_longer_than(&of([5; 300])));
    }

    #[cfg(feature = "metrics")]
    #[test]
    fn merged_durations_are_those_of_both() {
        let mut merged = of(1..=50);
        merged.merge(&of(51..=100));
        assert_eq!((merged.count(), merged.percentile_us(95), merged.max_us()), (100, 95, 100));
    }
}
