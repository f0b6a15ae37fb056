use eskit::prelude::*;

struct Foreign;

#[derive(Shape)]
struct Price {
    #[shape(String)]
    amount: Foreign,
}

fn main() {}
