use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::time::{Duration, Instant};

use eskit_runtime::EventStore;
use eskit_runtime::transfer::Transfer;

use crate::backup::Backups;
use crate::cases::{self, Case};
use crate::context::Context;
use crate::crash::{self, ChildCommand};
use crate::failure::Failure;
use crate::fault::Faults;
use crate::harness::Harness;
use crate::log::{Log, Scratch};
use crate::report::{CaseReport, Report, Verdict};
use crate::settings::Settings;
use crate::tally::Counts;

/// Everything that a store is held to, and how to open the store. [`suite!`](crate::suite!) makes a test of it.
///
/// ```
/// # use std::convert::Infallible;
/// # use eskit::MemoryStore;
/// use eskit_conformance::Suite;
///
/// let suite = Suite::volatile(|_| async { Ok::<_, Infallible>(MemoryStore::new()) });
/// let report = suite.named("memory").only("reads::").run();
/// assert!(report.is_success(), "{report}");
/// ```
#[derive(Debug)]
pub struct Suite {
    name: String,
    harness: Harness,
    settings: Settings,
    child: ChildCommand,
    is_quiet: bool,
}

impl Suite {
    /// A store whose log ends with the handle. `open` makes a new, empty one on each call; the name of the log that it is given is for
    /// [`Suite::backups`].
    ///
    /// Cases that open a log twice, or kill its process, are skipped.
    pub fn volatile<S, E, Fut>(open: impl Fn(Log) -> Fut + Send + Sync + 'static) -> Suite
    where
        S: EventStore + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
    {
        Suite::over(Harness::new(false, open))
    }

    /// A store whose log outlives its process. `open` opens the log that it is given: an empty one at first, the same
    /// one when it is given again, also while it is still open, and also from another process.
    pub fn durable<S, E, Fut>(open: impl Fn(Log) -> Fut + Send + Sync + 'static) -> Suite
    where
        S: EventStore + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
    {
        Suite::over(Harness::new(true, open))
    }

    fn over(harness: Harness) -> Suite {
        Suite {
            name: "the store".to_owned(),
            harness,
            settings: Settings::default(),
            child: ChildCommand::default(),
            is_quiet: false,
        }
    }

    /// One log is open at most once at a time: cases with several handles are skipped.
    #[must_use]
    pub fn exclusive(mut self) -> Suite {
        self.harness.is_shared = false;
        self
    }

    /// Positions ascend but may have gaps, as in JetStream.
    #[must_use]
    pub fn sparse_positions(mut self) -> Suite {
        self.harness.is_contiguous = false;
        self
    }

    /// Streams are always open: [`EventStore::change_stream`] is not overridden. Cases about their lifecycle are skipped.
    #[must_use]
    pub fn without_lifecycle(mut self) -> Suite {
        self.harness.has_lifecycle = false;
        self
    }

    /// Streams can be archived and tombstoned, but what is stored stays: [`EventStore::change_stream`] refuses to delete one. Cases about
    /// deletion are skipped.
    #[must_use]
    pub fn without_deletion(mut self) -> Suite {
        self.harness.has_deletion = false;
        self
    }

    /// Stored events keep the tags that they were appended with: [`EventStore::add_tags`] is not overridden. Cases about it are
    /// skipped.
    #[must_use]
    pub fn without_added_tags(mut self) -> Suite {
        self.harness.adds_tags = false;
        self
    }

    /// Streams are not known by type: [`EventStore::list_streams`] is not overridden. Cases about it are skipped.
    #[must_use]
    pub fn without_stream_list(mut self) -> Suite {
        self.harness.lists_streams = false;
        self
    }

    /// The store, which is an `S`, gives out its log as records and loads those of others. Without it, the cases about that are skipped.
    #[must_use]
    pub fn transfers<S: Transfer + Clone + 'static>(mut self) -> Suite {
        self.harness.transfers::<S>();
        self
    }

    /// Another store into which those cases load the logs of this one; without it, they load them into a new log of the same store.
    #[must_use]
    pub fn transfers_into<S, E, Fut>(mut self, open: impl Fn(Log) -> Fut + Send + Sync + 'static) -> Suite
    where
        S: Transfer + Clone + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
    {
        self.harness.transfers_into(open);
        self
    }

    /// How the disk under a log is made to fail. Without it, the cases about full disks and failed syncs are skipped.
    #[must_use]
    pub fn faults(mut self, faults: impl Faults) -> Suite {
        self.harness.faults(faults);
        self
    }

    /// How a backup is put in the place of a log that is open. Without it, the cases about logs that are replaced while programs run
    /// are skipped.
    #[must_use]
    pub fn backups(mut self, backups: impl Backups) -> Suite {
        self.harness.backups(backups);
        self
    }

    /// Called for each log when the case that used it is done, for stores that keep something outside of
    /// [`Log::path`], such as a schema.
    #[must_use]
    pub fn remove_with<Fut>(mut self, remove: impl Fn(Log) -> Fut + Send + Sync + 'static) -> Suite
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.harness.remove_with(remove);
        self
    }

    /// The name of the store in the report.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Suite {
        self.name = name.into();
        self
    }

    /// The full path of the `#[test]` function that runs this suite; [`suite!`](crate::suite!) says it. Without it, or
    /// [`Suite::child_args`], the cases that kill a process are skipped.
    #[must_use]
    pub fn in_test(self, path: &str) -> Suite {
        self.child_args(ChildCommand::args_of_test(path))
    }

    /// The arguments with which this executable, started again, calls [`Suite::run`] on this suite: for a `main` of one's
    /// own, in place of [`Suite::in_test`].
    #[must_use]
    pub fn child_args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Suite {
        self.child.args = Some(args.into_iter().map(Into::into).collect());
        self
    }

    /// Sets an environment variable of each process that the suite starts, such as the address of a server that the test
    /// started.
    #[must_use]
    pub fn child_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Suite {
        self.child.env.push((name.into(), value.into()));
        self
    }

    /// Runs only the cases whose name contains this text. May be called again to add to the selection;
    /// `ESKIT_CONFORMANCE_ONLY` overrides it.
    #[must_use]
    pub fn only(mut self, part: impl Into<String>) -> Suite {
        self.settings.only.push(part.into());
        self
    }

    /// Rounds of each race, 48 by default and at least 1; everything else that repeats grows with it.
    /// `ESKIT_CONFORMANCE_ROUNDS` overrides it.
    #[must_use]
    pub fn rounds(mut self, rounds: u32) -> Suite {
        self.settings.rounds = rounds.max(1);
        self
    }

    /// The number that every generated input derives from, 1 by default. `ESKIT_CONFORMANCE_SEED` overrides it.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Suite {
        self.settings.seed = seed;
        self
    }

    /// How long one answer of the store may take before a case fails, 30 s by default.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Suite {
        self.settings.patience = patience;
        self
    }

    /// Says nothing on standard error; the report is all.
    #[must_use]
    pub fn quiet(mut self) -> Suite {
        self.is_quiet = true;
        self
    }

    /// The names of all cases: `topic::statement`.
    pub fn case_names() -> impl Iterator<Item = &'static str> {
        cases::all().map(|case| case.name)
    }

    /// Runs the suite, and says on standard error what came of it. Blocks, so it must not be called from an async task.
    ///
    /// In a process that the suite itself started, this writes to the store until the process is killed.
    pub fn run(self) -> Report {
        let started = Instant::now();
        let mut report =
            Report { store: self.name.clone(), seed: 0, rounds: 0, elapsed: Duration::ZERO, cases: Vec::new() };
        let is_quiet = self.is_quiet;
        match self.try_run(&mut report) {
            Ok(()) => {}
            Err(failure) => report.cases.push(CaseReport {
                name: "suite::starts",
                verdict: Verdict::Failed(failure),
                elapsed: started.elapsed(),
                counts: Counts::default(),
            }),
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
        if let Some(child) = crash::Child::from_environment()? {
            runtime.block_on(child.write(&self.harness))?;
            return Ok(());
        }
        let settings = self.settings.overridden_by(|name| std::env::var(name).ok());
        let settings = settings.map_err(|error| Failure::new(error.to_string()))?;
        (report.seed, report.rounds) = (settings.seed, settings.rounds);
        let root = Context::new(self.harness, settings, Scratch::new()?, self.child);
        for case in cases::all().filter(|case| root.settings().selects(case.name)) {
            report.cases.push(runtime.block_on(run_case(case, &root)));
        }
        Ok(())
    }
}

async fn run_case(case: &Case, root: &Context) -> CaseReport {
    let started = Instant::now();
    let context = root.for_case(case.name);
    let verdict = match case.missing(&context) {
        Some(why) => Verdict::Skipped(why),
        None => {
            // A task of its own turns a panic of the store into a failure of the case.
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
