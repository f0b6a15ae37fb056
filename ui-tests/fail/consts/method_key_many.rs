use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
struct ItemSold {
    #[tag]
    sku: String,
}

#[aggregate(tag = "sku")]
#[derive(Default)]
struct Stock;

#[decider]
impl Stock {
    #[evolve]
    fn sold(&mut self, _: &ItemSold) {}

    #[decide]
    fn place(&self, _: &Place) -> Option<ItemSold> {
        None
    }
}

#[derive(Command)]
struct Place {
    #[tag("sku")]
    skus: Vec<String>,
}

fn main() {}
