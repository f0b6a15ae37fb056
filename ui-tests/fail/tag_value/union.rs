use eskit::prelude::*;

#[derive(TagValue)]
union CourseId {
    number: u64,
}

fn main() {}
