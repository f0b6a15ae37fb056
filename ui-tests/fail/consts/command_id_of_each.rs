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

#[derive(TagValue)]
struct Line {
    #[tag]
    id: OrderId,
    quantity: u32,
}

#[derive(Command)]
struct AddStock {
    #[tag("sku")]
    lines: Vec<Line>,
}

#[aggregate(tag = "sku", key = Sku)]
#[derive(Default)]
struct Stock;

#[decider]
impl Stock {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}
}

#[decider]
fn add(c: &AddStock, stock: &Each<Stock>) -> Option<StockAdded> {
    (c.lines[0].quantity > 0 && !stock.is_empty()).then_some(StockAdded { sku: Sku(String::new()) })
}

fn main() {}
