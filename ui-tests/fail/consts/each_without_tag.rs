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
    skus: Vec<String>,
}

#[decider]
fn place(command: &Place, _: &Each<Stock>) -> Vec<ItemSold> {
    command.skus.iter().map(|sku| ItemSold { sku: sku.clone() }).collect()
}

fn main() {}
