use std::collections::HashMap;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eskit_runtime::__private::key_of;
use eskit_runtime::log::LogId;
use eskit_runtime::model::{Scope, Seen};
use eskit_runtime::snapshots::{Fingerprint, RemoveSnapshots, Snapshots, SnapshotsOf, StoredSnapshot};
use eskit_runtime::{StoreError, Timestamp};
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use super::breaker::Breaker;
use super::counts::{Counter, Outcome, SnapshotCounts};
use super::erased::Erased;
use super::observed;
use super::options::SnapshotOptions;
use super::waiting::{self, Encode, Offer, Op, Todo, Waiting};
use crate::backlog::{Added, Serving, spawn, within};

/// Instances whose last snapshot is remembered. Of others, one more is written than is needed.
const KNOWN_MAX: u64 = 1 << 16;
/// Snapshots that are written at once, and after how many bytes no more are added.
const BATCH_MAX: usize = 100;
const BATCH_BYTES: usize = 4 << 20;
/// How long to wait for the place of the snapshots, beside the commands.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How often old snapshots are removed, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// How long snapshots of other programs stay, which may still run beside this one.
const OTHERS_STAY: Duration = Duration::from_secs(24 * 3600);

/// Keeps the snapshots of one aggregate, or of one projection in memory.
pub(crate) struct Keeper {
    /// What the places of snapshots name it.
    name: &'static str,
    fingerprint: Fingerprint,
    options: SnapshotOptions,
    snapshots: Box<dyn Erased>,
    /// The last snapshot of each instance: its version, and when it was written.
    known: Cache<Scope, (u64, Timestamp), UnitWeighter, RandomState>,
    waiting: Waiting,
    breaker: Breaker,
    counter: Counter,
    /// Whether a state that cannot be read or written was reported.
    has_complained: AtomicBool,
    swept_at: Mutex<Option<Instant>>,
}

impl Keeper {
    pub(crate) fn new(
        name: &'static str,
        fingerprint: Fingerprint,
        snapshots: impl Snapshots,
        options: SnapshotOptions,
    ) -> Keeper {
        observed::describe();
        Keeper {
            name,
            // What was kept while streams were never deleted must not be found when they may be.
            fingerprint: if options.is_deletable { fingerprint.with("deletable") } else { fingerprint },
            options,
            snapshots: Box::new(snapshots),
            known: Cache::with(0, KNOWN_MAX, UnitWeighter, RandomState::new(), DefaultLifecycle::default()),
            waiting: Waiting::new(),
            breaker: Breaker::default(),
            counter: Counter::default(),
            has_complained: AtomicBool::new(false),
            swept_at: Mutex::default(),
        }
    }

    /// What the places of snapshots name it.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn options(&self) -> &SnapshotOptions {
        &self.options
    }

    pub(crate) fn counts(&self) -> SnapshotCounts {
        self.counter.counts()
    }

    fn of(&self, log: LogId) -> SnapshotsOf {
        SnapshotsOf { log, name: self.name, fingerprint: self.fingerprint }
    }

    fn count(&self, outcome: Outcome, count: usize) {
        if count > 0 {
            self.counter.add(outcome, count as u64);
            observed::count(self.name, outcome, count as u64);
        }
    }

    /// Looks for the snapshots of these instances, for a short time.
    pub(crate) async fn find(&self, log: LogId, scopes: Vec<Scope>) -> HashMap<Scope, StoredSnapshot> {
        let asked = scopes.len();
        if self.breaker.is_open() {
            self.count(Outcome::Unanswered, asked);
            return HashMap::new();
        }
        let by_key: HashMap<String, Scope> = scopes.into_iter().map(|scope| (key_of(&scope), scope)).collect();
        let keys = by_key.keys().cloned().collect();
        let found = self.within(self.options.find_within, self.snapshots.find(self.of(log), keys));
        let Some(found) = observed::find(self.name, asked, found).await else {
            self.count(Outcome::Unanswered, asked);
            return HashMap::new();
        };
        let mut fresh = HashMap::with_capacity(found.len());
        for stored in found.into_iter().filter(|stored| self.is_fresh(stored)) {
            if let Some(scope) = by_key.get(&stored.key) {
                self.known.insert(scope.clone(), (stored.version, stored.written_at));
                fresh.insert(scope.clone(), stored);
            }
        }
        self.count(Outcome::Miss, asked.saturating_sub(fresh.len()));
        fresh
    }

    fn is_fresh(&self, stored: &StoredSnapshot) -> bool {
        self.options.time_to_live.is_none_or(|limit| Timestamp::now().duration_since(stored.written_at) <= limit)
    }

    /// What a snapshot holds of the log.
    pub(crate) fn seen(&self, stored: &StoredSnapshot) -> Seen {
        let mut seen = Seen::default();
        (seen.last, seen.version, seen.head) = (stored.last, stored.version, stored.last);
        seen.is_deletable = self.options.is_deletable;
        seen
    }

    pub(crate) fn was_read(&self) {
        self.count(Outcome::Hit, 1);
    }

    pub(crate) fn was_unreadable(&self, scope: &Scope, text: &str) {
        self.count(Outcome::Unreadable, 1);
        self.complain(text);
        // Another one may be written at once.
        self.known.remove(scope);
    }

    /// Reports why a state is not kept or cannot be read, the first time.
    pub(crate) fn complain(&self, text: &str) {
        if !self.has_complained.swap(true, Ordering::Relaxed) {
            observed::warn(self.name, text);
        }
    }

    /// Whether a snapshot is due.
    pub(crate) fn is_time(&self, scope: &Scope, seen: Seen) -> bool {
        if seen.is_deletable && !self.options.is_deletable {
            return false;
        }
        let is_due = match self.known.get(scope) {
            None => seen.version >= self.options.every,
            Some((version, written_at)) => {
                let is_old = Timestamp::now().duration_since(written_at) >= self.options.min_age;
                is_old && seen.version >= version.saturating_add(self.options.every)
            }
        };
        is_due && !self.breaker.is_open()
    }

    /// Whether no state waits to be written, so that another one is worth a copy.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.look(|todo| todo.values().all(|op| op.write.is_none()))
    }

    /// Has a snapshot written beside the command.
    pub(crate) fn offer(self: &Arc<Self>, log: LogId, scope: &Scope, seen: Seen, encode: Encode) {
        self.known.insert(scope.clone(), (seen.version, Timestamp::now()));
        self.add(log, scope, |op| op.write = Some(Offer { seen, encode }));
    }

    /// Removes a snapshot that turned out not to be of the log.
    pub(super) fn remove_if_known(self: &Arc<Self>, log: LogId, scope: &Scope) {
        if self.known.remove(scope).is_some() {
            self.remove_later(log, scope);
        }
    }

    /// Removes a snapshot, beside the caller, whether or not there is one.
    pub(crate) fn remove_later(self: &Arc<Self>, log: LogId, scope: &Scope) {
        self.known.remove(scope);
        self.add(log, scope, |op| (op.remove, op.write) = (true, None));
    }

    fn add(self: &Arc<Self>, log: LogId, scope: &Scope, change: impl FnOnce(&mut Op)) {
        match waiting::add(&self.waiting, scope, change) {
            Added::Served => {}
            Added::Full => {
                self.known.remove(scope);
                self.count(Outcome::Unwritten, 1);
            }
            Added::Unserved(serving) => {
                let own = Arc::clone(self);
                spawn("eskit-snapshots", async move { own.serve(serving, log).await });
            }
        }
    }

    /// Waits until nothing waits to be written.
    pub(crate) async fn written(&self) {
        self.waiting.is_done().await;
    }

    /// Writes what waits, until nothing does.
    async fn serve(&self, mut serving: Serving<Todo>, log: LogId) {
        while let Some(todo) = serving.take() {
            self.work_off(log, todo).await;
        }
    }

    async fn work_off(&self, log: LogId, todo: Todo) {
        let removed: Vec<String> = todo.iter().filter(|(_, op)| op.remove).map(|(scope, _)| key_of(scope)).collect();
        if !removed.is_empty() {
            self.within(WRITE_WITHIN, self.snapshots.remove(self.of(log), RemoveSnapshots::Keys(removed))).await;
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for (scope, offer) in todo.into_iter().filter_map(|(scope, op)| op.write.map(|offer| (scope, offer))) {
            match (offer.encode)() {
                Ok(state) => {
                    bytes += state.len();
                    let (key, last, version) = (key_of(&scope), offer.seen.last, offer.seen.version);
                    let stored = StoredSnapshot { key, last, version, state, written_at: Timestamp::now() };
                    batch.push((scope, stored));
                }
                // It stays known, so that it is not written again and again.
                Err(text) => {
                    self.count(Outcome::Unwritten, 1);
                    self.complain(&text);
                }
            }
            if batch.len() >= BATCH_MAX || bytes >= BATCH_BYTES {
                bytes = 0;
                self.write(log, std::mem::take(&mut batch)).await;
            }
        }
        if !batch.is_empty() {
            self.write(log, batch).await;
        }
        self.sweep(log).await;
    }

    async fn write(&self, log: LogId, batch: Vec<(Scope, StoredSnapshot)>) {
        let (scopes, stored): (Vec<Scope>, Vec<StoredSnapshot>) = batch.into_iter().unzip();
        let count = scopes.len();
        let written = self.within(WRITE_WITHIN, self.snapshots.write(self.of(log), stored));
        match observed::write(self.name, count, written).await {
            Some(written) => {
                let written = usize::try_from(written).unwrap_or(count).min(count);
                self.count(Outcome::Written, written);
                self.count(Outcome::Outdated, count - written);
            }
            None => {
                self.count(Outcome::Unwritten, count);
                scopes.iter().for_each(|scope| drop(self.known.remove(scope)));
            }
        }
    }

    /// Removes old snapshots, once in a while.
    async fn sweep(&self, log: LogId) {
        if self.breaker.is_open() || !self.is_time_to_sweep() {
            return;
        }
        let others = RemoveSnapshots::OfOthersBefore(Timestamp::now() - OTHERS_STAY);
        self.within(WRITE_WITHIN, self.snapshots.remove(self.of(log), others)).await;
        if let Some(limit) = self.options.time_to_live {
            let old = RemoveSnapshots::WrittenBefore(Timestamp::now() - limit);
            self.within(WRITE_WITHIN, self.snapshots.remove(self.of(log), old)).await;
        }
    }

    fn is_time_to_sweep(&self) -> bool {
        let mut swept_at = self.swept_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = swept_at.is_none_or(|at| at.elapsed() >= SWEEP_EVERY);
        if is_time {
            *swept_at = Some(Instant::now());
        }
        is_time
    }

    /// Removes snapshots for a caller who wants to know that they are gone. What waits to be written is written first.
    pub(crate) async fn remove(
        &self,
        log: LogId,
        which: RemoveSnapshots,
        of: Option<&Scope>,
    ) -> Result<u64, StoreError> {
        self.written().await;
        match of {
            Some(scope) => drop(self.known.remove(scope)),
            None => self.known.clear(),
        }
        self.snapshots.remove(self.of(log), which).await
    }

    /// The answer of the place of the snapshots; `None` if it fails, panics, or takes too long.
    async fn within<T>(&self, limit: Duration, asked: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        let failed = match within(limit, asked).await {
            Ok(answer) => {
                self.breaker.succeeded();
                return Some(answer);
            }
            Err(failed) => failed,
        };
        if self.breaker.failed() {
            observed::warn(self.name, &format!("the place of the snapshots is left alone for a while: {failed}"));
        }
        None
    }
}
