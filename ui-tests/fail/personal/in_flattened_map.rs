use eskit::prelude::*;

use std::collections::BTreeMap;

#[derive(Shape, Serialize, Deserialize)]
struct Address {
    id: u64,
    #[personal(subject = "id", kind = "student")]
    street: Option<String>,
}

#[derive(Shape, Serialize, Deserialize)]
struct Homes {
    #[serde(flatten)]
    all: BTreeMap<String, Address>,
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    homes: Homes,
}

fn main() {}
