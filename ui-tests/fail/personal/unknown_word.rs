use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal(subjekt = "student")]
    name: Option<String>,
}

fn main() {}
