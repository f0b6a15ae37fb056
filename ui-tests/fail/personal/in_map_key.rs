use eskit::prelude::*;

use std::collections::BTreeMap;

#[derive(Shape, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    id: u64,
    #[personal(subject = "id", kind = "student")]
    street: Option<String>,
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    homes: BTreeMap<Address, u8>,
}

fn main() {}
