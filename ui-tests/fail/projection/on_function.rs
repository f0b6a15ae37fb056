use eskit::MemoryTx;
use eskit::prelude::*;

#[projection(name = "course-list")]
fn defined(_: &CourseDefined, _: &mut MemoryTx) {}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
