use eskit::prelude::*;

#[aggregate(stream("account", "owner"))]
#[derive(Default)]
struct Account {
    balance: i64,
}

fn main() {}
