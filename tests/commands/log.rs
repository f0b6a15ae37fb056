//! The log of commands, over every kind of views.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use eskit::command_log::{CommandEntries, CommandEntry, CommandPage, CommandQuery, KeptCommand, RemoveCommands};
use eskit::execute::{DecisionCondition, Denied, OutcomeKind};
use eskit::log::{Principal, PrincipalKind, StoreErrorKind};
use eskit::middleware::{Authorized, CommandLog};
use eskit::postgres::PostgresViews;
use eskit::prelude::*;
use eskit::sqlite::SqliteViews;
use eskit::store_kit::HeadWatch;
use eskit::{MemoryViews, StoreError};

use super::shop::{CancelOrder, ShipOrder, ShopCommand, place};

/// The names of the commands that were found.
async fn names<V: CommandEntries>(log: &CommandLog<V>, query: CommandQuery) -> Vec<String> {
    log.written().await;
    log.find(query).await.unwrap().entries.into_iter().map(|kept| kept.entry.command).collect()
}

/// The one entry that was found.
async fn only<V: CommandEntries>(log: &CommandLog<V>, query: CommandQuery) -> CommandEntry {
    log.written().await;
    let found = log.find(query).await.unwrap().entries;
    let [KeptCommand { entry, .. }] = &found[..] else { panic!("{found:?}") };
    entry.clone()
}

/// What is asked of all views.
async fn commands_are_found<V: CommandEntries>(views: V, other: V) {
    let log = CommandLog::new(views);
    assert_eq!(log.find(CommandQuery::new()).await.unwrap(), CommandPage::default());
    let app = App::new(MemoryStore::new()).with_middleware(log.clone());
    let ada = Principal::new(PrincipalKind::User, "ada");
    let request = Metadata::new().with_correlation_id("request-1").with_initiator(ada.clone());
    let placed = app.execute(place(1)).metadata(request).idempotency_key("place:1").await.unwrap();
    app.execute(ShopCommand::Place(place(2))).await.unwrap();
    app.execute(ShipOrder { order: 3 }).await.unwrap_err();
    app.execute(CancelOrder { order: 1 }).await.unwrap();

    let all = ["CancelOrder", "ShipOrder", "PlaceOrder", "PlaceOrder"];
    assert_eq!(names(&log, CommandQuery::new()).await, all);
    // Another connection to the same views sees the same.
    assert_eq!(names(&CommandLog::new(other), CommandQuery::new()).await, all);
    assert_eq!(names(&log, CommandQuery::new().outcome(OutcomeKind::Refused)).await, ["ShipOrder"]);

    let entry = only(&log, CommandQuery::new().correlation_id("request-1")).await;
    assert_eq!(only(&log, CommandQuery::new().event(placed.events[0].place())).await, entry);
    assert_eq!((entry.tags.as_slice(), entry.metadata.initiator()), (&["order:1".to_owned()][..], Some(&ada)));
    assert_eq!((entry.idempotency_key.as_deref(), entry.attempts), (Some("place:1"), 1));
    assert_eq!((entry.outcome, &entry.text), (OutcomeKind::Appended, &None));
    assert_eq!((&entry.stored, &entry.decision), (&None, &None));
    let place_of = placed.events[0].place();
    assert_eq!(entry.events, Some((place_of, place_of)));
    assert!(entry.duration > Duration::ZERO);
    let refused = only(&log, CommandQuery::new().command("ShipOrder")).await;
    assert_eq!(refused.text.as_deref(), Some("there is no such order"));
    assert_eq!((log.health().written, log.health().dropped, app.warnings()), (4, 0, Vec::new()));
}

#[tokio::test]
async fn commands_are_found_in_memory() {
    let views = MemoryViews::new();
    commands_are_found(views.clone(), views).await;
}

#[tokio::test]
async fn commands_are_found_in_sqlite() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command_log");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let views = SqliteViews::open(folder.join("views.db")).await.unwrap();
    // Who only reads creates nothing.
    CommandLog::new(views.clone()).find(CommandQuery::new()).await.unwrap();
    assert!(!folder.join("views.commands.db").exists());
    commands_are_found(views, SqliteViews::open(folder.join("views.db")).await.unwrap()).await;
    assert!(folder.join("views.commands.db").is_file());
}

#[tokio::test]
async fn commands_are_found_in_postgres() {
    let Some(database) = eskit_postgres::testing::database().await.unwrap() else { return };
    let open = async || PostgresViews::open(sqlx::PgPool::connect(database.dsn()).await.unwrap()).await.unwrap();
    commands_are_found(open().await, open().await).await;
}

#[tokio::test]
async fn what_was_decided_on_is_kept_when_asked_for() {
    let log = CommandLog::new(MemoryViews::new()).with_decisions().with_payloads();
    let app = App::new(MemoryStore::new()).with_middleware(log.clone());
    app.execute(place(1)).await.unwrap();
    app.execute(place(7)).await.unwrap();
    let shipped = app.execute(ShipOrder { order: 7 }).await.unwrap();
    let entry = only(&log, CommandQuery::new().event(shipped.events[0].position)).await;
    let decision = entry.decision.unwrap();
    let [model] = &decision.models[..] else { panic!("{decision:?}") };
    assert_eq!((model.model.as_str(), model.key.as_str(), model.version), ("Order", "order:7", 1));
    assert_eq!(model.last.position.get(), 2);
    assert_eq!(model.condition, DecisionCondition::NoEventsAfter(model.last.position));
    assert_eq!(entry.stored, Some(ShipOrder { order: 7 }.encode().unwrap()));
    // A refusal says what it was based on, too.
    app.execute(ShipOrder { order: 7 }).await.unwrap_err();
    let refused = only(&log, CommandQuery::new().outcome(OutcomeKind::Refused)).await;
    assert_eq!(refused.decision.unwrap().models[0].version, 2);
    // Without a condition there is none.
    app.execute(CancelOrder { order: 1 }).without_condition().await.unwrap();
    let cancelled = only(&log, CommandQuery::new().command("CancelOrder")).await;
    assert_eq!(cancelled.decision.unwrap().models[0].condition, DecisionCondition::None);
}

#[tokio::test]
async fn a_denied_command_has_an_entry() {
    let log = CommandLog::new(MemoryViews::new());
    let nobody = |_: &eskit::middleware::Call<'_>| Err(Denied::new("the shop is closed"));
    let app = App::new(MemoryStore::new()).with_middleware(log.clone()).with_middleware(Authorized::by(nobody));
    app.execute(place(1)).await.unwrap_err();
    let entry = only(&log, CommandQuery::new()).await;
    assert_eq!(
        (entry.outcome, entry.text.as_deref(), entry.attempts),
        (OutcomeKind::Denied, Some("the shop is closed"), 0)
    );
}

#[tokio::test]
async fn memory_keeps_the_newest_ten_thousand() {
    let views = MemoryViews::new();
    let entry = |number: u32| CommandEntry::new(number.to_string(), Timestamp::from_micros(0), OutcomeKind::Nothing);
    views.add_commands((0..10_002).map(entry).collect()).await.unwrap();
    let first = views.find_commands(CommandQuery::new().limit(1)).await.unwrap();
    let oldest = views.find_commands(CommandQuery::new().command("2")).await.unwrap();
    let gone = views.find_commands(CommandQuery::new().command("1")).await.unwrap();
    assert_eq!((first.entries[0].id, oldest.entries.len(), gone.entries.len()), (10_002, 1, 0));
}

/// Views that count what they are asked, wait until they may go on, and fail when told to.
#[derive(Clone, Default)]
struct Fake(Arc<State>);

#[derive(Default)]
struct State {
    is_full: AtomicBool,
    is_open: AtomicBool,
    opened: HeadWatch,
    added: AtomicU64,
    removed: std::sync::Mutex<Vec<RemoveCommands>>,
}

impl Fake {
    fn open(&self) {
        self.0.is_open.store(true, Ordering::SeqCst);
        self.0.opened.moved();
    }
}

impl CommandEntries for Fake {
    async fn add_commands(&self, entries: Vec<CommandEntry>) -> Result<(), StoreError> {
        let Fake(state) = self;
        state.opened.until(|| state.is_open.load(Ordering::SeqCst).then_some(())).await;
        if state.is_full.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Full, "the disk is full"));
        }
        state.added.fetch_add(entries.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    async fn find_commands(&self, _: CommandQuery) -> Result<CommandPage, StoreError> {
        Ok(CommandPage::default())
    }

    async fn remove_commands(&self, which: RemoveCommands) -> Result<u64, StoreError> {
        let mut removed = self.0.removed.lock().unwrap();
        removed.push(which);
        // The first call leaves some.
        Ok(if removed.len() == 1 { RemoveCommands::ONCE_MAX.into() } else { 0 })
    }
}

#[tokio::test]
async fn a_log_that_fails_concerns_no_caller_and_is_told() {
    let (views, log) = {
        let views = Fake::default();
        (views.clone(), CommandLog::new(views))
    };
    views.open();
    views.0.is_full.store(true, Ordering::SeqCst);
    let app = App::new(MemoryStore::new()).with_middleware(log.clone());
    assert_eq!(app.execute(place(1)).await.unwrap().events.len(), 1);
    log.written().await;
    let health = log.health();
    assert_eq!((health.written, health.dropped, health.waiting), (0, 1, 0));
    assert_eq!(app.warnings(), ["the log of commands lacks 1 entries: the disk is full"]);
    // It goes on when there is room again, and still says what is missing.
    views.0.is_full.store(false, Ordering::SeqCst);
    app.execute(place(2)).await.unwrap();
    log.written().await;
    assert_eq!((views.0.added.load(Ordering::SeqCst), log.health().error), (1, None));
    assert_eq!(app.warnings(), ["the log of commands lacks 1 entries"]);
}

#[tokio::test]
async fn no_command_waits_for_views_that_do_not_answer() {
    let (views, log) = {
        let views = Fake::default();
        (views.clone(), CommandLog::new(views))
    };
    let app = App::new(MemoryStore::new()).with_middleware(log.clone());
    // The task takes the first one, and 4,096 fit beside it.
    app.execute(place(0)).await.unwrap();
    while log.health().waiting > 0 {
        tokio::task::yield_now().await;
    }
    for order in 1..=4_099 {
        app.execute(place(order)).await.unwrap();
    }
    assert_eq!((log.health().waiting, log.health().dropped), (4_096, 3));
    views.open();
    log.written().await;
    let health = log.health();
    assert_eq!((health.written, health.waiting, health.dropped), (4_097, 0, 3));
    assert_eq!(views.0.added.load(Ordering::SeqCst), 4_097);
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_removed_beside_the_commands() {
    let views = Fake::default();
    views.open();
    let log = CommandLog::new(views.clone()).keep_for(Duration::from_secs(60)).keep_newest(10);
    let app = App::new(MemoryStore::new()).with_middleware(log.clone());
    let before = Timestamp::now();
    for order in 0..3 {
        app.execute(place(order)).await.unwrap();
        log.written().await;
    }
    // Once a minute: by age until nothing is left, and then by count.
    let removed = views.0.removed.lock().unwrap().clone();
    let [RemoveCommands::BeganBefore(first), RemoveCommands::BeganBefore(second), RemoveCommands::AllButNewest(10)] =
        removed[..]
    else {
        panic!("{removed:?}");
    };
    assert!(first == second && first >= before - Duration::from_secs(60) && first < before, "{first} {before}");
}

#[test]
fn entries_of_a_runtime_that_ends_are_counted_as_dropped() {
    let (views, log) = {
        let views = Fake::default();
        (views.clone(), CommandLog::new(views))
    };
    let app = App::new(MemoryStore::new()).with_middleware(log.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        app.execute(place(1)).await.unwrap();
        tokio::task::yield_now().await;
        app.execute(place(2)).await.unwrap();
    });
    drop(runtime);
    assert_eq!((log.health().written, log.health().waiting, log.health().dropped), (0, 0, 2));
    // The next runtime serves it again.
    views.open();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        app.execute(place(3)).await.unwrap();
        log.written().await;
    });
    assert_eq!(log.health().written, 1);
}

#[tokio::test]
async fn stop_waits_until_entries_are_written() {
    let views = Fake::default();
    let app = App::new(MemoryStore::new()).with_middleware(CommandLog::new(views.clone())).start().await.unwrap();
    app.execute(place(1)).await.unwrap();
    let stopping = tokio::spawn(app.stop().into_future());
    tokio::task::yield_now().await;
    views.open();
    stopping.await.unwrap().unwrap();
    assert_eq!(views.0.added.load(Ordering::SeqCst), 1);
}

/// A command whose decider panics.
#[derive(Command)]
struct Break;

#[derive(Event, Serialize, Deserialize)]
struct Broken {}

#[decider(no_models)]
fn break_it(_: &Break) -> Broken {
    panic!("broken on purpose")
}

#[tokio::test]
async fn a_command_that_does_not_end_has_an_entry_too() {
    let log = CommandLog::new(MemoryViews::new());
    let app = App::new(MemoryStore::new()).with_middleware(log.clone());
    let panicking = app.clone();
    tokio::spawn(async move { panicking.execute(Break).await }).await.unwrap_err();
    let entry = only(&log, CommandQuery::new().command("Break")).await;
    assert_eq!((entry.outcome, entry.text.as_deref()), (OutcomeKind::Unknown, Some("it panicked")));

    let slow = App::new(MemoryStore::new()).with_middleware(log.clone()).with_middleware(Never);
    let dropped = tokio::time::timeout(Duration::from_millis(20), slow.execute(place(1))).await;
    assert!(dropped.is_err());
    let entry = only(&log, CommandQuery::new().command("PlaceOrder")).await;
    assert_eq!((entry.outcome, entry.text.as_deref()), (OutcomeKind::Unknown, Some("nobody waited for its end")));
}

/// Lets no command end.
struct Never;

impl eskit::middleware::Middleware for Never {
    async fn around(
        &self,
        _: &mut eskit::middleware::Call<'_>,
        _: eskit::middleware::Next<'_>,
    ) -> Result<eskit::middleware::Outcome, Denied> {
        std::future::pending().await
    }
}
