//! Readers that are told what has changed in the read models of an app.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::pin::{Pin, pin};
use std::time::Duration;

use eskit::postgres::PostgresViews;
use eskit::prelude::*;
use eskit::rows::Rows;
use eskit::sqlite::SqliteViews;
use eskit::subscription::{Apply, Changed, Changes, Subscriber, TellChanges};
use eskit::{InMemory, MemoryTx, MemoryViews};
use futures_util::{Stream, StreamExt as _};

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
#[derive(Default, Serialize, Deserialize)]
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
    fn sell(&self, c: &Sell) -> Sold {
        Sold { item: c.item.clone() }
    }
}

struct Sales;

#[projection(name = "sales")]
impl Sales {
    #[on]
    fn sold(&self, event: &Sold, tx: &mut MemoryTx) {
        tx.put("sold", event.item.clone(), true.into());
        if event.item != "unnamed" {
            tx.changed(&event.item);
        }
    }
}

#[derive(Default)]
struct Total(u32);

#[projection(name = "total", memory)]
impl Total {
    #[on]
    fn sold(&mut self, _: &Sold) {
        self.0 += 1;
    }
}

/// What is told next.
async fn told(mut changes: Pin<&mut impl Stream<Item = Changed>>) -> Changed {
    tokio::time::timeout(Duration::from_secs(10), changes.next()).await.unwrap().unwrap()
}

async fn sell(app: &App<MemoryStore>, item: &str) {
    app.execute(Sell { item: item.to_owned() }).await.unwrap();
}

/// Listens to a read model when readers see it.
async fn listen<P: Subscriber>(views: &impl TellChanges) -> Changes {
    loop {
        let checkpoints = views.checkpoints().await.unwrap();
        if checkpoints.iter().any(|checkpoint| checkpoint.name == P::TYPE.name && checkpoint.is_active) {
            return views.changes::<P>().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn keys(names: &[&str]) -> Changed {
    Changed::Keys(names.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test]
async fn handlers_name_the_keys_that_they_change() {
    let views = MemoryViews::new();
    let app = App::new(MemoryStore::new()).with_projection(Sales, views.clone()).start().await.unwrap();
    let mut changes = pin!(listen::<Sales>(&views).await);
    sell(&app, "tea").await;
    assert_eq!(told(changes.as_mut()).await, keys(&["tea"]));
    sell(&app, "unnamed").await;
    assert_eq!(told(changes.as_mut()).await, Changed::All);
    app.rebuild::<Sales>().unwrap();
    assert_eq!(told(changes.as_mut()).await, Changed::All);
}

#[tokio::test]
async fn changes_are_collected_for_a_time() {
    let views = MemoryViews::new();
    let app = App::new(MemoryStore::new()).with_projection(Sales, views.clone()).start().await.unwrap();
    let mut changes = pin!(listen::<Sales>(&views).await.debounce(Duration::from_millis(400)));
    let sells = async {
        sell(&app, "tea").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        sell(&app, "milk").await;
    };
    let ((), found) = tokio::join!(sells, told(changes.as_mut()));
    assert_eq!(found, keys(&["milk", "tea"]));
}

#[tokio::test]
async fn a_projection_in_memory_tells_that_it_has_changed() {
    let total = InMemory::<Total>::default();
    let app = App::new(MemoryStore::new()).with_memory(&total).start().await.unwrap();
    let mut changes = pin!(total.changes());
    sell(&app, "tea").await;
    assert_eq!(told(changes.as_mut()).await, Changed::All);
    assert_eq!(total.read().0, 1, "a change is told before readers see it");
    let waits = tokio::time::timeout(Duration::from_millis(50), changes.next()).await;
    assert!(waits.is_err(), "{waits:?}");
    app.rebuild::<Total>().unwrap();
    assert_eq!(told(changes.as_mut()).await, Changed::All);
}

/// A row is told with its key, here at once and elsewhere after a look.
async fn rows_are_told<V: TellChanges + Apply<Rows<Item>>>(here: V, elsewhere: &impl TellChanges) {
    let app = App::new(MemoryStore::new()).with_rows::<Item>(here.clone()).start().await.unwrap();
    let mut own = pin!(listen::<Rows<Item>>(&here).await);
    let mut other = pin!(listen::<Rows<Item>>(elsewhere).await);
    for item in ["tea", "milk"] {
        sell(&app, item).await;
        while !told(own.as_mut()).await.contains(item) {}
        while !told(other.as_mut()).await.contains(item) {}
    }
    sell(&app, "salt").await;
    assert_eq!(told(own.as_mut()).await, keys(&["salt"]));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn rows_are_told_in_memory() {
    let views = MemoryViews::new();
    rows_are_told(views.clone(), &views).await;
}

#[tokio::test]
async fn rows_are_told_in_sqlite() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("changes");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let open = || SqliteViews::open(folder.join("views.db"));
    rows_are_told(open().await.unwrap(), &open().await.unwrap()).await;
}

#[tokio::test]
async fn rows_are_told_in_postgres() {
    let Some(database) = eskit_postgres::testing::database().await.unwrap() else { return };
    let open = async || PostgresViews::open(sqlx::PgPool::connect(database.dsn()).await.unwrap()).await.unwrap();
    rows_are_told(open().await, &open().await).await;
}
