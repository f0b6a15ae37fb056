use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Address {
    id: u64,
    #[personal(subject = "id", kind = "student")]
    street: Option<String>,
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal(subject = "student")]
    home: Option<Address>,
}

fn main() {}
