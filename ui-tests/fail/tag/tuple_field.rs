use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced(#[tag] String);

fn main() {}
