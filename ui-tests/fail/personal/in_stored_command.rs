use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Address {
    id: u64,
    #[personal(subject = "id", kind = "student")]
    street: Option<String>,
}

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct Enroll {
    #[tag]
    student: u64,
    home: Address,
}

fn main() {}
