use eskit::prelude::*;

#[aggregate(stream = "")]
#[derive(Default)]
struct Account {
    balance: i64,
}

fn main() {}
