use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    #[personal(subject = "student")]
    name: Option<String>,
}

fn main() {}
