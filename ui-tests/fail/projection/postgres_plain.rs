use eskit::MemoryViews;
use eskit::prelude::*;

mod postgres {
    pub struct Tx;
}

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut postgres::Tx) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
