use eskit::prelude::*;

#[derive(TagValue)]
struct CourseId;

fn main() {}
