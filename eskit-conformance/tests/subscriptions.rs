//! Subscriptions under load: eight writers, and two followers that are stopped and dropped at any time. No event is lost, repeated
//! or handled out of order. `ESKIT_CONFORMANCE_COMMITS` says how many appends to make, 4,000 by default, and
//! `ESKIT_CONFORMANCE_SEED` from which seed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eskit::{EventStore, MemoryStore, MemoryTx, MemoryViews, RecordedEvent};
use eskit_runtime::codec::PayloadKind;
use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{Append, AppendError, Condition, NewEvent, Pages, Position, Query, ReadOptions};
use eskit_runtime::model::{EventType, EventTypes, SourceLocation};
use eskit_runtime::subscription::{
    Control, FollowOptions, Handle, HandleError, OnError, Order, Partition, Subscriber, SubscriberType, follow,
};

const COUNTED: &str = "soak.Counted";
const TABLE: &str = "counter";
const LOCATION: SourceLocation = SourceLocation { module: module_path!(), file: file!(), line: line!() };

static COUNTED_TYPE: EventType = EventType {
    kind: PayloadKind::Event,
    name: COUNTED,
    version: 1,
    aliases: &[],
    rust_name: "Counted",
    tags: &[],
    fields: &[],
    previous: None,
    public: false,
    content_type: "application/json",
    personal: None,
    location: LOCATION,
};

/// Counts events, and those that came twice or too late.
struct Counter;

impl Subscriber for Counter {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: "counter",
        version: 1,
        order: Order::All,
        on_error: OnError::Stop,
        tables: "",
        rust_name: "Counter",
        location: LOCATION,
    };
    const EVENTS: EventTypes = EventTypes::One(&COUNTED_TYPE);
}

impl Handle<MemoryTx> for Counter {
    fn handle(&self, event: &RecordedEvent, tx: &mut MemoryTx) -> Result<bool, HandleError> {
        let position = event.position.get();
        let old = |key| tx.get(TABLE, key).and_then(|value| value.as_u64()).unwrap_or_default();
        let (last, count, wrong, sum) = (old("last"), old("count"), old("wrong"), old("sum"));
        tx.put(TABLE, "wrong", (wrong + u64::from(position <= last)).into());
        tx.put(TABLE, "last", position.into());
        tx.put(TABLE, "count", (count + 1).into());
        tx.put(TABLE, "sum", fold(sum, position).into());
        Ok(true)
    }
}

/// Depends on all positions and on their order.
fn fold(sum: u64, position: u64) -> u64 {
    (sum ^ position).wrapping_mul(0x0100_0000_01b3)
}

struct Clock;

impl Sleep for Clock {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }
}

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Appends of one to four events; some of the appends are refused.
async fn write(store: MemoryStore, mut rng: Rng, commits: u64) {
    let mut made = 0;
    while made < commits {
        let name = |rng: &mut Rng| if rng.below(4) == 0 { "soak.Other" } else { COUNTED };
        let events = (0..1 + rng.below(4)).map(|_| NewEvent::json(name(&mut rng), "{}")).collect();
        let mut append = Append::new(events);
        if rng.below(8) == 0 {
            let after = if rng.below(2) == 0 { Position::START } else { store.head().await.unwrap().position };
            tokio::task::yield_now().await;
            append = append.with(Condition::NoEvents { query: Query::all(), after });
        }
        match store.append(append).await {
            Ok(_) => made += 1,
            Err(AppendError::Conflict(_)) => {}
            Err(error) => panic!("an append failed: {error}"),
        }
        tokio::task::yield_now().await;
    }
}

/// Follows again and again, each time for a while, after which the future is told to stop or is dropped.
async fn follow_by_halves(store: MemoryStore, views: MemoryViews, mut rng: Rng, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::Relaxed) {
        let control = Control::of::<Counter>(Partition::WHOLE);
        let mut options = FollowOptions::default();
        options.page = [1, 10, 1000][rng.below(3) as usize];
        options.save_every = Duration::from_millis(rng.below(3));
        let life = Duration::from_micros(rng.below(20_000));
        let subscriber = Arc::new(Counter);
        let following = follow(&store, &subscriber, &views, &options, &control, &Clock);
        if rng.below(2) == 0 {
            let _ = tokio::time::timeout(life, following).await;
        } else {
            let stopping = async {
                tokio::time::sleep(life).await;
                control.stop();
            };
            tokio::join!(following, stopping).0.unwrap();
        }
    }
}

fn told(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_repeated_or_out_of_order() {
    const WRITERS: u64 = 8;
    let (seed, commits) = (told("ESKIT_CONFORMANCE_SEED", 1), told("ESKIT_CONFORMANCE_COMMITS", 4_000));
    let (started, mut rng) = (Instant::now(), Rng(seed));
    let (store, views, is_over) = (MemoryStore::new(), MemoryViews::new(), Arc::new(AtomicBool::new(false)));
    let mut fork = || Rng(rng.below(u64::MAX));
    let followers = [fork(), fork()]
        .map(|rng| tokio::spawn(follow_by_halves(store.clone(), views.clone(), rng, Arc::clone(&is_over))));
    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(store.clone(), fork(), commits / WRITERS))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    for follower in followers {
        follower.await.unwrap();
    }
    let control = Control::of::<Counter>(Partition::WHOLE);
    let (options, subscriber) = (FollowOptions::default(), Arc::new(Counter));
    let head = store.head().await.unwrap().position;
    let ending = async {
        control.reached(head).await.unwrap();
        control.stop();
    };
    tokio::join!(follow(&store, &subscriber, &views, &options, &control, &Clock), ending).0.unwrap();

    let (mut count, mut sum) = (0, 0);
    let mut pages = Pages::new(&store, Query::all(), ReadOptions::default());
    while let Some(page) = pages.next().await.unwrap() {
        for event in page.iter().filter(|event| event.name == COUNTED) {
            (count, sum) = (count + 1, fold(sum, event.position.get()));
        }
    }
    let table = views.table::<Counter>(TABLE);
    let found = |key: &str| table.get(key).and_then(|value| value.as_u64()).unwrap_or_default();
    let is_right = found("wrong") == 0 && found("count") == count && found("sum") == sum;
    let (failed, seconds) = (u64::from(!is_right), started.elapsed().as_secs_f64());
    // Not `eprintln`, which the test harness holds back. Nobody can be told that it failed.
    let _ = writeln!(
        std::io::stderr(),
        "conformance of subscriptions: 1 cases, 1 seeds, {commits} commits, 0 kills ({failed} failed, 0 skipped, seed {seed}, \
         {seconds:.1} s)"
    );
    assert!(is_right, "seed {seed}: the log holds {count} events that fold to {sum}, and the read model {table:?}");
}
