use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Address {
    id: u64,
    street: Option<String>,
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal(subject = "student")]
    #[serde(flatten)]
    home: Option<Address>,
}

fn main() {}
