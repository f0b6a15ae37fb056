use eskit::prelude::*;
use eskit::{InMemory, MemoryTx};

#[derive(Default)]
struct CourseList {
    count: u32,
}

#[projection(name = "course-list", memory)]
impl CourseList {
    #[on]
    fn defined(&mut self, event: &CourseDefined, _: &mut MemoryTx) {
        self.count += event.course.len() as u32;
    }
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_memory(&InMemory::<CourseList>::default());
}
