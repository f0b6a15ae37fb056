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

#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
struct ItemSold {
    #[tag]
    sku: Option<OrderId>,
}

#[aggregate(tag = "sku")]
#[derive(Default)]
struct Stock;

#[decider]
impl Stock {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}

    #[evolve]
    fn sold(&mut self, _: &ItemSold) {}
}

fn main() {}
