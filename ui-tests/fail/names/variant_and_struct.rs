use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales")]
struct Placed {
    total: u64,
}

#[derive(Event)]
#[event(context = "sales")]
enum Order {
    Placed { total: u64 },
}

fn main() {}
