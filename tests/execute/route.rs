//! Where the events of a decider function go that carry no tag of a stream.

use eskit::log::{StreamId, StreamVersion};
use eskit::prelude::*;
use eskit_tests::scripted::names;

use crate::scripted;

#[derive(Event, Serialize, Deserialize)]
struct ParcelPacked {
    #[tag]
    sku: String,
}

#[derive(Event, Serialize, Deserialize)]
struct ItemTaken {
    #[tag]
    sku: String,
}

#[derive(Event, Serialize, Deserialize)]
struct ParcelSent;

#[derive(Command, Clone)]
struct Pack {
    #[tag]
    parcel: u64,
    #[tag]
    sku: String,
}

#[derive(Command)]
struct Send {
    #[tag]
    parcel: u64,
}

#[derive(Command)]
struct Take {
    #[tag]
    parcel: u64,
    #[tag]
    sku: String,
}

#[aggregate(stream = "parcel")]
#[derive(Default, Debug, PartialEq)]
struct Parcel {
    items: u32,
    sent: bool,
}

#[decider]
impl Parcel {
    #[evolve]
    fn packed(&mut self, _: &ParcelPacked) {
        self.items += 1;
    }

    #[evolve]
    fn sent(&mut self, _: &ParcelSent) {
        self.sent = true;
    }
}

#[aggregate(tag = "sku")]
#[derive(Default, Debug, PartialEq)]
struct Shelf {
    packed: u32,
    taken: u32,
}

#[decider]
impl Shelf {
    #[evolve]
    fn packed(&mut self, _: &ParcelPacked) {
        self.packed += 1;
    }

    #[evolve]
    fn taken(&mut self, _: &ItemTaken) {
        self.taken += 1;
    }
}

#[decider]
fn send(_: &Send, parcel: &Parcel) -> Option<ParcelSent> {
    (parcel.items > 0).then_some(ParcelSent)
}

#[decider]
fn take(command: &Take, parcel: &Parcel, _: &Shelf) -> Option<ItemTaken> {
    (!parcel.sent).then(|| ItemTaken { sku: command.sku.clone() })
}

#[decider]
fn pack(command: &Pack, shelf: &Shelf, parcel: &Parcel) -> Option<(ItemTaken, ParcelPacked)> {
    let sku = command.sku.clone();
    (!parcel.sent && shelf.taken < 2).then(|| (ItemTaken { sku: sku.clone() }, ParcelPacked { sku }))
}

fn parcel(version: u64) -> Option<StreamVersion> {
    Some(StreamVersion { stream: StreamId::new("parcel", "7"), version })
}

#[tokio::test]
async fn an_event_goes_to_the_only_stream_whose_model_evolves_it() {
    let app = scripted();
    let packed = app.execute(Pack { parcel: 7, sku: "a".into() }).await.unwrap();
    assert_eq!(names(&packed.events), ["ItemTaken", "ParcelPacked"]);
    let streams: Vec<_> = packed.events.iter().map(|event| event.stream.clone()).collect();
    // What only the model by tag evolves stands in no stream; what both evolve is found by its tag, too.
    assert_eq!(streams, [None, parcel(1)]);
    assert_eq!(packed.state, (Shelf { packed: 1, taken: 1 }, Parcel { items: 1, sent: false }));
    assert_eq!(app.load::<Shelf>("a").await.unwrap().state, Shelf { packed: 1, taken: 1 });

    let sent = app.execute(Send { parcel: 7 }).await.unwrap();
    assert!(sent.events[0].tags.is_empty());
    assert_eq!(sent.events[0].stream, parcel(2));
    assert_eq!(app.load::<Parcel>(7_u64).await.unwrap().state, Parcel { items: 1, sent: true });
    assert!(app.execute(Pack { parcel: 7, sku: "a".into() }).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn an_event_that_only_a_model_by_tag_evolves_goes_to_no_stream() {
    let app = scripted();
    let taken = app.execute(Take { parcel: 7, sku: "a".into() }).await.unwrap();
    assert_eq!(taken.events[0].stream, None);
    assert_eq!(app.load::<Shelf>("a").await.unwrap().taken, 1);
    assert_eq!(app.load::<Parcel>(7_u64).await.unwrap().version, 0);
}
