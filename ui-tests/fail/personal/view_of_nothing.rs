use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Left {
    #[tag]
    student: u64,
}

#[derive(Default)]
struct Names;

#[projection(name = "names", memory, personal = "none")]
impl Names {
    #[on]
    fn enrolled(&mut self, _: &Left) {}
}

fn main() {}
