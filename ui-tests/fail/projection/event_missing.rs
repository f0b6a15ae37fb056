use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    fn defined(&self, tx: &mut MemoryTx) {
        let _ = tx;
    }
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
