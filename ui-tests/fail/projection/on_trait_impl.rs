use eskit::prelude::*;

struct CourseList;

#[projection(name = "course-list")]
impl Default for CourseList {
    fn default() -> CourseList {
        CourseList
    }
}

fn main() {}
