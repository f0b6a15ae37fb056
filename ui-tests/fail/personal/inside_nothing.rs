use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Address {
    street: String,
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    home: Address,
}

fn main() {}
