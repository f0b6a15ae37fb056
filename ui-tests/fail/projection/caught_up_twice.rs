use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[caught_up]
    fn ready(&self) {}

    #[caught_up]
    fn go(&self) {}

    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
