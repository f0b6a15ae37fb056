use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal(subject = "student", forgotten = None)]
    name: Option<String>,
}

fn main() {}
