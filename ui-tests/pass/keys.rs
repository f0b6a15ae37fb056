//! What is to compile where the key of an aggregate is stated.

use eskit::prelude::*;

#[derive(TagValue, Serialize, Deserialize, Clone)]
struct Sku(String);

#[derive(Event, Serialize, Deserialize)]
struct StockAdded {
    #[tag]
    sku: Sku,
    #[tag]
    shelf: String,
    #[tag]
    row: u64,
}

#[derive(Command)]
struct AddStock {
    #[tag]
    sku: Sku,
    #[tag]
    shelf: String,
}

#[aggregate(tag = "sku", key = Sku)]
#[derive(Default)]
struct Stock;

#[decider]
impl Stock {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}

    #[decide]
    fn add(&self, c: &AddStock) -> StockAdded {
        StockAdded { sku: c.sku.clone(), shelf: c.shelf.clone(), row: 1 }
    }
}

#[aggregate(tag = "shelf", key = String)]
#[derive(Default)]
struct Shelf;

#[decider]
impl Shelf {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}
}

#[aggregate(tag("shelf", "row"), key = (str, u64))]
#[derive(Default)]
struct Row;

#[decider]
impl Row {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}
}

/// Nothing is known of its key, so each tag value serves.
#[aggregate(tag = "row")]
#[derive(Default)]
struct Rows;

#[decider]
impl Rows {
    #[evolve]
    fn added(&mut self, _: &StockAdded) {}
}

fn main() {
    let app = App::new(MemoryStore::new());
    let (sku, shelf) = (Sku("1".to_owned()), "a".to_owned());
    drop(app.load::<Stock>(&sku));
    drop(app.load::<Stock>(sku));
    drop(app.load::<Shelf>("a"));
    drop(app.load::<Shelf>(&shelf));
    drop(app.load::<Row>((&shelf, 2)));
    drop(app.load::<Row>((shelf, &2)));
    drop(app.load::<Rows>(7));
    drop(app.load::<Rows>(&"7"));
}
