use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats {
    taken: std::rc::Rc<u32>,
}

fn main() {}
