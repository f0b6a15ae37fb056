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

#[derive(Command)]
struct AddStock {
    #[tag]
    sku: OrderId,
}

#[aggregate(tag = "sku")]
#[derive(Default)]
struct Stock;

#[decider]
impl Stock {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}
}

#[decider]
fn add(_: &AddStock, _: &Stock) -> Option<StockAdded> {
    None
}

fn main() {}
