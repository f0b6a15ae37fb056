use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal(subject = "student")]
    name: String,
}

fn main() {}
