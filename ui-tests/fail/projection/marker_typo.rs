use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}

    #[table]
    const SQL: &str = "CREATE TABLE courses (id TEXT PRIMARY KEY)";
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
