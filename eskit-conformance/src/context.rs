use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use eskit_runtime::AnyStore;
use eskit_runtime::transfer::AnyTransfer;
use tokio::task::JoinSet;

use crate::crash::ChildCommand;
use crate::failure::Failure;
use crate::harness::Harness;
use crate::log::{Log, Scratch};
use crate::patient::Patient;
use crate::rng::Rng;
use crate::settings::Settings;
use crate::tally::Tally;

/// One of two stores between which a log is moved.
pub(crate) struct Side {
    /// Fails instead of waiting forever for an answer.
    pub(crate) store: AnyStore,
    pub(crate) records: AnyTransfer,
}

/// What one case works with. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    run: Arc<Run>,
    case: Arc<CaseState>,
}

#[derive(Debug)]
struct CaseState {
    /// What the inputs of this case derive from: the seed of the run and the name of the case, so that a case alone does
    /// the same as in a full run.
    seed: u64,
    tally: Arc<Tally>,
    logs: Mutex<Vec<Log>>,
}

#[derive(Debug)]
struct Run {
    harness: Harness,
    settings: Settings,
    scratch: Scratch,
    child: ChildCommand,
}

impl Context {
    pub(crate) fn new(harness: Harness, settings: Settings, scratch: Scratch, child: ChildCommand) -> Context {
        let run = Arc::new(Run { harness, settings, scratch, child });
        Context { run, case: Arc::new(CaseState { seed: 0, tally: Arc::default(), logs: Mutex::default() }) }
    }

    pub(crate) fn for_case(&self, name: &str) -> Context {
        let seed = name.bytes().fold(self.settings().seed, |seed, byte| Rng::new(seed ^ u64::from(byte)).next());
        let case = CaseState { seed, tally: Arc::default(), logs: Mutex::default() };
        Context { run: Arc::clone(&self.run), case: Arc::new(case) }
    }

    pub(crate) fn harness(&self) -> &Harness {
        &self.run.harness
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.run.settings
    }

    pub(crate) fn child_command(&self) -> &ChildCommand {
        &self.run.child
    }

    /// A new log.
    pub(crate) fn log(&self) -> Log {
        let log = self.run.scratch.log();
        self.case.logs.lock().unwrap_or_else(PoisonError::into_inner).push(log.clone());
        log
    }

    /// Opens a log. The handle fails instead of waiting forever for an answer.
    pub(crate) async fn open_log(&self, log: &Log) -> Result<AnyStore, Failure> {
        let opened = self.within("opening the store", self.harness().open(log)).await?;
        let store = opened.map_err(|error| Failure::new(format!("the store could not be opened: {error}")))?;
        Ok(AnyStore::new(Patient::new(store, self.settings().patience, Arc::clone(&self.case.tally))))
    }

    /// Opens a new, empty log that is given out as records.
    pub(crate) async fn open_source(&self) -> Result<Side, Failure> {
        self.open_side(&self.log()).await
    }

    /// Opens a log as one that is given out as records.
    pub(crate) async fn open_side(&self, log: &Log) -> Result<Side, Failure> {
        let opened = self.within("opening the store", self.harness().open_source(log)).await?;
        self.side(opened)
    }

    /// Opens a new, empty log to load another one into.
    pub(crate) async fn open_target(&self) -> Result<Side, Failure> {
        let log = self.log();
        let opened = self.within("opening the store", self.harness().open_target(&log)).await?;
        self.side(opened)
    }

    fn side(&self, opened: Result<AnyTransfer, String>) -> Result<Side, Failure> {
        let records = opened.map_err(|error| Failure::new(format!("the store could not be opened: {error}")))?;
        let store = AnyStore::new(records.clone());
        let store = AnyStore::new(Patient::new(store, self.settings().patience, Arc::clone(&self.case.tally)));
        Ok(Side { store, records })
    }

    /// Opens a new, empty log.
    pub(crate) async fn open(&self) -> Result<AnyStore, Failure> {
        self.open_log(&self.log()).await
    }

    /// Rounds of a race.
    pub(crate) fn rounds(&self) -> u32 {
        self.settings().rounds
    }

    /// Repetitions of something that costs as much as `rounds` rounds of a race; at least one.
    pub(crate) fn repeats(&self, rounds: u32) -> u32 {
        (self.rounds() / rounds).max(1)
    }

    /// The random numbers of one repetition, which is counted.
    pub(crate) fn rng(&self, repetition: u32) -> Rng {
        self.count_seed();
        Rng::new(self.case.seed).fork(u64::from(repetition))
    }

    /// What the inputs of this case derive from.
    pub(crate) fn seed(&self) -> u64 {
        self.case.seed
    }

    pub(crate) fn count_seed(&self) {
        self.case.tally.seed();
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.case.tally
    }

    /// The value of a future that must not take forever.
    pub(crate) async fn within<T>(&self, what: &str, future: impl Future<Output = T>) -> Result<T, Failure> {
        let patience = self.settings().patience;
        let elapsed = |_| Failure::new(format!("{what} took longer than {} s", patience.as_secs_f32()));
        tokio::time::timeout(patience, future).await.map_err(elapsed)
    }

    /// Runs futures at the same time, each as a task, and returns their results in order. The first failure ends the
    /// others.
    pub(crate) async fn together<T, F>(
        &self,
        what: &str,
        futures: impl IntoIterator<Item = F>,
    ) -> Result<Vec<T>, Failure>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        for (index, future) in futures.into_iter().enumerate() {
            tasks.spawn(async move { future.await.map(|result| (index, result)) });
        }
        let all = async {
            let mut results = Vec::with_capacity(tasks.len());
            while let Some(result) = tasks.join_next().await {
                results.push(result??);
            }
            Ok::<_, Failure>(results)
        };
        let mut results = self.within(what, all).await??;
        results.sort_unstable_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    pub(crate) async fn remove_logs(&self) {
        let logs = std::mem::take(&mut *self.case.logs.lock().unwrap_or_else(PoisonError::into_inner));
        for log in logs {
            self.harness().remove(log).await;
        }
    }
}
