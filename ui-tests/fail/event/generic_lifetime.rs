use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced<'a> {
    customer: &'a str,
}

fn main() {}
