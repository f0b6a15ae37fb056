use eskit::prelude::*;

struct Waited;

impl Waited {
    async fn wait(&mut self) {}
}

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    async fn defined(&self, _: &CourseDefined, tx: &mut Waited) {
        let count = std::rc::Rc::new(1);
        tx.wait().await;
        drop(count);
    }
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
