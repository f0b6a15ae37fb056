use eskit::MemoryTx;
use eskit::prelude::*;

struct CourseList;

#[projection(nam = "Courses", version = 0, by = "Course ID", on_error = "retry", memory = 1)]
impl CourseList {
    #[tables]
    fn sql() {}

    #[on(CourseDefined)]
    fn defined(self, _: CourseDefined, _: u32, _: &MemoryTx) -> impl Sized {}

    #[onn]
    fn nothing(&self) {}

    #[on]
    fn number(&mut self, _: &u32, _: &mut MemoryTx) {}

    #[on]
    async fn acts(&self, _: &App<MemoryStore>) {}

    #[on]
    #[caught_up]
    unsafe fn first(&self, _: &mut MemoryTx, _: &CourseDefined) {}

    #[caught_up]
    fn ready(&mut self) {}
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
