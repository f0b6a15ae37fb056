use eskit::MemoryViews;
use eskit::prelude::*;

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, event: &CourseDefined) {
        let _ = event;
    }

    #[on]
    fn taken(&self, _: &SeatTaken) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
