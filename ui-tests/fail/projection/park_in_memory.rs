use eskit::InMemory;
use eskit::prelude::*;

#[derive(Default)]
struct CourseList {
    count: u32,
}

#[projection(name = "course-list", memory, on_error = "park")]
impl CourseList {
    #[on]
    fn defined(&mut self, _: &CourseDefined) {
        self.count += 1;
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
