//! Orders that are paid and shipped.

use std::time::Duration;

use eskit::prelude::*;
use eskit::processor::OnRefused;

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

#[derive(Command)]
pub(crate) struct Pay {
    #[tag]
    pub(crate) order: u64,
}

#[derive(Command)]
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

pub(crate) fn order_of(event: &RecordedEvent) -> u64 {
    event.tags.iter().next().unwrap().value().parse().unwrap()
}

/// A processor of `Paid`, from its description and its body.
macro_rules! processor {
    ($type:ty, $name:literal, from $from:ident, $order:ident $on_error:ident, |$this:ident, $event:ident, $effect:ident| $act:expr) => {
        impl eskit::subscription::Subscriber for $type {
            const TYPE: &'static eskit::subscription::SubscriberType = &eskit::subscription::SubscriberType {
                name: $name,
                version: 1,
                order: eskit::subscription::Order::$order,
                on_error: eskit::subscription::OnError::$on_error,
                tables: "",
                rust_name: stringify!($type),
                location: eskit::model::SourceLocation { module: module_path!(), file: file!(), line: line!() },
            };
            const EVENTS: eskit::model::EventTypes = <crate::shop::Paid as Event>::TYPES;
            const ACTS: bool = true;
        }

        impl eskit::processor::Processor for $type {
            const FROM: eskit::subscription::Start = eskit::subscription::Start::$from;

            async fn act<'a>(
                &'a self,
                event: &'a RecordedEvent,
                effect: &'a mut eskit::processor::Effect<'_>,
            ) -> Result<bool, eskit::subscription::HandleError> {
                let ($this, $event, $effect) = (self, event, effect);
                $act
            }
        }
    };
}
pub(crate) use processor;

/// Ships what was paid.
#[derive(Default)]
pub(crate) struct Shipping {
    pub(crate) takes: Duration,
}

processor!(Shipping, "shipping", from Beginning, All Stop, |this, event, effect| {
    tokio::time::sleep(this.takes).await;
    let ship = Ship { order: order_of(event) };
    effect.execute_all(ship, OnRefused::Fail).await.map(|()| effect.has_executed())
});
