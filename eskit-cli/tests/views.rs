//! Checkpoints and parked events, and the log beside its schema lock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

#[path = "views/commands.rs"]
mod commands;
#[path = "views/steer.rs"]
mod steer;
#[path = "views/steps.rs"]
mod steps;
mod support;

use std::time::Duration;

use eskit::log::{LogId, StreamId};
use eskit::model::{EventTypes, SourceLocation};
use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::snapshots::{Fingerprint, Snapshots, SnapshotsOf, StoredSnapshot};
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit::subscription::{Apply, Handle, HandleAsync, HandleError, OnError, Order, State, Subscriber, SubscriberType};
use eskit::work::{NewWork, Work};
use eskit::{AnyStore, App, EventStore as _, RecordedEvent};
use eskit_postgres::testing;
use support::{Ended, Folder, block_on, command, golden, scrub, small_log};

/// A projection that cannot handle notes.
struct Orders;

impl Subscriber for Orders {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: "orders",
        version: 2,
        order: Order::Stream,
        on_error: OnError::Park,
        tables: "",
        rust_name: "Orders",
        location: SourceLocation { module: module_path!(), file: file!(), line: line!() },
    };
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

fn handle(event: &RecordedEvent) -> Result<bool, HandleError> {
    match event.name.as_str() {
        "shop.NoteTaken" => Err(HandleError::new("notes have no place\nhelp: make room")),
        _ => Ok(false),
    }
}

impl Handle<eskit::sqlite::Tx> for Orders {
    fn handle(&self, event: &RecordedEvent, _: &mut eskit::sqlite::Tx) -> Result<bool, HandleError> {
        handle(event)
    }
}

impl HandleAsync<eskit::postgres::Tx> for Orders {
    async fn handle(&self, event: &RecordedEvent, _: &mut eskit::postgres::Tx) -> Result<bool, HandleError> {
        handle(event)
    }
}

/// Follows the log to its end.
async fn follow<V: Apply<Orders>>(store: AnyStore, views: V) {
    let app = App::new(store).with_projection(Orders, views).start().await.unwrap();
    while app.health()[0].state != State::Live {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    app.stop().within(Duration::from_secs(10)).await.unwrap();
}

/// The places of a log and of views.
struct Place {
    log: String,
    views: String,
}

impl Place {
    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = command(arguments);
        command.env("ESKIT_STORE", &self.log).env("ESKIT_VIEWS", &self.views).output().unwrap().into()
    }

    fn check(&self) {
        let (mut tables, mut json) = (String::new(), String::new());
        for verb in [
            &["projections", "list"][..],
            &["projections", "show", "orders"],
            &["parked", "list"],
            &["parked", "show", "orders", "3"],
            &["store", "health"],
        ] {
            for (all, more) in [(&mut tables, &[][..]), (&mut json, &["--json"])] {
                let arguments = [verb, more].concat();
                let ended = self.run(&arguments);
                assert_eq!(ended.code, if verb[0] == "store" { 3 } else { 0 }, "{ended:?}");
                all.push_str(&format!("$ eskit {}\n{}{}\n", arguments.join(" "), ended.out, ended.err));
            }
        }
        golden("views.txt", &without_times(&tables));
        golden("views_json.txt", &scrub(&json, &["log", "saved_at", "parked_at", "text"]));
        self.drop();
    }

    fn drop(&self) {
        let drop = &["parked", "drop", "orders", "3"];
        let ended = self.run(drop);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(
            ended.err.contains("this would drop the event at position 3 from the parked events of `orders`"),
            "{ended:?}"
        );
        let ended = self.run(&[drop, &["--yes"][..]].concat());
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
        assert_eq!(self.run(&["parked", "list"]).out, "");
        for (arguments, told) in [
            (&["parked", "drop", "orders", "3", "--yes"][..], "`orders` version 2 has no parked event at position 3"),
            (&["parked", "show", "orders", "3", "--version", "1"], "the views have no checkpoint of `orders`"),
            (&["parked", "list", "oders"], "checkpoint of `oders`; did you mean `orders`?\nhelp: they have orders"),
            (
                &["projections", "show", "oders"],
                "checkpoint of `oders`; did you mean `orders`?\nhelp: they have orders",
            ),
        ] {
            let ended = self.run(arguments);
            assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
            assert!(ended.err.contains(told), "{ended:?}");
        }
        assert_eq!(self.run(&["store", "health"]).code, 0);
        for (arguments, told) in [
            (&["work", "list", "orders"][..], ""),
            (
                &["work", "list", "oders"],
                "there is no processor `oders`, and no item of a list `oders`; did you mean `orders`?\n",
            ),
            (&["events", "search", "--type", "shop.OrderPaid", "--before", "2"], ""),
            (
                &["events", "search", "--type", "shop.OderPaid"],
                "the log has no event of the type `shop.OderPaid`; did you mean `shop.OrderPaid`?\n",
            ),
            (
                &["events", "search", "--stream-type", "ordr"],
                "the log has no stream of the type `ordr`; did you mean `order`?\n",
            ),
            (&["events", "search", "--type", "nope", "--json"], "the log has no event of the type `nope`\n"),
        ] {
            let ended = self.run(arguments);
            assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, "", told), "{arguments:?}");
        }
    }
}

/// Puts `..` in place of times and durations of this run.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.ends_with('Z') && word.len() > 20;
    let words =
        |line: &str| line.split(' ').map(|word| if is_time(word) { ".." } else { word }).collect::<Vec<_>>().join(" ");
    let is_own = |line: &&str| ["answer  ", "replication  "].iter().any(|start| line.starts_with(start));
    text.lines().filter(|line| !is_own(line)).map(|line| words(line) + "\n").collect()
}

#[test]
fn on_sqlite() {
    let folder = Folder::new("views");
    block_on(async {
        let store = SqliteStore::open(folder.path("small.db")).await.unwrap();
        small_log(&store).await;
        follow(AnyStore::new(store), SqliteViews::open(folder.path("views.db")).await.unwrap()).await;
    });
    let place = Place { log: folder.dsn("small.db"), views: folder.dsn("views.db") };
    place.check();

    // After the log was replaced, its events are others.
    std::fs::rename(folder.path("small.db"), folder.path("old.db")).unwrap();
    block_on(async {
        let store = SqliteStore::open(folder.path("small.db")).await.unwrap();
        store.append(eskit::log::Append::new(vec![eskit::log::NewEvent::json("a.B", "{}")])).await.unwrap();
        store.close().await;
    });
    let ended = place.run(&["store", "health"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.contains("follows another log"), "{ended:?}");
}

#[test]
fn on_postgres() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    block_on(async {
        let store = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
        small_log(&store).await;
        let views = PostgresViews::options().schema("eskit_views").connect(database.dsn()).await.unwrap();
        follow(AnyStore::new(store), views).await;
    });
    let place = Place { log: database.dsn().to_owned(), views: database.dsn().to_owned() };
    place.check();
    let ended = place.run(&["projections", "list", "--views-schema", "other"]);
    assert_eq!((ended.code, ended.out.as_str()), (5, ""), "{ended:?}");
    assert!(ended.err.contains("there are no views in the schema `other`"), "{ended:?}");
}

#[test]
fn views_that_are_not_there_are_not_made() {
    let folder = Folder::new("no-views");
    block_on(async {
        let store = SqliteStore::open(folder.path("log.db")).await.unwrap();
        store.stream_info(&StreamId::new("a", "b")).await.unwrap();
        store.close().await;
    });
    for (views, code, told) in [
        (folder.dsn("views.db"), 5, "there are no views at `"),
        (folder.dsn("log.db"), 1, "is a log of eskit, not a catalogue of views"),
        (String::new(), 2, "no views are named\nhelp: write `--views"),
        ("mysql://u:secret@h/d".to_owned(), 2, "the DSN `mysql:..` names no views of this build"),
        ("postgres://u:secret@127.0.0.1:1/d".to_owned(), 5, "cannot connect to `127.0.0.1:1`"),
    ] {
        let place = Place { log: String::new(), views };
        let ended = place.run(&["projections", "list"]);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
        assert!(ended.err.contains(told) && !ended.err.contains("secret"), "{ended:?}");
    }
    assert!(!folder.path("views.db").exists());
}

/// Writes snapshots of two programs.
async fn keep_snapshots(views: &impl Snapshots) {
    let log = LogId::from_bytes([7; 16]);
    for (name, program) in [("account", 1), ("account", 2), ("order", 1)] {
        let snapshot = StoredSnapshot {
            key: "k".to_owned(),
            last: eskit::log::Place::new(eskit::log::Position::new(1), support::id(1)),
            version: 1,
            state: "{}".to_owned(),
            written_at: eskit::Timestamp::from_micros(1_764_500_000_000_000),
        };
        let of = SnapshotsOf { log, name, fingerprint: Fingerprint::new(program) };
        views.write_snapshots(of, vec![snapshot]).await.unwrap();
    }
}

impl Place {
    fn check_snapshots(&self) {
        let mut all = String::new();
        for arguments in [
            &["snapshots", "list"][..],
            &["snapshots", "list", "--json"],
            &["snapshots", "forget", "account", "--yes", "--json"],
            &["snapshots", "list"],
        ] {
            let ended = self.run(arguments);
            assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
            all.push_str(&format!("$ eskit {}\n{}\n", arguments.join(" "), ended.out));
        }
        golden("snapshots.txt", &all);
        let ended = self.run(&["snapshots", "forget", "order"]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains("this would forget all snapshots of `order`, 1 in number"), "{ended:?}");
        let ended = self.run(&["snapshots", "forget", "account", "--yes"]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.err.contains("there are no snapshots of `account`"), "{ended:?}");
    }
}

#[test]
fn snapshots_are_counted_and_forgotten() {
    let folder = Folder::new("snapshots");
    let place = Place { log: String::new(), views: folder.dsn("views.db") };
    block_on(async {
        let views = SqliteViews::open(folder.path("views.db")).await.unwrap();
        assert_eq!(place.run(&["snapshots", "list"]).out, "");
        keep_snapshots(&views).await;
    });
    place.check_snapshots();
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    block_on(async { keep_snapshots(&PostgresViews::options().connect(database.dsn()).await.unwrap()).await });
    Place { log: String::new(), views: database.dsn().to_owned() }.check_snapshots();
}

/// Adds items to a list.
async fn add_work(views: &impl Work) {
    let at = |second: i64| eskit::Timestamp::from_micros((1_764_500_000 + second) * 1_000_000);
    let item = |id: &str, payload: Option<&str>| NewWork {
        id: id.to_owned(),
        key: "o-1".to_owned(),
        kind: "remind".to_owned(),
        event: payload.is_none().then(|| eskit::log::Place::new(eskit::log::Position::new(3), support::id(3))),
        payload: payload.map(str::to_owned),
        due: at(7),
    };
    let items = vec![item("remind/1", Some("{ \"n\": 1.0 }")), item("remind/2", None), item("remind/3", None)];
    views.add_work("reminders", items).await.unwrap();
}

impl Place {
    fn check_work(&self) {
        let first = self.run(&["work", "list", "reminders", "--limit", "2"]);
        let lines: Vec<&str> = first.out.lines().collect();
        assert!(
            lines[0].ends_with("ID        KEY  KIND    STATE    DUE                          ATTEMPTS  ERROR"),
            "{first:?}"
        );
        assert!(
            lines[2].ends_with("remind/2  o-1  remind  waiting  2025-11-30T10:53:27.000000Z         0"),
            "{first:?}"
        );
        let last = lines[2].split_whitespace().next().unwrap();
        assert!(first.err.contains(&format!("go on with `--after {last}`")), "{first:?}");
        let rest = self.run(&["work", "list", "reminders", "--after", last]);
        assert!(rest.out.lines().count() == 2 && rest.out.contains("remind/3"), "{rest:?}");

        let mut all = String::new();
        for arguments in [
            &["work", "list", "reminders", "--json", "--after", "0"][..],
            &["work", "list", "reminders", "--parked"],
            &["work", "retry", "reminders", "remind/1", "--yes"],
            &["work", "cancel", "reminders", "remind/1", "--yes", "--json"],
            &["work", "list", "nothing"],
        ] {
            let ended = self.run(arguments);
            assert_eq!(ended.code, 0, "{ended:?}");
            all.push_str(&format!("$ eskit {}\n{}{}\n", arguments.join(" "), ended.out, ended.err));
        }
        // Numbers ascend, and each kind of views begins where it likes.
        golden("work.txt", &scrub(&all, &["opened_at", "number"]));
        for (arguments, code, told) in [
            (
                &["work", "retry", "reminders", "remind/1", "--yes"][..],
                1,
                "`reminders` has no item `remind/1` that waits",
            ),
            (&["work", "cancel", "reminders", "remind/1", "--yes"], 1, "`reminders` has no item `remind/1`\nhelp: "),
            (&["work", "cancel", "reminders", "remind/2"], 2, "this would remove the item `remind/2` of `reminders`"),
        ] {
            let ended = self.run(arguments);
            assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
            assert!(ended.err.contains(told), "{ended:?}");
        }
        assert_eq!(self.run(&["work", "list", "reminders", "--json"]).out.lines().count(), 2);
    }
}

#[test]
fn work_is_listed_retried_and_cancelled() {
    let folder = Folder::new("work");
    let place = Place { log: String::new(), views: folder.dsn("views.db") };
    block_on(async { add_work(&SqliteViews::open(folder.path("views.db")).await.unwrap()).await });
    place.check_work();
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    block_on(async { add_work(&PostgresViews::options().connect(database.dsn()).await.unwrap()).await });
    Place { log: String::new(), views: database.dsn().to_owned() }.check_work();
}
