use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use eskit_conformance::{Log, Suite};
use eskit_runtime::EventStore;

/// A broken store, and what the suite must say of it.
pub(crate) struct Row {
    /// What is wrong with the store.
    mistake: &'static str,
    suite: Suite,
    /// What stands in the failure of the first case.
    told: &'static str,
    cases: &'static [&'static str],
}

impl Row {
    pub(crate) fn new(mistake: &'static str, suite: Suite, told: &'static str, cases: &'static [&'static str]) -> Row {
        Row { mistake, suite, told, cases }
    }

    pub(crate) fn cases(&self) -> impl Iterator<Item = &'static str> {
        self.cases.iter().copied()
    }
}

/// A broken store whose log ends with its handle.
pub(crate) fn volatile<S: EventStore + 'static>(open: impl Fn() -> S + Send + Sync + 'static) -> Suite {
    suite(Suite::volatile(move |_| {
        let store = open();
        async { Ok::<_, Infallible>(store) }
    }))
}

/// A broken store whose log outlives its handle.
pub(crate) fn durable<S, F>(open: impl Fn(Log) -> F + Send + Sync + 'static) -> Suite
where
    S: EventStore + 'static,
    F: Future<Output = Result<S, Infallible>> + Send + 'static,
{
    suite(Suite::durable(open))
}

pub(crate) fn suite(suite: Suite) -> Suite {
    suite.patience(Duration::from_secs(2)).quiet()
}

/// How often a broken store is tried at most: whether a race shows is a matter of chance, and less likely beside other programs.
const TRIES: usize = 5;

/// Runs on each broken store the cases that must fail on it.
pub(crate) fn check(rows: impl Fn() -> Vec<Row>) {
    let mut wrong: Vec<(&str, String)> = rows().into_iter().filter_map(try_row).collect();
    for _ in 1..TRIES {
        let again = rows().into_iter().filter(|row| wrong.iter().any(|(mistake, _)| *mistake == row.mistake));
        wrong = again.filter_map(try_row).collect();
    }
    let wrong: Vec<String> = wrong.into_iter().map(|(_, text)| text).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with how the cases of a row fail.
fn try_row(row: Row) -> Option<(&'static str, String)> {
    let suite = row.cases.iter().fold(row.suite, |suite, case| suite.only(*case));
    let report = suite.named(row.mistake).run();
    for case in row.cases {
        let wrong = match report.failures().find(|(name, _)| name == case) {
            None => format!("`{}` passes {case}", row.mistake),
            Some((_, failure)) if *case == row.cases[0] && !failure.to_string().contains(row.told) => {
                format!("`{}` fails {case} for another reason: {failure}", row.mistake)
            }
            Some(_) => continue,
        };
        return Some((row.mistake, wrong));
    }
    None
}
