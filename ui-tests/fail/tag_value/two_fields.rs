use eskit::prelude::*;

#[derive(TagValue)]
struct CourseId {
    faculty: String,
    number: u32,
}

fn main() {}
