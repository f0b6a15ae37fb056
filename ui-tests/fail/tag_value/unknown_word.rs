use eskit::prelude::*;

#[derive(TagValue)]
#[tag_value(key = "course")]
struct CourseId(String);

fn main() {}
