use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal(subject = "student")]
    email: Option<String>,
    #[personal(subject = "email")]
    name: Option<String>,
}

fn main() {}
