//! Two versions of a program side by side, as in a rolling deploy: what the old one cannot read, or does not know, waits for the new one.

pub(crate) mod deploy;
mod named;
mod new;
mod old;

use std::path::Path;
use std::time::Duration;

use eskit::log::Page;
use eskit::prelude::*;
use eskit::processor::{Acted, OnRefused};
use eskit::subscription::{Apply, State};
use eskit::testing::TestClock;
use eskit::work::{ListWork, Work, WorkItem};
use eskit::{MemoryViews, QueueOptions, Running};

use crate::killed::folder;
use named::Named;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "rolling.Weighed")]
pub(crate) struct Weighed {
    #[tag]
    pub(crate) parcel: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "rolling.Sent")]
pub(crate) struct Sent {
    #[tag]
    pub(crate) parcel: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "rolling.Labelled")]
pub(crate) struct Labelled {
    #[tag]
    pub(crate) parcel: u64,
}

pub(crate) type Old = Named<old::Parcels>;
pub(crate) type New = Named<new::Parcels>;

const FAIL: QueueOptions = QueueOptions::on_refused(OnRefused::Fail);

/// The old program.
fn old<S: EventStore + 'static, V: Apply<Acted<Old>> + Work>(store: S, views: V, folder: &Path) -> App<S> {
    let app = App::new(store).with_queue::<old::Order>("orders", views.clone(), FAIL);
    app.with_processor(Named(old::Parcels { folder: folder.to_owned() }), views)
}

/// The new one.
fn new<S: EventStore + 'static, V: Apply<Acted<New>> + Work>(store: S, views: V, folder: &Path) -> App<S> {
    let app = App::new(store).with_queue::<new::Order>("orders", views.clone(), FAIL);
    app.with_processor(Named(new::Parcels { folder: folder.to_owned() }), views)
}

async fn to_dos<P: eskit::processor::Processor>(app: &Running<MemoryStore>) -> Vec<WorkItem> {
    app.todos::<P>().unwrap().list(ListWork::default()).await.unwrap()
}

/// The parcels of events of a type, in order.
async fn parcels(store: &impl EventStore, query: &Query) -> Vec<u64> {
    let page: Page = store.read(query, ReadOptions::default()).await.unwrap();
    let mut parcels: Vec<u64> = page.events.iter().map(crate::shop::order_of).collect();
    parcels.sort_unstable();
    parcels
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// It would find nothing to do, and close them.
#[tokio::test]
async fn an_old_program_leaves_the_to_dos_of_methods_that_it_does_not_have() {
    let (store, views, files) = (MemoryStore::new(), MemoryViews::new(), folder("rolling-unknown"));
    // To this one, nothing that was opened is due.
    let clock = TestClock::at(Timestamp::from_micros(0));
    let opening = new(store.clone(), views.clone(), &files).with_clock(&clock).start().await.unwrap();
    App::new(store.clone()).execute(old::Order { parcel: 1 }).await.unwrap();
    opening.settle().await.unwrap();
    assert_eq!(to_dos::<New>(&opening).await.len(), 2);
    opening.stop().await.unwrap();

    let old = old(store.clone(), views.clone(), &files).start().await.unwrap();
    old.settle().await.unwrap();
    let left = to_dos::<Old>(&old).await;
    let left: Vec<_> = left.iter().map(|item| (item.key.as_str(), item.kind.as_str(), item.attempts)).collect();
    assert_eq!(left, [("label-1", "rolling.Weighed@1", 0)]);

    let new = new(store.clone(), views, &files).start().await.unwrap();
    new.settle().await.unwrap();
    assert_eq!(parcels(&store, &Query::of::<Sent>()).await, [1]);
    assert_eq!(parcels(&store, &Query::of::<Labelled>()).await, [1]);
    assert_eq!(to_dos::<New>(&new).await, []);
    old.stop().await.unwrap();
    new.stop().await.unwrap();
}

/// Although it says that an event whose method fails is skipped.
#[tokio::test]
async fn an_old_program_stops_before_an_event_of_a_newer_version() {
    let (store, views, files) = (MemoryStore::new(), MemoryViews::new(), folder("rolling-newer"));
    let old = old(store.clone(), views.clone(), &files).start().await.unwrap();
    let new = new(store.clone(), views, &files);
    new.execute(new::Order { parcel: 1, is_express: true }).await.unwrap();
    until(|| old.health()[0].state == State::Failed).await;
    assert_eq!(old.health()[0].place, Place::START);
    let new = new.start().await.unwrap();
    new.settle().await.unwrap();
    assert_eq!(parcels(&store, &Query::of::<Sent>()).await, [1]);
    assert_eq!(parcels(&store, &Query::of::<Labelled>()).await, [1]);
    old.stop().await.unwrap();
    new.stop().await.unwrap();
}

/// No try is counted: the command is not at fault, and the old program is not either.
#[tokio::test]
async fn an_old_program_leaves_a_command_whose_state_is_newer() {
    let (store, views) = (MemoryStore::new(), MemoryViews::new());
    let once = FAIL.attempts(1);
    let old = App::new(store.clone()).with_queue::<old::Order>("orders", views.clone(), once).start().await.unwrap();
    let new = App::new(store.clone()).with_queue::<new::Order>("orders", views.clone(), once);
    new.execute(new::Order { parcel: 1, is_express: true }).await.unwrap();
    new.enqueue(new::Order { parcel: 2, is_express: true }).await.unwrap();
    old.enqueue(old::Order { parcel: 1 }).await.unwrap();
    let told = || old.work_health()[0].error.clone().unwrap_or_default();
    until(|| told().contains("is newer than version 1")).await;
    let items = old.queue("orders").unwrap().list(ListWork::default()).await.unwrap();
    let items: Vec<_> = items.iter().map(|item| (item.kind.as_str(), item.text.as_str())).collect();
    assert_eq!(items, [("rolling.Order@2", ""), ("rolling.Order@1", "")]);
    let new = new.start().await.unwrap();
    new.settle().await.unwrap();
    assert_eq!(parcels(&store, &Query::of::<new::Ordered>()).await, [1, 1, 2]);
    old.stop().await.unwrap();
    new.stop().await.unwrap();
}
