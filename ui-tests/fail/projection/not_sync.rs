use eskit::MemoryTx;
use eskit::prelude::*;

struct CourseList {
    seen: std::cell::Cell<u32>,
}

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {
        self.seen.set(1);
    }
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
