use eskit::prelude::*;

#[derive(Event)]
enum Order {
    Placed {
        #[tag]
        total: f64,
    },
}

fn main() {}
