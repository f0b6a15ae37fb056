use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
struct ItemSold {
    sku: String,
}

#[aggregate(stream = "sku")]
#[derive(Default)]
struct Stock;

#[decider]
impl Stock {
    #[evolve]
    fn sold(&mut self, _: &ItemSold) {}
}

#[derive(Command)]
struct Place {
    #[tag("sku")]
    skus: Vec<String>,
}

#[decider]
fn place(_: &Place, _: &Each<Stock>) -> Option<ItemSold> {
    None
}

fn main() {}
