use eskit::MemoryTx;
use eskit::prelude::*;

struct List<T>(T);

#[projection(name = "course-list")]
impl<T> List<T> {
    #[on]
    fn defined(&self, _: &CourseDefined, _: &mut MemoryTx) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
