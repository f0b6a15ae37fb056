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

#[decider(unevolved(MailRequested))]
impl Stock {
    #[evolve]
    fn sold(&mut self, _: &ItemSold) {}

    #[decide]
    fn place(&self, command: &Place) -> ItemSold {
        ItemSold { sku: command.sku.clone() }
    }
}

#[derive(Command)]
struct Place {
    #[tag]
    sku: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
struct MailRequested {
    text: String,
}

fn main() {}
