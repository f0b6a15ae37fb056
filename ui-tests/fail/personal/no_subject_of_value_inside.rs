use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Contact {
    phone: Personal<String>,
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    contacts: Vec<Contact>,
}

fn main() {}
