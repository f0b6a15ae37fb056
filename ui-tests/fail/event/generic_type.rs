use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced<T> {
    total: T,
}

fn main() {}
