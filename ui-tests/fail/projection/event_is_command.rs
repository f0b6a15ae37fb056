use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn define(&self, _: &DefineCourse, _: &mut MemoryTx) {}
}

#[derive(Command)]
struct DefineCourse {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
