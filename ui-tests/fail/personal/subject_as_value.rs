use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal = "student"]
    name: Option<String>,
}

fn main() {}
