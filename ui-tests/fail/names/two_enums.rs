use eskit::prelude::*;

#[derive(Event)]
#[event(context = "sales")]
enum Order {
    Placed { total: u64 },
}

#[derive(Event)]
#[event(context = "sales")]
enum Shipment {
    Placed { place: String },
}

fn main() {}
