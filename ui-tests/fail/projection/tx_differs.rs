use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};

mod sqlite {
    pub struct Tx;
}

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}

    #[on]
    fn taken(&self, _: &SeatTaken, _: &mut sqlite::Tx) {}
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
