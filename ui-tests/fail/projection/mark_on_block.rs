use eskit::MemoryTx;
use eskit::prelude::*;

struct CourseList;

#[on]
impl CourseList {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
