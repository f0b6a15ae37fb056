use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    student: u64,
    #[personal(subject = "studnet")]
    name: Option<String>,
}

fn main() {}
