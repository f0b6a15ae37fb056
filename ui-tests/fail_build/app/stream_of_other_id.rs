use eskit::prelude::*;

#[derive(TagValue, Serialize, Deserialize, Clone)]
struct Sku(String);

#[derive(TagValue, Serialize, Deserialize, Clone)]
struct OrderId(String);

#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
struct StockAdded {
    #[tag]
    sku: Sku,
}

#[aggregate(stream = "sku")]
#[derive(Default)]
struct Stock;

#[decider]
impl Stock {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}
}

fn main() {
    drop(eskit::log::StreamId::of::<Stock>(OrderId("1".to_owned())));
}
