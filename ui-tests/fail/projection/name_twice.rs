use eskit::MemoryTx;
use eskit::prelude::*;

mod lists {
    use super::*;

    struct CourseList;

    #[projection(name = "course-list")]
    impl CourseList {
        #[on]
        fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}
    }
}

struct Courses;

#[projection(name = "course-list", version = 2)]
impl Courses {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
