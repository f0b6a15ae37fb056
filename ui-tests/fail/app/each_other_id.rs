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
struct Place {
    #[tag]
    order: OrderId,
    #[tag("sku")]
    products: Vec<Sku>,
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
fn place(c: &Place, stock: &Each<Stock>) -> Option<StockAdded> {
    let _ = &stock[&c.order];
    c.products.first().map(|sku| StockAdded { sku: sku.clone() })
}

fn main() {}
