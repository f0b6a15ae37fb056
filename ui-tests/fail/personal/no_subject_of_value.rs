use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    name: eskit::Personal<String>,
}

fn main() {}
