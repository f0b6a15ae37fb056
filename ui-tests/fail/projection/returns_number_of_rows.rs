use eskit::prelude::*;

mod postgres {
    pub struct Tx;
}

struct CourseList;

#[projection(name = "course-list")]
impl CourseList {
    #[on]
    async fn defined(&self, _: &CourseDefined, _: &mut postgres::Tx) -> Result<u64, std::fmt::Error> {
        Ok(1)
    }
}

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

fn main() {}
