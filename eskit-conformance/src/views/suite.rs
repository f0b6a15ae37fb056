use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::command_log::CommandEntries;
use eskit_runtime::snapshots::Snapshots;

use super::cases::{self, Case};
use super::context::ViewsContext;
use super::process;
use super::tallies::{KeepChanges, KeepRows};
use super::target::TestViews;
use super::todos::KeepWork;
use crate::context::Context;
use crate::crash::ChildCommand;
use crate::failure::Failure;
use crate::log::Scratch;
use crate::report::{CaseReport, Report, Verdict};
use crate::settings::Settings;
use crate::tally::Counts;

/// Everything that views are held to, and how to open them. [`views_suite!`](crate::views_suite!) makes a test of it.
pub struct ViewsSuite<T> {
    name: String,
    target: Arc<T>,
    is_durable: bool,
    settings: Settings,
    child: ChildCommand,
    is_quiet: bool,
    /// What a process does that is to be killed while it works.
    worker: Option<process::Worker<T>>,
    cases: Vec<Case<T>>,
}

impl<T: TestViews> ViewsSuite<T> {
    /// Views that end with their last handle: each place is opened once. Cases that open a place again are skipped.
    pub fn volatile(target: T) -> ViewsSuite<T> {
        ViewsSuite::over(target, false)
    }

    /// Views that outlive their process: the same place is opened again, while it is open, and from another process.
    pub fn durable(target: T) -> ViewsSuite<T> {
        ViewsSuite::over(target, true)
    }

    fn over(target: T, is_durable: bool) -> ViewsSuite<T> {
        ViewsSuite {
            name: "the views".to_owned(),
            target: Arc::new(target),
            is_durable,
            settings: Settings::default(),
            child: ChildCommand::default(),
            is_quiet: false,
            worker: None,
            cases: cases::all().collect(),
        }
    }

    /// Also holds the views to the rules of [`ReadRows`](eskit_runtime::rows::ReadRows): for views that keep rows of aggregates.
    #[must_use]
    pub fn with_rows(mut self) -> ViewsSuite<T>
    where
        T::Views: KeepRows,
    {
        self.cases.extend(cases::of_rows());
        self
    }

    /// Also holds the views to the rules of [`TellChanges`](eskit_runtime::subscription::TellChanges): for views that tell readers of
    /// changes.
    #[must_use]
    pub fn with_changes(mut self) -> ViewsSuite<T>
    where
        T::Views: KeepChanges,
    {
        self.cases.extend(cases::of_changes());
        self
    }

    /// Also holds the views to the rules of [`Snapshots`]: for views that keep snapshots of aggregates.
    #[must_use]
    pub fn with_snapshots(mut self) -> ViewsSuite<T>
    where
        T::Views: Snapshots,
    {
        self.cases.extend(cases::of_snapshots());
        self
    }

    /// Also holds the views to the rules of [`CommandEntries`]: for views that keep a log of commands.
    #[must_use]
    pub fn with_commands(mut self) -> ViewsSuite<T>
    where
        T::Views: CommandEntries,
    {
        self.cases.extend(cases::of_commands());
        self
    }

    /// Also holds the views to the rules of [`Work`](eskit_runtime::work::Work): for views that keep work.
    #[must_use]
    pub fn with_work(mut self) -> ViewsSuite<T>
    where
        T::Views: KeepWork,
    {
        self.cases.extend(cases::of_work());
        self.worker = Some(cases::worker::<T>());
        self
    }

    /// Also holds the views to the rules of [`Views::request`](eskit_runtime::subscription::Views::request): for views through which
    /// subscriptions can be steered from outside of the program that runs them.
    #[must_use]
    pub fn with_requests(mut self) -> ViewsSuite<T> {
        self.cases.extend(cases::of_requests());
        self
    }

    /// The name of the views in the report.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> ViewsSuite<T> {
        self.name = name.into();
        self
    }

    /// The full path of the `#[test]` function that runs this suite; [`views_suite!`](crate::views_suite!) says it. Without it, the
    /// cases that kill a process are skipped.
    #[must_use]
    pub fn in_test(mut self, path: &str) -> ViewsSuite<T> {
        self.child.args = Some(ChildCommand::args_of_test(path));
        self
    }

    /// Sets an environment variable of each process that the suite starts, such as the address of a server that the test started.
    #[must_use]
    pub fn child_env(mut self, name: impl Into<String>, value: impl Into<String>) -> ViewsSuite<T> {
        self.child.env.push((name.into(), value.into()));
        self
    }

    /// Runs only the cases whose name contains this text. May be called again to add to the selection; `ESKIT_CONFORMANCE_ONLY`
    /// overrides it.
    #[must_use]
    pub fn only(mut self, part: impl Into<String>) -> ViewsSuite<T> {
        self.settings.only.push(part.into());
        self
    }

    /// Rounds of each race, 48 by default and at least 1. `ESKIT_CONFORMANCE_ROUNDS` overrides it.
    #[must_use]
    pub fn rounds(mut self, rounds: u32) -> ViewsSuite<T> {
        self.settings.rounds = rounds.max(1);
        self
    }

    /// The number that every generated input derives from, 1 by default. `ESKIT_CONFORMANCE_SEED` overrides it.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> ViewsSuite<T> {
        self.settings.seed = seed;
        self
    }

    /// How long anything may take before a case fails, 30 s by default: also until the claim of a process that was killed is free.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> ViewsSuite<T> {
        self.settings.patience = patience;
        self
    }

    /// Says nothing on standard error; the report is all.
    #[must_use]
    pub fn quiet(mut self) -> ViewsSuite<T> {
        self.is_quiet = true;
        self
    }

    /// The names of all cases of this suite: `topic::statement`.
    pub fn case_names(&self) -> impl Iterator<Item = &'static str> {
        self.cases.iter().map(|case| case.name)
    }

    /// Runs the suite, and says on standard error what came of it. Blocks, so it must not be called from an async task.
    ///
    /// In a process that the suite itself started, this follows a log until the process is killed.
    pub fn run(self) -> Report {
        let started = Instant::now();
        let mut report =
            Report { store: self.name.clone(), seed: 0, rounds: 0, elapsed: Duration::ZERO, cases: Vec::new() };
        let is_quiet = self.is_quiet;
        if let Err(failure) = self.try_run(&mut report) {
            let (verdict, elapsed) = (Verdict::Failed(failure), started.elapsed());
            report.cases.push(CaseReport { name: "suite::starts", verdict, elapsed, counts: Counts::default() });
        }
        report.elapsed = started.elapsed();
        if !is_quiet {
            // Not `eprintln`: the test harness would hold it back unless the test fails. Nobody can be told that it failed.
            let _ = writeln!(std::io::stderr(), "{report}");
        }
        report
    }

    fn try_run(self, report: &mut Report) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
        let settings = self.settings.overridden_by(|name| std::env::var(name).ok());
        let settings = settings.map_err(|error| Failure::new(error.to_string()))?;
        (report.seed, report.rounds) = (settings.seed, settings.rounds);
        let harness = ViewsContext::harness(&self.target, self.is_durable);
        let root = Context::new(harness, settings, Scratch::new()?, self.child);
        let in_root = ViewsContext::new(Arc::clone(&self.target), root.clone());
        if runtime.block_on(process::work_if_told(&in_root, self.worker))? {
            return Ok(());
        }
        for case in self.cases.iter().filter(|case| root.settings().selects(case.name)) {
            let context = ViewsContext::new(Arc::clone(&self.target), root.for_case(case.name));
            report.cases.push(runtime.block_on(run_case(case, &context)));
        }
        Ok(())
    }
}

async fn run_case<T: TestViews>(case: &Case<T>, context: &ViewsContext<T>) -> CaseReport {
    let started = Instant::now();
    let verdict = match case.missing(context) {
        Some(why) => Verdict::Skipped(why),
        None => {
            // A task of its own turns a panic of the views into a failure of the case.
            let outcome = tokio::spawn((case.run)(context.clone())).await;
            match outcome.unwrap_or_else(|error| Err(error.into())) {
                Ok(()) => Verdict::Passed,
                Err(failure) => Verdict::Failed(failure),
            }
        }
    };
    context.remove_logs().await;
    CaseReport { name: case.name, verdict, elapsed: started.elapsed(), counts: context.tally().counts() }
}

impl<T> fmt::Debug for ViewsSuite<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewsSuite")
            .field("name", &self.name)
            .field("is_durable", &self.is_durable)
            .finish_non_exhaustive()
    }
}
