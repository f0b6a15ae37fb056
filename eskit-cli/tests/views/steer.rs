//! Projections that are steered from outside of the program that runs them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eskit::log::{Append, NewEvent, Position};
use eskit::model::{EventTypes, SourceLocation};
use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit::subscription::{
    Apply, FollowOptions, Handle, HandleAsync, HandleError, OnError, Order, State, Subscriber, SubscriberType,
};
use eskit::{AnyStore, App, EventStore as _, RecordedEvent, RetryPolicy, Running};
use eskit_postgres::testing;

use super::Place;
use super::support::{Ended, Folder, golden, scrub};

/// A projection that cannot handle some notes for a while.
struct Notes {
    fails: Arc<AtomicBool>,
}

impl Subscriber for Notes {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: "notes",
        version: 1,
        order: Order::Stream,
        on_error: OnError::Park,
        tables: "",
        rust_name: "Notes",
        location: SourceLocation { module: module_path!(), file: file!(), line: line!() },
    };
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl Notes {
    fn handle_now(&self, event: &RecordedEvent) -> Result<bool, HandleError> {
        match event.name.as_str() {
            "a.Bad" if self.fails.load(Ordering::Relaxed) => Err(HandleError::new("notes have no place")),
            _ => Ok(true),
        }
    }
}

impl Handle<eskit::sqlite::Tx> for Notes {
    fn handle(&self, event: &RecordedEvent, _: &mut eskit::sqlite::Tx) -> Result<bool, HandleError> {
        self.handle_now(event)
    }
}

impl HandleAsync<eskit::postgres::Tx> for Notes {
    async fn handle(&self, event: &RecordedEvent, _: &mut eskit::postgres::Tx) -> Result<bool, HandleError> {
        self.handle_now(event)
    }
}

async fn append(store: &AnyStore, name: &str) -> Position {
    store.append(Append::new(vec![NewEvent::json(name, "{}")])).await.unwrap().last()
}

impl Place {
    async fn start<V: Apply<Notes>>(&self, store: &AnyStore, views: V, fails: &Arc<AtomicBool>) -> Running<AnyStore> {
        let mut options = FollowOptions::default();
        options.heed_every = Duration::from_millis(20);
        options.retry = RetryPolicy::never();
        let notes = Notes { fails: Arc::clone(fails) };
        App::new(store.clone()).with_follow_options(options).with_projection(notes, views).start().await.unwrap()
    }

    async fn check_steering<V: Apply<Notes>>(&self, store: AnyStore, views: V) {
        let fails = Arc::new(AtomicBool::new(true));
        append(&store, "a.Good").await;
        append(&store, "a.Bad").await;
        let app = self.start(&store, views.clone(), &fails).await;
        app.caught_up::<Notes>(Position::new(2)).await.unwrap();
        app.stop().within(Duration::from_secs(10)).await.unwrap();

        let mut all = String::new();
        let mut golden_run = |arguments: &[&str], code: i32| {
            let ended = self.run(arguments);
            assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
            all.push_str(&format!("$ eskit {}\n{}{}\n", arguments.join(" "), ended.out, ended.err));
        };
        // No program runs.
        golden_run(&["projections", "pause", "notes", "--yes", "--json"], 0);
        golden_run(&["projections", "pause", "notes", "--yes", "--wait", "0"], 5);
        golden_run(&["projections", "list"], 0);
        golden_run(&["projections", "show", "notes", "--json"], 0);

        let app = self.start(&store, views.clone(), &fails).await;
        golden_run(&["projections", "show", "notes"], 0);
        assert_eq!(app.health()[0].state, State::Paused);
        let third = append(&store, "a.Good").await;
        golden_run(&["projections", "pause", "notes", "--yes", "--wait", "30"], 0);
        golden_run(&["projections", "resume", "notes", "--yes", "--wait", "30"], 0);
        app.caught_up::<Notes>(third).await.unwrap();
        golden_run(&["parked", "replay", "notes", "2", "--yes", "--wait", "30"], 1);
        fails.store(false, Ordering::Relaxed);
        golden_run(&["parked", "replay", "notes", "--all", "--yes", "--wait", "30", "--json"], 0);
        golden_run(&["projections", "rebuild", "notes", "--yes", "--wait", "30", "--json"], 0);
        app.caught_up::<Notes>(third).await.unwrap();
        golden_run(&["projections", "reset", "notes", "--to", "1", "--yes", "--wait", "30"], 1);
        golden_run(&["projections", "show", "notes"], 0);
        app.stop().within(Duration::from_secs(10)).await.unwrap();
        let text = scrub(&all, &["log", "saved_at", "asked_at", "paused_at", "ended_at", "event"]);
        golden("steer.txt", &without_times(&text));

        for (arguments, code, told) in [
            (&["projections", "pause", "notes"][..], 2, "this would pause `notes` version 1, and nobody is there"),
            (&["projections", "reset", "notes", "--to", "7"], 2, "set back to position 7, which repeats its effects"),
            (&["projections", "rebuild", "nots", "--yes"], 1, "the views have no checkpoint of `nots`"),
            (&["projections", "rebuild", "notes", "--yes", "--version", "7"], 1, "the views have no checkpoint of"),
            (&["parked", "replay", "notes", "2", "--yes"], 1, "`notes` version 1 has no parked event at position 2"),
            (&["parked", "replay", "notes", "--yes"], 2, "required arguments were not provided"),
        ] {
            let ended: Ended = self.run(arguments);
            assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
            assert!(ended.err.contains(told), "{ended:?}");
        }
    }
}

fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.trim_end_matches([',', ':', ';']).ends_with('Z') && word.len() > 20;
    let words =
        |line: &str| line.split(' ').map(|word| if is_time(word) { ".." } else { word }).collect::<Vec<_>>().join(" ");
    text.lines().map(|line| words(line) + "\n").collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

#[test]
fn on_sqlite() {
    let folder = Folder::new("steer");
    let place = Place { log: folder.dsn("log.db"), views: folder.dsn("views.db") };
    block_on(async {
        let store = AnyStore::new(SqliteStore::open(folder.path("log.db")).await.unwrap());
        place.check_steering(store, SqliteViews::open(folder.path("views.db")).await.unwrap()).await;
    });
}

#[test]
fn on_postgres() {
    block_on(async {
        let Some(database) = testing::database().await.unwrap() else { return };
        let place = Place { log: database.dsn().to_owned(), views: database.dsn().to_owned() };
        let store = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
        let views = PostgresViews::options().schema("eskit_views").connect(database.dsn()).await.unwrap();
        place.check_steering(AnyStore::new(store), views).await;
    });
}
