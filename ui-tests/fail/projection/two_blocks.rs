use eskit::MemoryTx;
use eskit::prelude::*;

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}
}

#[projection(name = "term-list")]
impl CourseList {
    #[on]
    fn taken(&self, _: &SeatTaken, _: &mut MemoryTx) {}
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

fn main() {}
