use eskit::prelude::*;

#[derive(Event)]
enum Order {
    #[event(crate = eskit)]
    Placed { total: u64 },
}

fn main() {}
