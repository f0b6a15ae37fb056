use eskit::MemoryViews;
use eskit::prelude::*;

struct Transaction<'a>(&'a str);

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut Transaction<'_>) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
