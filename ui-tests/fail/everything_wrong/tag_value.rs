use eskit::prelude::*;

#[derive(TagValue)]
#[tag_value]
#[tag_value(key = "course", crate = "eskit")]
struct CourseId {
    faculty: String,
    number: u32,
}

fn main() {}
