use eskit::prelude::*;

#[derive(Command)]
struct Enroll {
    #[tag]
    student: u64,
    #[personal(subject = "student")]
    name: Option<String>,
}

fn main() {}
