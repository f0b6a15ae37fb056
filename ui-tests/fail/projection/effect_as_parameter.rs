use eskit::processor::Effect;
use eskit::prelude::*;

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    async fn defined(&self, _: &CourseDefined, _: &mut Effect<'_>) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
