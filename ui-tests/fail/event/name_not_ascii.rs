use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct BestellungGeprüft {
    total: u64,
}

fn main() {}
