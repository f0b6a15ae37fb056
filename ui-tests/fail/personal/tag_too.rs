use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    student: u64,
    #[tag]
    #[personal(subject = "student")]
    email: Option<String>,
}

fn main() {}
