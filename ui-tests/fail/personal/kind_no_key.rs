use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    id: u64,
    #[personal(subject = "id", kind = "Student")]
    name: Option<String>,
}

fn main() {}
