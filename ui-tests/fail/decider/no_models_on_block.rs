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

#[decider(no_models)]
impl Stock {
    #[evolve]
    fn sold(&mut self, _: &ItemSold) {}
}

fn main() {}
