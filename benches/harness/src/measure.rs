//! Medians of rounds in which both sides take turns.

use crate::Failure;

/// The median; of an even number of values the mean of the middle two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2) {
        (None, _) => f64::NAN,
        (Some(upper), 1) => *upper,
        (Some(upper), _) => (sorted[middle - 1] + upper) / 2.0,
    }
}

/// The values of two sides that took turns, round by round.
#[derive(Debug, Default)]
pub struct Paired {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Paired {
    /// Runs both sides in every round, and swaps which goes first, so that a machine that grows slower or a disk that
    /// another program uses falls on both alike.
    pub fn run(
        rounds: usize,
        mut ours: impl FnMut() -> Result<f64, Failure>,
        mut theirs: impl FnMut() -> Result<f64, Failure>,
    ) -> Result<Paired, Failure> {
        let mut paired = Paired::default();
        for round in 0..rounds {
            if round % 2 == 0 {
                paired.ours.push(ours()?);
                paired.theirs.push(theirs()?);
            } else {
                paired.theirs.push(theirs()?);
                paired.ours.push(ours()?);
            }
        }
        Ok(paired)
    }

    /// Our median.
    pub fn ours(&self) -> f64 {
        median(&self.ours)
    }

    /// Their median.
    pub fn theirs(&self) -> f64 {
        median(&self.theirs)
    }

    /// The median over the rounds of ours divided by theirs.
    pub fn ratio(&self) -> f64 {
        median_ratio(&self.ours, &self.theirs)
    }
}

/// The median over the rounds of one side's value divided by the other's.
pub fn median_ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    median(&ratios)
}

/// A contender of a comparison with more than two sides.
pub struct Contender<'a> {
    /// What it is called in the table.
    pub name: &'static str,
    /// Runs once, and returns the value of that run.
    pub run: Box<dyn FnMut() -> Result<f64, Failure> + 'a>,
}

/// Runs every contender in every round, each round starting with another one. Returns the values of each contender.
pub fn take_turns(rounds: usize, contenders: &mut [Contender<'_>]) -> Result<Vec<Vec<f64>>, Failure> {
    let mut values = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            let index = (round + turn) % contenders.len();
            values[index].push((contenders[index].run)()?);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_middle_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn the_ratio_is_that_of_the_rounds_and_not_of_the_medians() {
        let mut ours = [2.0, 20.0, 6.0].into_iter();
        let mut theirs = [1.0, 10.0, 2.0].into_iter();
        let paired = Paired::run(3, || Ok(ours.next().unwrap()), || Ok(theirs.next().unwrap())).unwrap();
        assert_eq!((paired.ours(), paired.theirs(), paired.ratio()), (6.0, 2.0, 2.0));
    }

    #[test]
    fn contenders_take_turns_at_going_first() {
        let seen = std::cell::RefCell::new(Vec::new());
        let order = &seen;
        let contender = |name| Contender {
            name,
            run: Box::new(move || {
                order.borrow_mut().push(name);
                Ok(1.0)
            }),
        };
        take_turns(2, &mut [contender("a"), contender("b")]).unwrap();
        assert_eq!(*seen.borrow(), ["a", "b", "b", "a"]);
    }
}
