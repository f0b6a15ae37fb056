use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    students: Vec<u64>,
    #[personal(subject = "students", kind = "student")]
    name: Option<String>,
}

fn main() {}
