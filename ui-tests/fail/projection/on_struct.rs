use eskit::prelude::*;

#[projection(name = "course-list")]
struct CourseList;

fn main() {}
