//! A subscriber that does what a test says, and a log, views and a clock that can be watched and made to fail.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eskit::codec::PayloadKind;
use eskit::execute::Sleep;
use eskit::log::{Append, NewEvent, Page, Place, Position, Query, ReadOptions, StoreErrorKind};
use eskit::model::{EventType, EventTypes, SourceLocation};
use eskit::subscription::{
    Apply, ApplyError, Batch, Checkpoint, Claim, Claimed, Control, FollowOptions, Handle, HandleError, OnError, Order,
    ParkedEvent, Partition, Subscriber, SubscriberType, Subscription, SubscriptionError, Views, follow,
};
use eskit::{
    EventStore, MemoryGuard, MemoryStore, MemoryTx, MemoryViews, RecordedEvent, RetryPolicy, StoreError, delegate_store,
};
use tokio::task::JoinHandle;

const LOCATION: SourceLocation = SourceLocation { module: module_path!(), file: file!(), line: line!() };

const fn event_type(name: &'static str) -> EventType {
    let (tags, fields, aliases) = (&[], &[], &[]);
    let (version, previous, public) = (1, None, false);
    EventType {
        kind: PayloadKind::Event,
        name,
        version,
        aliases,
        rust_name: "Event",
        tags,
        fields,
        previous,
        public,
        content_type: "application/json",
        personal: None,
        location: LOCATION,
    }
}

static NOTED: EventType = event_type("test.Noted");
static ADDED: EventType = event_type("test.Added");

/// A kind of subscriber. All have one name.
pub(crate) trait Kind: Send + Sync + 'static {
    const VERSION: u32 = 1;
    const ON_ERROR: OnError = OnError::Stop;
    const EVENTS: EventTypes = EventTypes::One(&NOTED);
    const TAKES_ALL: bool = false;
}

pub(crate) struct Stops;
pub(crate) struct Parks;
pub(crate) struct Skips;
/// A newer version.
pub(crate) struct Newer;
/// Takes another event too.
pub(crate) struct TakesMore;
/// Takes every event.
pub(crate) struct TakesAll;

impl Kind for Stops {}
impl Kind for Parks {
    const ON_ERROR: OnError = OnError::Park;
}
impl Kind for Skips {
    const ON_ERROR: OnError = OnError::Skip;
}
impl Kind for Newer {
    const VERSION: u32 = 2;
}
impl Kind for TakesMore {
    const EVENTS: EventTypes = EventTypes::Many(&[EventTypes::One(&NOTED), EventTypes::One(&ADDED)]);
}
impl Kind for TakesAll {
    const TAKES_ALL: bool = true;
}

type Script = Box<dyn Fn(&RecordedEvent) -> Result<(), HandleError> + Send + Sync>;

/// A subscriber that does what a test says.
pub(crate) struct Notes<K> {
    script: Mutex<Script>,
    handed: Mutex<Vec<u64>>,
    pub(crate) caught_up: AtomicU32,
    pub(crate) panics_when_caught_up: AtomicBool,
    of: PhantomData<fn() -> K>,
}

impl<K> Notes<K> {
    pub(crate) fn new() -> Arc<Notes<K>> {
        Arc::new(Notes {
            script: Mutex::new(Box::new(|_| Ok(()))),
            handed: Mutex::default(),
            caught_up: AtomicU32::new(0),
            panics_when_caught_up: AtomicBool::new(false),
            of: PhantomData,
        })
    }

    pub(crate) fn does(&self, script: impl Fn(&RecordedEvent) -> Result<(), HandleError> + Send + Sync + 'static) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(script);
    }

    /// Fails at this position.
    pub(crate) fn fails_at(&self, position: u64) {
        self.does(
            move |event| {
                if event.position.get() == position { Err(HandleError::new("no seats left")) } else { Ok(()) }
            },
        );
    }

    /// The positions that were handed over since the last call, in order, each time.
    pub(crate) fn take_handed(&self) -> Vec<u64> {
        std::mem::take(&mut *self.handed.lock().unwrap())
    }
}

impl<K: Kind> Subscriber for Notes<K> {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: "notes",
        version: K::VERSION,
        order: Order::Stream,
        on_error: K::ON_ERROR,
        tables: "",
        rust_name: "Notes",
        location: LOCATION,
    };
    const EVENTS: EventTypes = K::EVENTS;
    const TAKES_ALL: bool = K::TAKES_ALL;

    fn caught_up(&self) {
        self.caught_up.fetch_add(1, Ordering::Relaxed);
        assert!(!self.panics_when_caught_up.load(Ordering::Relaxed), "caught up with a panic");
    }
}

impl<K: Kind> Handle<MemoryTx> for Notes<K> {
    fn handle(&self, event: &RecordedEvent, tx: &mut MemoryTx) -> Result<bool, HandleError> {
        self.handed.lock().unwrap().push(event.position.get());
        tx.put("notes", event.position.to_string(), event.name.as_str().into());
        // A script may panic.
        (self.script.lock().unwrap_or_else(PoisonError::into_inner))(event)?;
        Ok(true)
    }
}

/// The positions that a read model holds.
pub(crate) fn noted<K: Kind>(views: &MemoryViews) -> Vec<u64> {
    let mut noted: Vec<u64> = views.table::<Notes<K>>("notes").keys().map(|key| key.parse().unwrap()).collect();
    noted.sort_unstable();
    noted
}

/// How often these subscriptions look for what is asked from outside: never.
const HEED_EVERY: Duration = Duration::from_secs(1_000_000);

/// Sleeps no longer than it takes to let other tasks run, and remembers for how long it was asked to; or sleeps for ever.
#[derive(Clone, Default)]
pub(crate) struct FakeSleep {
    asked: Arc<Mutex<Vec<Duration>>>,
    pub(crate) is_for_ever: Arc<AtomicBool>,
}

impl FakeSleep {
    pub(crate) fn asked(&self) -> Vec<Duration> {
        self.asked.lock().unwrap().clone()
    }

    /// Completes once it was asked to sleep this often.
    pub(crate) async fn was_asked(&self, times: usize) {
        while self.asked().len() < times {
            tokio::task::yield_now().await;
        }
    }
}

impl Sleep for FakeSleep {
    async fn sleep(&self, duration: Duration) {
        if duration == HEED_EVERY {
            return std::future::pending().await;
        }
        self.asked.lock().unwrap().push(duration);
        if self.is_for_ever.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }
}

/// A log that counts its reads, whose `watch` can fail for a while, and that may say after a full page that more follow.
#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) store: MemoryStore,
    pub(crate) reads: Arc<AtomicUsize>,
    pub(crate) failing_watches: Arc<AtomicUsize>,
    pub(crate) is_unsure_of_more: bool,
}

impl EventStore for Log {
    delegate_store!(|log| &log.store, except read, watch);

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        let mut page = self.store.read(query, options).await?;
        page.more |= self.is_unsure_of_more && page.events.len() == options.page_len();
        Ok(page)
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        tokio::task::yield_now().await;
        let left = self.failing_watches.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match left {
            Ok(_) => Err(StoreError::new(StoreErrorKind::Unavailable, "no route to the log")),
            Err(_) => self.store.watch(after).await,
        }
    }
}

impl Log {
    /// A log of one append for each of these numbers of events that are noted.
    pub(crate) async fn of(appends: &[usize]) -> Log {
        let log = Log::default();
        for count in appends {
            log.note(*count).await;
        }
        log
    }

    pub(crate) async fn note(&self, count: usize) {
        self.append("test.Noted", count).await;
    }

    pub(crate) async fn append(&self, name: &'static str, count: usize) {
        let events = (0..count).map(|_| NewEvent::json(name, "{}")).collect();
        self.store.append(Append::new(events)).await.unwrap();
    }

    pub(crate) async fn head(&self) -> Position {
        self.store.head().await.unwrap().position
    }
}

/// The positions of a batch that was committed, and its end.
type Committed = (Vec<u64>, u64);

/// Views that remember the batches that they committed, and can fail before they look at one.
#[derive(Clone, Default)]
pub(crate) struct Watched {
    pub(crate) views: MemoryViews,
    committed: Arc<Mutex<Vec<Committed>>>,
    /// What the next batches are answered with.
    pub(crate) failures: Arc<Mutex<VecDeque<StoreErrorKind>>>,
}

impl Views for Watched {
    type Guard = MemoryGuard;

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<MemoryGuard>, StoreError> {
        self.views.claim(subscription).await
    }
    async fn release(&self, claim: Claim<MemoryGuard>) {
        self.views.release(claim).await;
    }
    async fn set_events(&self, claim: &Claim<MemoryGuard>, events: Vec<String>) -> Result<(), ApplyError> {
        self.views.set_events(claim, events).await
    }
    async fn activate(&self, claim: &Claim<MemoryGuard>) -> Result<bool, ApplyError> {
        self.views.activate(claim).await
    }
    async fn restart(&self, claim: &Claim<MemoryGuard>, subscription: &Subscription) -> Result<(), ApplyError> {
        self.views.restart(claim, subscription).await
    }
    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.views.checkpoints().await
    }
    async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        self.views.parked(name, version).await
    }
    async fn drop_parked(&self, name: &str, version: u32, position: Position) -> Result<bool, StoreError> {
        self.views.drop_parked(name, version, position).await
    }
}

impl<K: Kind> Apply<Notes<K>> for Watched {
    async fn apply(
        &self,
        claim: &Claim<MemoryGuard>,
        subscriber: &Arc<Notes<K>>,
        batch: &Batch,
    ) -> Result<(), ApplyError> {
        let failure = self.failures.lock().unwrap().pop_front();
        if let Some(kind) = failure {
            return Err(StoreError::new(kind, "no route to the views").into());
        }
        self.views.apply(claim, subscriber, batch).await?;
        let positions = batch.events().iter().map(|event| event.position.get()).collect();
        self.committed.lock().unwrap().push((positions, batch.to.position.get()));
        Ok(())
    }

    async fn replay(&self, subscriber: &Arc<Notes<K>>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        self.views.replay(subscriber, event).await
    }
}

impl Watched {
    /// The position of the only checkpoint.
    pub(crate) async fn saved(&self) -> u64 {
        let checkpoints = self.views.checkpoints().await.unwrap();
        assert_eq!(checkpoints.len(), 1);
        checkpoints[0].place.position.get()
    }

    pub(crate) fn take_committed(&self) -> Vec<Committed> {
        std::mem::take(&mut *self.committed.lock().unwrap())
    }
}

/// Options with five tries; the checkpoint is not written without events, unless the fake clock says so.
pub(crate) fn options() -> FollowOptions {
    let mut options = FollowOptions::default();
    options.heed_every = HEED_EVERY;
    options.retry = RetryPolicy::attempts(5).with_delays(Duration::from_millis(100), Duration::from_secs(10));
    options.save_every = Duration::from_secs(3600);
    options
}

/// A subscription that runs as a task.
pub(crate) struct Running {
    pub(crate) control: Control,
    pub(crate) sleep: FakeSleep,
    pub(crate) task: JoinHandle<Result<(), SubscriptionError>>,
}

pub(crate) fn start<K: Kind>(log: &Log, views: &Watched, notes: &Arc<Notes<K>>, options: FollowOptions) -> Running {
    start_with(Control::of::<Notes<K>>(Partition::WHOLE), FakeSleep::default(), log, views, notes, options)
}

pub(crate) fn start_with<K: Kind>(
    control: Control,
    sleep: FakeSleep,
    log: &Log,
    views: &Watched,
    notes: &Arc<Notes<K>>,
    options: FollowOptions,
) -> Running {
    let (log, views, notes) = (log.clone(), views.clone(), Arc::clone(notes));
    let (own, own_sleep) = (control.clone(), sleep.clone());
    let task = tokio::spawn(async move { follow(&log, &notes, &views, &options, &own, &own_sleep).await });
    Running { control, sleep, task }
}

impl Running {
    /// Waits until it has handled everything up to a position.
    pub(crate) async fn reached(&self, position: impl Into<u64>) {
        self.control.reached(Position::new(position.into())).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.control.stop();
        self.task.await.unwrap().unwrap();
    }

    /// Why it failed.
    pub(crate) async fn failure(self) -> SubscriptionError {
        self.task.await.unwrap().unwrap_err()
    }
}

/// Lets every other task run until it waits for something.
pub(crate) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}
