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
}

#[derive(Command)]
struct Place {
    #[tag]
    sku: String,
}

#[decider(no_models = true)]
fn place(command: &Place) -> ItemSold {
    ItemSold { sku: command.sku.clone() }
}

fn main() {}
