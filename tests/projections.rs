//! What `#[projection]` makes of an impl block.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use std::sync::atomic::{AtomicU32, Ordering};

use eskit::log::NewEvent;
use eskit::model::{Emit, Registry};
use eskit::prelude::*;
use eskit::subscription::{Handle, HandleAsync, HandleError, HandleMut, OnError, Order, Subscriber};
use eskit::{InMemory, MemoryTx, MemoryViews};
use serde_json::json;

#[derive(Event, Serialize, Deserialize)]
#[event(alias = "shelf.Started")]
struct Opened {
    #[tag]
    shelf: String,
}

#[derive(Event, Serialize, Deserialize)]
struct Filled {
    #[tag]
    shelf: String,
    count: u64,
}

#[derive(Event, Serialize, Deserialize)]
struct Emptied {
    #[tag]
    shelf: String,
}

#[derive(Event)]
enum Changed {
    Filled(Filled),
    Emptied(Emptied),
    Moved {
        #[tag]
        shelf: String,
        to: String,
    },
}

/// A column of each shelf, in views.
struct ShelfList;

#[projection(name = "shelf-list", version = 3, by = "shelf", on_error = "park")]
impl ShelfList {
    #[tables]
    const SQL: &str = "CREATE TABLE shelves (id TEXT PRIMARY KEY)";

    #[on]
    fn opened(&self, event: &Opened, at: &Timestamp, recorded: &RecordedEvent, tx: &mut MemoryTx) {
        assert_eq!(*at, recorded.recorded_at);
        tx.put("shelves", event.shelf.clone(), json!({ "opened": recorded.position.get() }));
    }

    #[on]
    fn changed(&self, event: &Changed, tx: &mut MemoryTx) -> Result<(), String> {
        match event {
            Changed::Filled(Filled { shelf, count: 0 }) => return Err(format!("nothing was put on {shelf}")),
            Changed::Filled(Filled { shelf, count }) => tx.put("shelves", shelf.clone(), json!(count)),
            Changed::Emptied(Emptied { shelf }) => tx.remove("shelves", shelf),
            Changed::Moved { shelf, to } => tx.put("shelves", shelf.clone(), json!(to)),
        }
        Ok(())
    }

    #[caught_up]
    fn ready(&self) {
        CAUGHT_UP.fetch_add(1, Ordering::Relaxed);
    }

    /// Not marked: it stays as it is.
    fn name() -> &'static str {
        Self::TYPE.name
    }
}

static CAUGHT_UP: AtomicU32 = AtomicU32::new(0);

/// What another event than those of the shelves counts as.
#[derive(Default, Debug, PartialEq)]
struct Counts {
    filled: u64,
    others: Vec<String>,
}

#[projection(name = "counts", memory)]
impl Counts {
    #[on]
    fn filled(&mut self, event: &Filled) {
        self.filled += event.count;
    }

    #[on]
    fn anything(&mut self, event: &RecordedEvent) {
        self.others.push(event.name.to_string());
    }

    #[cfg(any())]
    #[on]
    fn absent(&mut self, _: &Emptied) {
        self.filled = 0;
    }
}

/// Its transaction is waited for.
struct Waited(Vec<String>);

struct Report;

#[projection(name = "report", on_error = "skip", by = "stream")]
impl Report {
    #[on]
    async fn opened(&self, event: &Opened, tx: &mut Waited) {
        tokio::task::yield_now().await;
        tx.0.push(event.shelf.clone());
    }

    #[on]
    async fn filled(&self, event: &Filled, tx: &mut Waited) -> Result<(), std::fmt::Error> {
        tokio::task::yield_now().await;
        tx.0.push(event.count.to_string());
        if event.count == 0 { Err(std::fmt::Error) } else { Ok(()) }
    }
}

fn shelf() -> String {
    "a".to_owned()
}

async fn recorded(events: impl Emit) -> Vec<RecordedEvent> {
    let store = MemoryStore::new();
    store.append(Append::new(NewEvent::encode(&events).unwrap())).await.unwrap();
    store.read(&Query::all(), ReadOptions::default()).await.unwrap().events
}

#[test]
fn the_words_of_the_attribute_describe_the_projection() {
    let list = ShelfList::TYPE;
    assert_eq!((list.name, list.version, list.rust_name), ("shelf-list", 3, "ShelfList"));
    assert_eq!((list.order, list.on_error), (Order::Tag("shelf"), OnError::Park));
    assert_eq!(list.tables, "CREATE TABLE shelves (id TEXT PRIMARY KEY)");
    assert_eq!(ShelfList::name(), "shelf-list");
    let mut names = ShelfList::EVENTS.names();
    names.sort_unstable();
    let own = ["Emptied", "Filled", "Moved", "Opened"].map(|name| format!("eskit-tests.{name}"));
    assert_eq!(names[..4], own);
    assert_eq!(names[4], "shelf.Started");
    let (counts, report) = (Counts::TYPE, Report::TYPE);
    assert_eq!((counts.version, counts.order, counts.on_error, counts.tables), (1, Order::All, OnError::Stop, ""));
    assert_eq!((report.order, report.on_error), (Order::Stream, OnError::Skip));
    let take_all = [Counts::TAKES_ALL, ShelfList::TAKES_ALL, Report::TAKES_ALL];
    assert_eq!(take_all, [true, false, false]);
    assert_eq!(Counts::EVENTS.names(), ["eskit-tests.Filled"]);
}

#[tokio::test]
async fn events_reach_their_methods_through_an_app() {
    let (views, counts) = (MemoryViews::new(), InMemory::<Counts>::default());
    let app = App::new(MemoryStore::new()).with_projection(ShelfList, views.clone()).with_memory(&counts);
    let running = app.start().await.unwrap();
    let (a, b) = (shelf(), "b".to_owned());
    let events = (
        Opened { shelf: a.clone() },
        Filled { shelf: a.clone(), count: 7 },
        Opened { shelf: b.clone() },
        Changed::Moved { shelf: b.clone(), to: "attic".to_owned() },
        Opened { shelf: "c".to_owned() },
        Emptied { shelf: "c".to_owned() },
    );
    let appended = running.store().append(Append::new(NewEvent::encode(&events).unwrap())).await.unwrap();
    let last = *appended.positions.last().unwrap();
    running.caught_up::<ShelfList>(last).await.unwrap();
    running.caught_up::<Counts>(last).await.unwrap();

    let rows = views.table::<ShelfList>("shelves");
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), [(a, json!(7)), (b, json!("attic"))]);
    assert_eq!(counts.read().filled, 7);
    assert_eq!(counts.read().others.len(), 5);
    assert!(CAUGHT_UP.load(Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn the_result_of_a_method_is_the_result_of_its_event() {
    let events = recorded((Filled { shelf: shelf(), count: 0 }, Emptied { shelf: shelf() })).await;
    let mut tx = Waited(Vec::new());
    let error = HandleAsync::handle(&Report, &events[0], &mut tx).await.unwrap_err();
    assert!(error.downcast_ref::<std::fmt::Error>().is_some() && !error.is_permanent());
    assert_eq!(tx.0, ["0"]);
    assert!(!HandleAsync::handle(&Report, &events[1], &mut tx).await.unwrap());

    let opened = recorded(Opened { shelf: shelf() }).await;
    assert!(HandleAsync::handle(&Report, &opened[0], &mut tx).await.unwrap());
    assert_eq!(tx.0, ["0", "a"]);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_fails_for_good() {
    let mut unread = recorded(Filled { shelf: shelf(), count: 1 }).await.remove(0);
    unread.payload = b"{}".to_vec();
    let error: HandleError = HandleMut::handle(&mut Counts::default(), &unread).unwrap_err();
    assert!(error.is_permanent(), "{error}");
    assert!(error.to_string().contains("eskit-tests.Filled"), "{error}");
    // No method decodes it.
    let mut counts = Counts::default();
    unread.name = "eskit-tests.Other".into();
    assert!(HandleMut::handle(&mut counts, &unread).unwrap());
    assert_eq!(counts, Counts { filled: 0, others: vec!["eskit-tests.Other".to_owned()] });
}

#[test]
fn the_registry_lists_projections() {
    let registry = Registry::collect();
    let names: Vec<&str> = registry.projections().map(|(projection, _)| projection.name).collect();
    assert_eq!(names, ["counts", "report", "shelf-list", "shelves"]);
    let json = registry.to_json();
    let counts = &json["projections"][0];
    assert_eq!(counts["type"], "Counts");
    assert_eq!(counts["version"], 1);
    assert_eq!(counts["events"], json!(["eskit-tests.Filled"]));
    assert_eq!(counts["takes_all"], true);
    assert!(counts["source"]["file"].as_str().unwrap().ends_with("projections.rs"), "{counts}");
    fn _writes_with_memory(list: &ShelfList) -> &impl Handle<MemoryTx> {
        list
    }
}

mod in_sqlite {
    use eskit::sqlite::{self, SqliteViews, rusqlite};

    use super::*;

    struct Shelves;

    #[projection(name = "shelves")]
    impl Shelves {
        #[tables]
        const SQL: &str = "CREATE TABLE shelves (id TEXT PRIMARY KEY, items INT NOT NULL)";

        #[on]
        fn opened(&self, event: &Opened, tx: &mut sqlite::Tx) -> rusqlite::Result<()> {
            tx.execute("INSERT INTO shelves VALUES (?1, 0)", [&event.shelf])?;
            Ok(())
        }

        #[on]
        fn filled(&self, event: &Filled, _: &RecordedEvent, tx: &mut sqlite::Tx) -> rusqlite::Result<()> {
            tx.execute(
                "UPDATE shelves SET items = items + ?2 WHERE id = ?1",
                (&event.shelf, i64::try_from(event.count).unwrap()),
            )?;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_projection_keeps_its_rows_in_a_file() {
        let folder = std::env::temp_dir().join(format!("eskit-projections-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let views = SqliteViews::open(folder.join("views.db")).await.unwrap();
        let app = App::new(MemoryStore::new()).with_projection(Shelves, views.clone()).start().await.unwrap();
        let events = (Opened { shelf: shelf() }, Filled { shelf: shelf(), count: 7 });
        let appended = app.store().append(Append::new(NewEvent::encode(&events).unwrap())).await.unwrap();
        app.caught_up::<Shelves>(appended.positions[1]).await.unwrap();
        let items: i64 = views
            .read::<Shelves, _>(|rows| rows.query_row("SELECT items FROM shelves", [], |row| row.get(0)))
            .await
            .unwrap();
        assert_eq!(items, 7);
        app.stop().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
