use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[personal(subject = "student")]
struct Enrolled {
    student: u64,
}

fn main() {}
