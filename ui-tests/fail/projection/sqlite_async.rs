use eskit::MemoryViews;
use eskit::prelude::*;

mod sqlite {
    pub struct Tx;
}

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    async fn defined(&self, _: &CourseDefined, _: &mut sqlite::Tx) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
