use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(codec = "protobuf")]
struct Enrolled {
    student: u64,
    #[personal(subject = "student")]
    name: Option<String>,
}

fn main() {}
