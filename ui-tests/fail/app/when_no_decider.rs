use eskit::prelude::*;
use eskit::testing::given;

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
}

fn main() {
    given(()).when(TakeSeat { course: "c1".to_owned() }).then_error("the course is full").then_nothing();
}
