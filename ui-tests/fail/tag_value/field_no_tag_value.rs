use eskit::prelude::*;

#[derive(TagValue)]
struct CourseId(f64);

fn main() {}
