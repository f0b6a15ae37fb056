use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn paid(&self, _: &OrderPaid, _: &mut MemoryTx) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_processor(CourseList, MemoryViews::new());
}
