use eskit::prelude::*;

#[derive(Serialize, Deserialize)]
struct OrderId(u64);

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: OrderId,
}

fn main() {}
