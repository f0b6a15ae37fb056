use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[serde(skip)]
    student: u64,
    #[personal(subject = "student")]
    name: Option<String>,
}

fn main() {}
