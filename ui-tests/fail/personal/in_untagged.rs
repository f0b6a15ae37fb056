use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Address {
    id: u64,
    #[personal(subject = "id", kind = "student")]
    street: Option<String>,
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(untagged)]
enum Place {
    Home(Address),
    Number(u8),
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    place: Place,
}

fn main() {}
