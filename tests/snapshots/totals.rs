//! A projection in memory with snapshots, in any place.

use eskit::prelude::*;
use eskit::snapshots::{SnapshotProjection, Snapshots};
use eskit::{EventStore, InMemory, Running, SnapshotCounts, SnapshotOptions};
use std::collections::BTreeMap;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "totals.Sold")]
pub(crate) struct Sold {
    #[tag]
    item: String,
}

#[derive(Command)]
pub(crate) struct Sell {
    #[tag]
    pub(crate) item: String,
    pub(crate) times: u32,
}

#[aggregate(tag = "item")]
#[derive(Default)]
pub(crate) struct Item {
    sold: u32,
}

#[decider]
impl Item {
    #[evolve]
    fn sold(&mut self, _: &Sold) {
        self.sold += 1;
    }

    #[decide]
    fn sell(&self, c: &Sell) -> Vec<Sold> {
        (0..c.times).map(|_| Sold { item: c.item.clone() }).collect()
    }
}

#[derive(Default, Clone, Serialize, Deserialize, Shape, PartialEq, Debug)]
pub(crate) struct Totals {
    pub(crate) sold: BTreeMap<String, u32>,
}

impl Totals {
    pub(crate) fn all(&self) -> u32 {
        self.sold.values().sum()
    }
}

#[projection(name = "totals", memory)]
impl Totals {
    #[on]
    fn sold(&mut self, e: &Sold) -> Result<(), String> {
        *self.sold.entry(e.item.clone()).or_default() += 1;
        if e.item == "poison" { Err("it is poisoned".to_owned()) } else { Ok(()) }
    }
}

/// A program that was just started.
pub(crate) async fn start<P: SnapshotProjection + Default, S: EventStore + Clone + 'static>(
    store: &S,
    views: &impl Snapshots,
    options: SnapshotOptions,
) -> (Running<S>, InMemory<P>) {
    let totals = InMemory::default();
    let app = App::new(store.clone()).with_memory_snapshots(&totals, views.clone(), options);
    (app.start().await.unwrap(), totals)
}

/// Sells one after another, and waits until the projection has handled each and what it offers is written.
pub(crate) async fn sell<P: SnapshotProjection, S: EventStore + 'static>(app: &Running<S>, item: &str, times: u32) {
    for _ in 0..times {
        let sold = app.execute(Sell { item: item.to_owned(), times: 1 }).await.unwrap();
        app.caught_up::<P>(&sold).await.unwrap();
        app.snapshots_written().await;
    }
}

pub(crate) fn counts<P: SnapshotProjection, S: EventStore + 'static>(app: &Running<S>) -> SnapshotCounts {
    app.memory_snapshots::<P>().unwrap()
}

/// A program that is started again begins where its last snapshot was made. `open` opens the place anew, as another process does.
pub(crate) async fn story<V: Snapshots>(open: impl AsyncFn() -> V) {
    let (store, options) = (MemoryStore::new(), || SnapshotOptions::every(3));
    let (app, _) = start::<Totals, _>(&store, &open().await, options()).await;
    sell::<Totals, _>(&app, "tea", 7).await;
    assert_eq!((counts::<Totals, _>(&app).misses, counts::<Totals, _>(&app).written), (1, 2));
    app.stop().await.unwrap();

    let (app, totals) = start::<Totals, _>(&store, &open().await, options()).await;
    sell::<Totals, _>(&app, "milk", 2).await;
    let found = counts::<Totals, _>(&app);
    assert_eq!((found.hits, found.written, totals.read().all()), (1, 1, 9));
    assert_eq!(totals.read().sold["milk"], 2);
    app.stop().await.unwrap();
}
