use std::fmt;
use std::time::Duration;

use crate::failure::Failure;
use crate::settings::{ONLY, ROUNDS, SEED};
use crate::tally::Counts;

/// What came of one case.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// The store did what the contract says.
    Passed,
    /// The case asks for what the store does not offer, such as a log that outlives its process.
    Skipped(&'static str),
    /// The store did something else.
    Failed(Failure),
}

/// One case of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct CaseReport {
    /// The name of the case: `topic::statement`.
    pub name: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took.
    pub elapsed: Duration,
    /// How much it asked of the store.
    pub counts: Counts,
}

/// What came of one run of the suite. Displays as what failed, and one line that sums up.
#[derive(Debug)]
pub struct Report {
    pub(crate) store: String,
    pub(crate) seed: u64,
    pub(crate) rounds: u32,
    pub(crate) elapsed: Duration,
    pub(crate) cases: Vec<CaseReport>,
}

impl Report {
    /// Every case that was selected, in the order of the run.
    pub fn cases(&self) -> &[CaseReport] {
        &self.cases
    }

    /// The cases that failed, by name, with what the store did.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &Failure)> {
        self.cases.iter().filter_map(|case| match &case.verdict {
            Verdict::Failed(failure) => Some((case.name, failure)),
            _ => None,
        })
    }

    /// How much all cases together asked of the store.
    pub fn counts(&self) -> Counts {
        self.cases.iter().map(|case| case.counts).sum()
    }

    /// Whether at least one case ran, and none failed.
    pub fn is_success(&self) -> bool {
        self.count(|verdict| matches!(verdict, Verdict::Passed)) > 0 && self.failures().next().is_none()
    }

    fn count(&self, of: impl Fn(&Verdict) -> bool) -> usize {
        self.cases.iter().filter(|case| of(&case.verdict)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { store, seed, rounds, .. } = self;
        for (name, failure) in self.failures() {
            writeln!(f, "FAILED {name}: {failure}")?;
            writeln!(f, "  run it again with {ONLY}={name} {SEED}={seed} {ROUNDS}={rounds}")?;
        }
        let failed = self.failures().count();
        let skipped = self.count(|verdict| matches!(verdict, Verdict::Skipped(_)));
        let ran = self.cases.len() - skipped;
        if ran == 0 {
            return write!(f, "conformance of {store}: no case ran; does {ONLY} name one?");
        }
        let Counts { seeds, commits, kills } = self.counts();
        write!(f, "conformance of {store}: {ran} cases, {seeds} seeds, {commits} commits, {kills} kills")?;
        write!(f, " ({failed} failed, {skipped} skipped, seed {seed}, {:.1} s)", self.elapsed.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdicts: Vec<Verdict>) -> Report {
        let counts = Counts { seeds: 2, commits: 5, kills: 1 };
        let case = |verdict| CaseReport { name: "topic::case", verdict, elapsed: Duration::ZERO, counts };
        let cases = verdicts.into_iter().map(case).collect();
        Report { store: "mine".into(), seed: 5, rounds: 9, elapsed: Duration::from_millis(1500), cases }
    }

    #[test]
    fn a_run_sums_up_and_says_how_to_repeat_what_failed() {
        let mixed = report(vec![Verdict::Passed, Verdict::Skipped("why"), Verdict::Failed(Failure::new("lost it"))]);
        assert!(!mixed.is_success());
        let lines = [
            "FAILED topic::case: lost it",
            "  run it again with ESKIT_CONFORMANCE_ONLY=topic::case ESKIT_CONFORMANCE_SEED=5 ESKIT_CONFORMANCE_ROUNDS=9",
            "conformance of mine: 2 cases, 6 seeds, 15 commits, 3 kills (1 failed, 1 skipped, seed 5, 1.5 s)",
        ];
        assert_eq!(mixed.to_string(), lines.join("\n"));
        assert!(report(vec![Verdict::Passed]).is_success());
    }

    #[test]
    fn a_run_without_cases_is_no_success() {
        let nothing = report(vec![Verdict::Skipped("why")]);
        assert!(!nothing.is_success());
        assert!(nothing.to_string().contains("ESKIT_CONFORMANCE_ONLY"));
    }
}
