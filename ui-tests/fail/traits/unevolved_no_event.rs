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

struct MailRequested;

#[decider(unevolved(MailRequested))]
fn place(_: &Place, _: &Stock) -> Option<ItemSold> {
    None
}

fn main() {}
