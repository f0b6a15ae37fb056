use eskit::MemoryViews;
use eskit::prelude::*;

struct CourseList;

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
