use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    student: u64,
    #[personal(subject = "student")]
    name: Option<String>,
}

#[derive(Default)]
struct Names;

#[projection(name = "names", memory, personal = "nothing")]
impl Names {
    #[on]
    fn enrolled(&mut self, _: &Enrolled) {}
}

fn main() {}
