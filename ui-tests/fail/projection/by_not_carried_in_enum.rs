use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};

struct CourseList;

#[projection(name = "course-list", by = "course")]
impl CourseList {
    #[on]
    fn changed(&self, _: &Changed, _: &mut MemoryTx) {}
}

#[derive(Event)]
#[event(context = "campus")]
enum Changed {
    CourseDefined {
        #[tag]
        course: String,
    },
    TermOpened {
        course: String,
    },
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_projection(CourseList, MemoryViews::new());
}
