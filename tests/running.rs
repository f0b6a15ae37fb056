//! An app whose subscriptions follow the log: started, waited for, steered and stopped.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use eskit::log::{Append, NewEvent, Position};
use eskit::model::{EventTypes, SourceLocation};
use eskit::prelude::*;
use eskit::subscription::{Handle, HandleError, HandleMut, OnError, Order, State, Subscriber, SubscriberType};
use eskit::{InMemory, MemoryTx, MemoryViews, NotCaughtUp, Running, StartError};

#[derive(Event, Serialize, Deserialize)]
struct Sold {
    #[tag]
    item: String,
}

#[derive(Command)]
struct Sell {
    #[tag]
    item: String,
}

#[aggregate(tag = "item")]
#[derive(Default)]
struct Item {
    sold: u32,
}

#[decider]
impl Item {
    #[evolve]
    fn sold(&mut self, _: &Sold) {
        self.sold += 1;
    }

    #[decide]
    fn sell(&self, c: &Sell) -> Option<Sold> {
        (c.item != "nothing").then(|| Sold { item: c.item.clone() })
    }
}

const fn subscriber(name: &'static str, on_error: OnError) -> SubscriberType {
    SubscriberType {
        name,
        version: 1,
        order: Order::Tag("item"),
        on_error,
        tables: "",
        rust_name: "T",
        location: SourceLocation { module: module_path!(), file: file!(), line: 1 },
    }
}

/// How many were sold in all.
#[derive(Default)]
struct Total(u32);

impl Subscriber for Total {
    const TYPE: &'static SubscriberType = &subscriber("total", OnError::Stop);
    const EVENTS: EventTypes = Sold::TYPES;
}

impl HandleMut for Total {
    fn handle(&mut self, _: &RecordedEvent) -> Result<bool, HandleError> {
        self.0 += 1;
        Ok(true)
    }
}

/// How many were sold of each item. Selling `poison` fails while it is broken.
struct PerItem;

static IS_BROKEN: AtomicBool = AtomicBool::new(true);

impl Subscriber for PerItem {
    const TYPE: &'static SubscriberType = &subscriber("per-item", OnError::Park);
    const EVENTS: EventTypes = Sold::TYPES;
}

impl Handle<MemoryTx> for PerItem {
    fn handle(&self, event: &RecordedEvent, tx: &mut MemoryTx) -> Result<bool, HandleError> {
        let sold: Sold = event.decode()?;
        if sold.item == "poison" && IS_BROKEN.load(Ordering::Relaxed) {
            return Err(HandleError::new("it is poisoned"));
        }
        let count = tx.get("sold", &sold.item).and_then(serde_json::Value::as_u64).unwrap_or_default();
        tx.put("sold", sold.item, (count + 1).into());
        Ok(true)
    }
}

#[allow(clippy::unwrap_used, reason = "part of tests")]
async fn sell(app: &App<MemoryStore>, item: &str) -> Executed<Item> {
    app.execute(Sell { item: item.to_owned() }).await.unwrap()
}

#[tokio::test]
async fn a_program_reads_what_it_has_just_written() {
    let (store, total) = (MemoryStore::new(), InMemory::<Total>::default());
    sell(&App::new(store.clone()), "old").await;
    let app = App::new(store).with_memory(&total).start().await.unwrap();
    for count in 2..50 {
        let done = sell(&app, "new").await;
        app.caught_up::<Total>(&done).await.unwrap();
        assert_eq!((total.read().0, total.read().place()), (count, done.events[0].place()));
    }
    // A decision without events has nothing to wait for.
    let nothing = sell(&app, "nothing").await;
    app.caught_up::<Total>(&nothing).within(Duration::ZERO).await.unwrap();

    app.pause::<Total>().unwrap();
    let paused = |health: Vec<eskit::subscription::Health>| health[0].state == State::Paused;
    while !paused(app.health()) {
        tokio::task::yield_now().await;
    }
    let done = sell(&app, "new").await;
    let late = app.caught_up::<Total>(&done).within(Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(late.to_string(), "`total` is paused at position 49, and did not reach position 50 within 20ms");
    app.resume::<Total>().unwrap();
    app.caught_up::<Total>(&done).await.unwrap();
    assert_eq!(app.health()[0].lag_events(), 0);

    app.rebuild::<Total>().unwrap();
    let done = sell(&app, "new").await;
    app.caught_up::<Total>(&done).await.unwrap();
    assert_eq!(total.read().0, 51);

    app.stop().await.unwrap();
    let done = sell(&app, "new").await;
    assert!(matches!(app.caught_up::<Total>(&done).await, Err(NotCaughtUp::Failed(_))));
    assert_eq!((total.read().0, app.health()[0].state), (51, State::Stopped));
}

#[tokio::test]
async fn what_is_parked_is_listed_and_replayed() {
    let views = MemoryViews::new();
    let options = {
        let mut options = eskit::subscription::FollowOptions::default();
        options.retry = eskit::RetryPolicy::attempts(2).with_delays(Duration::ZERO, Duration::ZERO);
        options
    };
    let app = App::new(MemoryStore::new()).with_follow_options(options).with_projection(PerItem, views.clone());
    let app = app.start().await.unwrap();
    for item in ["poison", "fine", "poison"] {
        sell(&app, item).await;
    }
    app.caught_up::<PerItem>(Position::new(3)).await.unwrap();
    let sold = || views.table::<PerItem>("sold").into_iter().map(|(item, n)| format!("{item} {n}")).collect::<Vec<_>>();
    assert_eq!(sold(), ["fine 1"]);
    let parked = app.parked::<PerItem>().unwrap();
    let list = parked.list().await.unwrap();
    let listed: Vec<_> = list.iter().map(|parked| (parked.position.get(), &*parked.text, parked.attempts)).collect();
    assert_eq!(listed, [(1, "it is poisoned", 2), (3, "", 0)]);

    assert!(parked.replay("poison").await.is_err());
    IS_BROKEN.store(false, Ordering::Relaxed);
    assert_eq!(parked.replay("poison").await.unwrap(), 2);
    assert_eq!(sold(), ["fine 1", "poison 2"]);
    assert!(parked.list().await.unwrap().is_empty());
    assert!(!parked.drop(Position::new(1)).await.unwrap());
    app.stop().await.unwrap();
}

#[tokio::test]
async fn two_projections_of_one_name_do_not_start() {
    let app = App::new(MemoryStore::new()).with_memory(&InMemory::<Total>::default());
    let error = app.with_memory(&InMemory::<Total>::default()).start().await.unwrap_err();
    assert!(matches!(error, StartError::SameName { .. }));
    assert!(error.to_string().starts_with("`running::T` was added twice"), "{error}");
}

#[tokio::test]
async fn a_projection_that_was_not_added_is_named() {
    let app = App::new(MemoryStore::new()).start().await.unwrap();
    let error = app.caught_up::<Total>(Position::START).await.unwrap_err();
    assert!(error.to_string().starts_with("`total` was not added to this app\nhelp: "), "{error}");
    assert!(app.pause::<Total>().is_err() && app.parked::<PerItem>().is_err());
}

/// The smallest of executors: polls again when it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let (mut context, mut future) = (Context::from_waker(&waker), pin!(future));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Handlers run in no runtime of ours: any executor will do.
#[test]
fn subscriptions_run_in_any_runtime() {
    let total = InMemory::<Total>::default();
    block_on(async {
        let app = App::new(MemoryStore::new()).with_memory(&total);
        let spawn = |task| drop(std::thread::spawn(move || block_on(task)));
        let app = app.start_on(spawn).await.unwrap();
        let done = sell(&app, "new").await;
        app.caught_up::<Total>(&done).await.unwrap();
        app.stop().await.unwrap();
    });
    assert_eq!(total.read().0, 1);
}

/// Stops at the second event.
struct Fragile;

impl Subscriber for Fragile {
    const TYPE: &'static SubscriberType = &subscriber("fragile", OnError::Stop);
    const EVENTS: EventTypes = Sold::TYPES;
}

impl Handle<MemoryTx> for Fragile {
    #[allow(clippy::panic, reason = "what a handler may do")]
    fn handle(&self, event: &RecordedEvent, _: &mut MemoryTx) -> Result<bool, HandleError> {
        if event.position.get() == 2 { panic!("out of order") } else { Ok(true) }
    }
}

#[tokio::test]
async fn a_projection_that_fails_says_so_and_can_be_resumed() {
    let mut options = eskit::subscription::FollowOptions::default();
    options.retry = eskit::RetryPolicy::never();
    let app = App::new(MemoryStore::new()).with_follow_options(options);
    let app = app.with_projection(Fragile, MemoryViews::new()).start().await.unwrap();
    sell(&app, "a").await;
    let done = sell(&app, "b").await;
    let failed = app.failed().await;
    assert_eq!((failed.state, failed.place.position.get()), (State::Failed, 1));
    let why = "the handler of `eskit-tests.Sold` at position 2 failed: the handler panicked: out of order";
    assert_eq!(failed.error.as_deref(), Some(why));
    let waited = app.caught_up::<Fragile>(&done).await.unwrap_err();
    assert_eq!(waited.to_string(), format!("`fragile` version 1 failed: {why}"));
    app.resume::<Fragile>().unwrap();
    while app.health()[0].handled == 0 && app.health()[0].state == State::Failed {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.failed().await.error.as_deref(), Some(why));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn subscriptions_end_with_the_last_clone_of_the_app() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let weak = std::sync::Arc::downgrade(&store);
    let app = App::new(store).with_memory(&InMemory::<Total>::default());
    let app = app.with_projection(PerItem, MemoryViews::new()).start().await.unwrap();
    let clone = app.clone();
    drop(app);
    assert_eq!(clone.health().len(), 2);
    drop(clone);
    while weak.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

/// What is resumed or built anew the moment it has failed does so, and whoever waits for it waits for that.
#[tokio::test]
async fn what_has_failed_goes_on_at_once_when_it_is_asked_to() {
    static BROKEN: AtomicBool = AtomicBool::new(true);
    struct Mended;
    impl Subscriber for Mended {
        const TYPE: &'static SubscriberType = &subscriber("mended", OnError::Stop);
        const EVENTS: EventTypes = Sold::TYPES;
    }
    impl Handle<MemoryTx> for Mended {
        fn handle(&self, _: &RecordedEvent, _: &mut MemoryTx) -> Result<bool, HandleError> {
            if BROKEN.load(Ordering::Relaxed) { Err(HandleError::new("broken")) } else { Ok(true) }
        }
    }
    let mut options = eskit::subscription::FollowOptions::default();
    options.retry = eskit::RetryPolicy::never();
    for how in [Running::resume::<Mended>, Running::rebuild::<Mended>] {
        BROKEN.store(true, Ordering::Relaxed);
        let app = App::new(MemoryStore::new()).with_follow_options(options.clone());
        let app = app.with_projection(Mended, MemoryViews::new()).start().await.unwrap();
        let done = sell(&app, "a").await;
        assert_eq!(app.failed().await.error.as_deref().map(|error| error.ends_with("failed: broken")), Some(true));
        BROKEN.store(false, Ordering::Relaxed);
        how(&app).unwrap();
        app.caught_up::<Mended>(&done).await.unwrap();
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_rebuild_is_waited_for() {
    let views = MemoryViews::new();
    let app = App::new(MemoryStore::new()).with_projection(PerItem, views.clone()).start().await.unwrap();
    let done = sell(&app, "fine").await;
    for _ in 0..20 {
        app.rebuild::<PerItem>().unwrap();
        app.caught_up::<PerItem>(&done).await.unwrap();
        assert_eq!(views.table::<PerItem>("sold").len(), 1);
    }
    app.stop().await.unwrap();
}

/// A log that no longer holds the checkpoint stops the start, and the way out is open.
#[tokio::test]
async fn a_read_model_is_built_anew_after_its_log_was_restored() {
    let (store, views) = (MemoryStore::new(), MemoryViews::new());
    let app = || App::new(store.clone()).with_projection(PerItem, views.clone());
    let running = app().start().await.unwrap();
    sell(&running, "kept").await;
    let backup = store.backup();
    let lost = sell(&running, "lost").await;
    running.caught_up::<PerItem>(&lost).await.unwrap();
    running.stop().await.unwrap();
    store.restore(&backup);
    let error = app().start().await.unwrap_err();
    assert!(error.to_string().contains("with `with_rebuild` before `start`"), "{error}");
    let running = app().with_rebuild::<PerItem>().start().await.unwrap();
    running.caught_up::<PerItem>(Position::new(1)).await.unwrap();
    assert_eq!(views.table::<PerItem>("sold").into_keys().collect::<Vec<_>>(), ["kept"]);
    running.stop().await.unwrap();
    let error = app().with_rebuild::<Total>().start().await.unwrap_err();
    assert!(matches!(error, StartError::Unknown(_)), "{error}");
}

/// A store that is closed under its subscriptions: they fail once, and again each time that they are asked to go on, but not over and
/// over.
#[tokio::test]
async fn a_log_that_is_closed_makes_nobody_busy() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("closed-under-subscriptions");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let store = SqliteStore::open(folder.join("log.db")).await.unwrap();
    let app = App::new(store.clone()).with_memory(&InMemory::<Total>::default()).start().await.unwrap();
    store.close().await;
    assert_eq!(app.failed().await.state, State::Failed);
    for _ in 0..3 {
        app.rebuild::<Total>().unwrap();
        // It would go round for ever if it did not wait for the next wish.
        assert_eq!(app.failed().await.state, State::Failed);
    }
    let changes = || app.health()[0].clone();
    let before = changes();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(before, changes());
    app.stop().await.unwrap();
    drop(app);
    // A task that goes round without an await would never let this one end.
    tokio::time::timeout(Duration::from_secs(5), tokio::task::yield_now()).await.unwrap();
}

#[tokio::test]
async fn a_log_of_the_package_under_its_former_name_is_warned_of() {
    let of = |name: &str| NewEvent::json(name.to_owned(), r#"{"item":"pen"}"#);
    let start = async |names: &[&str]| {
        let store = MemoryStore::new();
        if !names.is_empty() {
            store.append(Append::new(names.iter().map(|name| of(name)).collect::<Vec<_>>())).await.unwrap();
        }
        let running = App::new(store).with_memory(&InMemory::<Total>::default()).start().await.unwrap();
        let warnings = running.warnings();
        running.stop().await.unwrap();
        warnings
    };
    let warnings = start(&["shop.Sold", "shop.Sold"]).await;
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.contains("begin with `eskit-tests.`"), "{warning}");
    assert!(warning.contains("help: if the package was renamed, write `#[event(context = \"shop\")]`"), "{warning}");
    for names in [&[][..], &["eskit-tests.Sold"], &["shop.Sold", "eskit-tests.Sold"], &["shop.Sold", "shop.Bought"]] {
        assert_eq!(start(names).await, [""; 0], "{names:?}");
    }
}
