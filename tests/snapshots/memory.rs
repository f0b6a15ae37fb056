//! Projections in memory that begin at a snapshot.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use eskit::log::{Position, StreamChange};
use eskit::model::{EventTypes, SourceLocation};
use eskit::prelude::*;
use eskit::schema::ShapeDef;
use eskit::snapshots::{Fingerprint, Snapshots};
use eskit::sqlite::SqliteViews;
use eskit::subscription::{HandleError, HandleMut, OnError, Order, State, Subscriber, SubscriberType};
use eskit::{InMemory, MemoryViews};
use eskit_tests::bank::{AccountOpened, open_account};
use eskit_tests::scripted::Scripted;

use crate::support::{Fault, Watched, every};
use crate::totals::{self, Sell, Sold, Totals, counts, sell, start};

#[tokio::test]
async fn it_begins_there_in_every_place() {
    let views = MemoryViews::new();
    totals::story(async || views.clone()).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("memory-snapshots");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    totals::story(async || SqliteViews::open(folder.join("views.db")).await.unwrap()).await;
}

/// Appends so many events at once, without waiting for the projection.
async fn sell_at_once(app: &App<Arc<Scripted>>, item: &str, times: u32) {
    app.execute(Sell { item: item.to_owned(), times }).await.unwrap();
}

/// A log with seven sales, and a place with a snapshot of the first six.
async fn seven() -> (Arc<Scripted>, Watched) {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let (app, _) = start::<Totals, _>(&store, &views, every(3)).await;
    sell::<Totals, _>(&app, "tea", 7).await;
    app.stop().await.unwrap();
    (store, views)
}

/// Whether the log was read from its beginning, but for a look at whether it has an event.
fn reads_all(store: &Scripted) -> bool {
    store.take_reads().iter().any(|read| read.after == Position::START && read.limit > 1)
}

/// What a program that is started then holds, what became of the snapshots (found, missed, unreadable, written), and whether it has
/// read the log from its beginning.
async fn started_again<P: Total>(store: &Arc<Scripted>, views: &Watched) -> (u32, [u64; 4], bool) {
    store.take_reads();
    views.take_calls();
    let (app, totals) = start::<P, _>(store, views, every(3)).await;
    app.caught_up::<P>(store.head().await.unwrap().position).await.unwrap();
    app.snapshots_written().await;
    let (all, found) = (totals.read().total(), counts::<P, _>(&app));
    app.stop().await.unwrap();
    (all, [found.hits, found.misses, found.unreadable, found.written], reads_all(store))
}

#[tokio::test]
async fn only_events_after_it_are_read() {
    let (store, views) = seven().await;
    assert_eq!(started_again::<Totals>(&store, &views).await, (7, [1, 0, 0, 0], false));
}

/// Its last event is another one, or there is none at its position.
#[tokio::test]
async fn that_of_a_restored_log_is_removed_and_the_log_is_read() {
    let (store, views) = seven().await;
    let (of, snapshot) = views.last_stored();
    for at in [snapshot.last.position, Position::new(1_000_000)] {
        let mut wrong = snapshot.clone();
        (wrong.last, wrong.state) = (Place::new(at, EventId::new()), r#"{"sold":{"tea":999}}"#.to_owned());
        views.views.write_snapshots(of, vec![wrong]).await.unwrap();
        assert_eq!(started_again::<Totals>(&store, &views).await, (7, [0, 0, 0, 1], true), "{at}");
        assert_eq!(views.take_calls(), ["find ", "remove ", "write @7"]);
        assert_eq!(started_again::<Totals>(&store, &views).await, (7, [1, 0, 0, 0], false), "{at}");
    }
}

#[tokio::test]
async fn one_that_cannot_be_read_is_replaced() {
    let (store, views) = seven().await;
    let (of, mut snapshot) = views.last_stored();
    snapshot.state = r#"{"sold":7}"#.to_owned();
    // Newer than what this program can write.
    views.views.write_snapshots(of, vec![snapshot]).await.unwrap();
    assert_eq!(started_again::<Totals>(&store, &views).await, (7, [0, 0, 1, 1], true));
    assert_eq!(started_again::<Totals>(&store, &views).await, (7, [1, 0, 0, 0], false));
}

/// Whatever its place does, the projection is there.
#[tokio::test]
async fn a_place_that_fails_costs_only_a_read_of_the_log() {
    let (store, views) = seven().await;
    views.script([Some(Fault::Fail)]);
    let (app, totals) = start::<Totals, _>(&store, &views, every(3)).await;
    app.caught_up::<Totals>(store.head().await.unwrap().position).await.unwrap();
    assert_eq!((totals.read().all(), counts::<Totals, _>(&app).unanswered), (7, 1));
    app.stop().await.unwrap();
    assert_eq!(started_again::<Totals>(&store, &views).await, (7, [1, 0, 0, 0], false));
}

/// A process that is killed while it writes one leaves the one before it.
#[tokio::test]
async fn one_that_was_not_written_is_missing() {
    let (store, views) = seven().await;
    let (app, _) = start::<Totals, _>(&store, &views, every(3)).await;
    app.caught_up::<Totals>(store.head().await.unwrap().position).await.unwrap();
    views.script([Some(Fault::Hang)]);
    for _ in 0..3 {
        sell_at_once(&app, "tea", 1).await;
    }
    app.caught_up::<Totals>(store.head().await.unwrap().position).await.unwrap();
    drop(app);
    assert_eq!(started_again::<Totals>(&store, &views).await.0, 10);
    assert_eq!(views.last_stored().1.version, 10);
}

/// Built anew, a projection does not begin at what was wrong.
#[tokio::test]
async fn a_rebuild_removes_it() {
    let (store, views) = seven().await;
    let (of, mut snapshot) = views.last_stored();
    snapshot.state = r#"{"sold":{"tea":999}}"#.to_owned();
    views.views.write_snapshots(of, vec![snapshot]).await.unwrap();
    assert_eq!(started_again::<Totals>(&store, &views).await.0, 1000);
    let totals = InMemory::<Totals>::default();
    let app = App::new(Arc::clone(&store)).with_memory_snapshots(&totals, views.clone(), every(100));
    let app = app.with_rebuild::<Totals>().start().await.unwrap();
    app.caught_up::<Totals>(store.head().await.unwrap().position).await.unwrap();
    app.stop().await.unwrap();
    assert_eq!(totals.read().all(), 7);
    assert_eq!(started_again::<Totals>(&store, &views).await, (7, [0, 1, 0, 1], true));
}

/// What a handler has changed before it failed, in this event or in others of its append, is in no snapshot.
#[tokio::test]
async fn what_a_failed_handler_did_is_not_kept() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let app = App::new(Arc::clone(&store));
    sell_at_once(&app, "tea", 1).await;
    sell_at_once(&app, "poison", 2).await;
    let (running, _) = start::<Totals, _>(&store, &views, every(1)).await;
    let has_failed = || running.health()[0].state == State::Failed;
    while !has_failed() {
        tokio::task::yield_now().await;
    }
    running.stop().await.unwrap();
    assert_eq!(counts::<Totals, _>(&running).written, 0, "{:?}", views.take_calls());
}

/// Totals of another program, which folds the same events by other logic.
#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Folded<const LOGIC: u64>(u32);

impl<const LOGIC: u64> Shape for Folded<LOGIC> {
    const DEF: &'static ShapeDef = <u32 as Shape>::DEF;
}

impl<const LOGIC: u64> Subscriber for Folded<LOGIC> {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: "folded",
        version: 1,
        order: Order::All,
        on_error: OnError::Stop,
        tables: "",
        rust_name: "Folded",
        location: SourceLocation { module: module_path!(), file: file!(), line: 1 },
    };
    const EVENTS: EventTypes = Sold::TYPES;
}

impl<const LOGIC: u64> HandleMut for Folded<LOGIC> {
    const LOGIC: u64 = LOGIC;

    fn handle(&mut self, _: &RecordedEvent) -> Result<bool, HandleError> {
        self.0 += u32::try_from(LOGIC).map_err(HandleError::new)?;
        Ok(true)
    }
}

trait Total: eskit::snapshots::SnapshotProjection + Default {
    fn total(&self) -> u32;
}

impl Total for Totals {
    fn total(&self) -> u32 {
        self.all()
    }
}

impl<const LOGIC: u64> Total for Folded<LOGIC> {
    fn total(&self) -> u32 {
        self.0
    }
}

#[tokio::test]
async fn that_of_other_logic_is_not_seen() {
    let (store, views) = seven().await;
    assert_eq!(started_again::<Folded<1>>(&store, &views).await, (7, [0, 1, 0, 1], true));
    assert_eq!(started_again::<Folded<2>>(&store, &views).await, (14, [0, 1, 0, 1], true));
    // Both programs may run side by side.
    assert_eq!(started_again::<Folded<1>>(&store, &views).await, (7, [1, 0, 0, 0], false));
    assert_ne!(<Totals as HandleMut>::LOGIC, 0);
    assert_ne!(Fingerprint::of_projection::<Totals>(), Fingerprint::of_projection::<Folded<1>>());
}

#[derive(Default, Clone, Serialize, Deserialize, Shape)]
struct Owners(u32);

#[projection(name = "owners", memory)]
impl Owners {
    #[on]
    fn opened(&mut self, _: &AccountOpened) {
        self.0 += 1;
    }
}

impl Total for Owners {
    fn total(&self) -> u32 {
        self.0
    }
}

/// Streams may be deleted, and no event tells so.
#[tokio::test]
async fn one_that_holds_events_of_streams_is_kept_only_if_it_is_asked_for() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    for account in ["a", "b", "c"] {
        App::new(Arc::clone(&store)).execute(open_account(account, account)).await.unwrap();
    }
    assert_eq!(started_again::<Owners>(&store, &views).await, (3, [0, 1, 0, 0], true));
    let (app, _) = start::<Owners, _>(&store, &views, every(3).with_deletable_events()).await;
    app.caught_up::<Owners>(store.head().await.unwrap().position).await.unwrap();
    app.snapshots_written().await;
    assert_eq!(counts::<Owners, _>(&app).written, 1);

    store.change_stream(&StreamId::new("account", "a"), StreamChange::delete("asked for")).await.unwrap();
    app.rebuild::<Owners>().unwrap();
    let opened = app.execute(open_account("d", "d")).await.unwrap();
    app.caught_up::<Owners>(&opened).await.unwrap();
    let (again, owners) = (App::new(Arc::clone(&store)), InMemory::<Owners>::default());
    app.stop().await.unwrap();
    let again = again.with_memory_snapshots(&owners, views, every(3).with_deletable_events()).start().await.unwrap();
    again.caught_up::<Owners>(store.head().await.unwrap().position).await.unwrap();
    assert_eq!(owners.read().0, 3);
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_projection_without_snapshots_says_how_to_add_them() {
    let app = App::new(MemoryStore::new()).with_memory(&InMemory::<Owners>::default());
    assert_eq!(
        app.memory_snapshots::<Owners>().unwrap_err().to_string(),
        "this app keeps no snapshots of `Owners`\nhelp: add it with `with_memory_snapshots(&projection, views, \
         SnapshotOptions::every(10_000))`"
    );
}
