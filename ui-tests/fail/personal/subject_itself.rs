use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    student: u64,
    #[personal(subject = "email")]
    email: Option<String>,
}

fn main() {}
