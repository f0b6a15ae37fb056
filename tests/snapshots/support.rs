use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::log::StoreErrorKind;
use eskit::prelude::*;
use eskit::snapshots::{RemoveSnapshots, SnapshotState, Snapshots, SnapshotsOf, StoredSnapshot};
use eskit::{MemoryViews, RetryPolicy, SnapshotOptions};
use eskit_tests::bank::{Account, deposit, open_account};
use eskit_tests::scripted::Scripted;

/// Options under which a slow machine misses nothing.
pub(crate) fn every(events: u64) -> SnapshotOptions {
    SnapshotOptions::every(events).find_within(Duration::from_secs(60))
}

pub(crate) fn app(store: &Arc<Scripted>) -> App<Arc<Scripted>> {
    App::new(Arc::clone(store)).with_retry(RetryPolicy::attempts(4).with_delays(Duration::ZERO, Duration::ZERO))
}

/// A program that was just started.
pub(crate) fn started<A: SnapshotState>(store: &Arc<Scripted>, views: &Watched, events: u64) -> App<Arc<Scripted>> {
    app(store).with_snapshots::<A>(views.clone(), every(events))
}

/// An account with so many events, and a snapshot after each `every` of them.
pub(crate) async fn account(store: &Arc<Scripted>, views: &Watched, every: u64, events: u64) {
    let app = started::<Account>(store, views, every);
    app.execute(open_account("a", "ada")).await.unwrap();
    for _ in 1..events {
        app.execute(deposit("a", 1)).await.unwrap();
        app.snapshots_written().await;
    }
    store.take_reads();
}

/// After which positions was read.
pub(crate) fn reads(store: &Scripted) -> Vec<u64> {
    store.take_reads().iter().map(|read| read.after.get()).collect()
}

/// What a call of [`Watched`] does instead.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Fail,
    Panic,
    Hang,
}

/// A place of snapshots that notes what is asked of it, and fails by script.
#[derive(Clone, Default)]
pub(crate) struct Watched {
    pub(crate) views: MemoryViews,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    faults: VecDeque<Option<Fault>>,
    calls: Vec<String>,
    stored: Vec<(SnapshotsOf, StoredSnapshot)>,
}

impl Watched {
    /// What happens at the next calls.
    pub(crate) fn script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.state.lock().unwrap().faults = faults.into_iter().collect();
    }

    /// What was asked since the last call.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// What was stored last.
    pub(crate) fn last_stored(&self) -> (SnapshotsOf, StoredSnapshot) {
        self.state.lock().unwrap().stored.last().cloned().unwrap()
    }

    async fn call(&self, what: String) -> Result<(), StoreError> {
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.calls.push(what);
            state.faults.pop_front().flatten()
        };
        match fault {
            None => Ok(()),
            Some(Fault::Fail) => Err(StoreError::new(StoreErrorKind::Unavailable, "it is down by script")),
            Some(Fault::Panic) => panic!("by script"),
            Some(Fault::Hang) => std::future::pending().await,
        }
    }
}

impl Snapshots for Watched {
    async fn find_snapshots(&self, of: SnapshotsOf, mut keys: Vec<String>) -> Result<Vec<StoredSnapshot>, StoreError> {
        keys.sort();
        self.call(format!("find {}", keys.join(" "))).await?;
        self.views.find_snapshots(of, keys).await
    }

    async fn write_snapshots(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Result<u64, StoreError> {
        for snapshot in &snapshots {
            self.call(format!("write {}@{}", snapshot.key, snapshot.version)).await?;
            self.state.lock().unwrap().stored.push((of, snapshot.clone()));
        }
        self.views.write_snapshots(of, snapshots).await
    }

    async fn remove_snapshots(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Result<u64, StoreError> {
        match &which {
            RemoveSnapshots::Keys(keys) => self.call(format!("remove {}", keys.join(" "))).await?,
            RemoveSnapshots::All => self.call("remove all".to_owned()).await?,
            // The sweep after the first write.
            RemoveSnapshots::WrittenBefore(_) | RemoveSnapshots::OfOthersBefore(_) => {}
        }
        self.views.remove_snapshots(of, which).await
    }
}
