use eskit::prelude::*;

#[derive(Serialize, Deserialize)]
struct Address {
    street: Option<String>,
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    homes: Vec<Address>,
}

fn main() {}
