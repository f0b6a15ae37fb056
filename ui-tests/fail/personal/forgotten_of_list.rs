use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal(subject = "student", forgotten = "?")]
    names: Vec<String>,
}

fn main() {}
