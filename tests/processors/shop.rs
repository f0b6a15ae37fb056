//! Orders that are paid and shipped.

use std::time::Duration;

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct Paid {
    #[tag]
    pub(crate) order: u64,
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct Shipped {
    #[tag]
    pub(crate) order: u64,
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct Packed {
    #[tag]
    pub(crate) order: u64,
}

#[derive(Command)]
pub(crate) struct Pack {
    #[tag]
    pub(crate) order: u64,
}

#[derive(Command)]
pub(crate) struct Pay {
    #[tag]
    pub(crate) order: u64,
}

#[derive(Command, Debug)]
pub(crate) struct Ship {
    #[tag]
    pub(crate) order: u64,
}

#[aggregate(tag = "order")]
#[derive(Default)]
pub(crate) struct Order {
    is_shipped: bool,
}

#[decider]
impl Order {
    #[evolve]
    fn paid(&mut self, _: &Paid) {}

    #[evolve]
    fn shipped(&mut self, _: &Shipped) {
        self.is_shipped = true;
    }

    #[evolve]
    fn packed(&mut self, _: &Packed) {}

    #[decide]
    fn pack(&self, c: &Pack) -> Packed {
        Packed { order: c.order }
    }

    #[decide]
    fn pay(&self, c: &Pay) -> Paid {
        Paid { order: c.order }
    }

    #[decide]
    fn ship(&self, c: &Ship) -> Result<Shipped, &'static str> {
        if self.is_shipped { Err("it was shipped already") } else { Ok(Shipped { order: c.order }) }
    }
}

pub(crate) type Shop = App<MemoryStore>;

pub(crate) fn shop() -> Shop {
    App::new(MemoryStore::new())
}

/// The events `Shipped` of a log.
pub(crate) async fn shipped(app: &App<impl EventStore>) -> Vec<RecordedEvent> {
    let query = Query::of::<Shipped>();
    app.store().read(&query, ReadOptions::default()).await.unwrap().events
}

/// The events `Packed` of a log.
pub(crate) async fn packed(app: &App<impl EventStore>) -> Vec<RecordedEvent> {
    app.store().read(&Query::of::<Packed>(), ReadOptions::default()).await.unwrap().events
}

pub(crate) fn order_of(event: &RecordedEvent) -> u64 {
    event.tags.iter().next().unwrap().value().parse().unwrap()
}

/// Ships what was paid.
#[derive(Default)]
pub(crate) struct Shipping {
    pub(crate) takes: Duration,
}

#[processor(name = "shipping", from = "beginning")]
impl Shipping {
    #[on(refused = "fail")]
    async fn paid(&self, event: &Paid) -> Ship {
        tokio::time::sleep(self.takes).await;
        Ship { order: event.order }
    }
}
