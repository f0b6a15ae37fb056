use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    student: u64,
    #[personal(forgotten = "?")]
    name: String,
}

fn main() {}
