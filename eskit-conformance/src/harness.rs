use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::transfer::{AnyTransfer, Transfer};
use eskit_runtime::{AnyStore, EventStore};

use crate::backup::Backups;
use crate::fault::{Fault, Faults};
use crate::log::Log;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Opener = Box<dyn Fn(Log) -> Boxed<Result<AnyStore, String>> + Send + Sync>;
type Remover = Box<dyn Fn(Log) -> Boxed<()> + Send + Sync>;
/// Restores a log, or keeps a copy of it.
type Keeper = Box<dyn Fn(Log, bool) -> Boxed<()> + Send + Sync>;
/// A store as one whose log is given out as records.
type Recorder = fn(&AnyStore) -> Option<AnyTransfer>;
/// Opens a store to load a log into.
type TargetOpener = Box<dyn Fn(Log) -> Boxed<Result<AnyTransfer, String>> + Send + Sync>;
/// Begins a fault, or ends it.
type Breaker = Box<dyn Fn(Log, Option<Fault>) -> Boxed<()> + Send + Sync>;

/// How a store is opened, and what may be asked of it.
pub(crate) struct Harness {
    open: Opener,
    remove: Option<Remover>,
    break_disk: Option<Breaker>,
    keep: Option<Keeper>,
    record: Option<Recorder>,
    open_target: Option<TargetOpener>,
    /// Whether a log outlives the process that wrote it.
    pub(crate) is_durable: bool,
    /// Whether one log may be open several times at once.
    pub(crate) is_shared: bool,
    /// Whether positions have no gaps.
    pub(crate) is_contiguous: bool,
    /// Whether streams can be archived and tombstoned.
    pub(crate) has_lifecycle: bool,
    /// Whether they can be deleted too.
    pub(crate) has_deletion: bool,
    /// Whether stored events can be given tags.
    pub(crate) adds_tags: bool,
    /// Whether the streams of a type can be listed.
    pub(crate) lists_streams: bool,
    /// The faults that the disk under a log can be made to have.
    pub(crate) faults: &'static [Fault],
}

impl Harness {
    pub(crate) fn new<S, E, Fut>(is_durable: bool, open: impl Fn(Log) -> Fut + Send + Sync + 'static) -> Harness
    where
        S: EventStore + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
    {
        let open: Opener = Box::new(move |log| {
            let opening = open(log);
            Box::pin(async move { opening.await.map(AnyStore::new).map_err(|error| describe(&*error.into())) })
        });
        Harness {
            open,
            remove: None,
            break_disk: None,
            keep: None,
            record: None,
            open_target: None,
            is_durable,
            is_shared: is_durable,
            is_contiguous: true,
            has_lifecycle: true,
            has_deletion: true,
            adds_tags: true,
            lists_streams: true,
            faults: &[],
        }
    }

    pub(crate) fn remove_with<Fut>(&mut self, remove: impl Fn(Log) -> Fut + Send + Sync + 'static)
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.remove = Some(Box::new(move |log| Box::pin(remove(log))));
    }

    pub(crate) fn faults<F: Faults>(&mut self, faults: F) {
        self.faults = F::OFFERED;
        let faults = Arc::new(faults);
        self.break_disk = Some(Box::new(move |log, fault| {
            let faults = Arc::clone(&faults);
            Box::pin(async move {
                match fault {
                    Some(fault) => faults.begin(log, fault).await,
                    None => faults.heal(log).await,
                }
            })
        }));
    }

    pub(crate) fn backups(&mut self, backups: impl Backups) {
        let backups = Arc::new(backups);
        self.keep = Some(Box::new(move |log, restores| {
            let backups = Arc::clone(&backups);
            Box::pin(async move { if restores { backups.restore(log).await } else { backups.back_up(log).await } })
        }));
    }

    pub(crate) fn transfers<S: Transfer + Clone + 'static>(&mut self) {
        self.record = Some(AnyTransfer::of::<S>);
    }

    pub(crate) fn transfers_into<S, E, Fut>(&mut self, open: impl Fn(Log) -> Fut + Send + Sync + 'static)
    where
        S: Transfer + Clone + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
    {
        self.open_target = Some(Box::new(move |log| {
            let opening = open(log);
            Box::pin(async move { opening.await.map(AnyTransfer::new).map_err(|error| describe(&*error.into())) })
        }));
    }

    /// Whether the log is given out as records.
    pub(crate) fn has_transfer(&self) -> bool {
        self.record.is_some()
    }

    /// Opens a log as one that is given out as records.
    pub(crate) async fn open_source(&self, log: &Log) -> Result<AnyTransfer, String> {
        let store = self.open(log).await?;
        let wrong = || "the store is not of the type that `Suite::transfers` names".to_owned();
        self.record.and_then(|record| record(&store)).ok_or_else(wrong)
    }

    /// Opens a log to load another one into.
    pub(crate) async fn open_target(&self, log: &Log) -> Result<AnyTransfer, String> {
        match &self.open_target {
            Some(open) => open(log.clone()).await,
            None => self.open_source(log).await,
        }
    }

    /// Whether a backup can be put in the place of a log.
    pub(crate) fn has_backups(&self) -> bool {
        self.keep.is_some()
    }

    /// Keeps a copy of a log.
    pub(crate) async fn back_up(&self, log: &Log) {
        if let Some(keep) = &self.keep {
            keep(log.clone(), false).await;
        }
    }

    /// Puts the copy in the place of a log.
    pub(crate) async fn restore(&self, log: &Log) {
        if let Some(keep) = &self.keep {
            keep(log.clone(), true).await;
        }
    }

    /// Begins a fault of the disk under a log.
    pub(crate) async fn begin(&self, log: &Log, fault: Fault) {
        if let Some(break_disk) = &self.break_disk {
            break_disk(log.clone(), Some(fault)).await;
        }
    }

    /// Ends the fault of the disk under a log, if it has one.
    pub(crate) async fn heal(&self, log: &Log) {
        if let Some(break_disk) = &self.break_disk {
            break_disk(log.clone(), None).await;
        }
    }

    pub(crate) async fn open(&self, log: &Log) -> Result<AnyStore, String> {
        (self.open)(log.clone()).await
    }

    pub(crate) async fn remove(&self, log: Log) {
        self.heal(&log).await;
        if let Some(remove) = &self.remove {
            remove(log).await;
        }
    }
}

/// An error and its causes, in one line.
fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

impl fmt::Debug for Harness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness")
            .field("is_durable", &self.is_durable)
            .field("is_shared", &self.is_shared)
            .field("is_contiguous", &self.is_contiguous)
            .field("has_lifecycle", &self.has_lifecycle)
            .field("has_deletion", &self.has_deletion)
            .field("adds_tags", &self.adds_tags)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
