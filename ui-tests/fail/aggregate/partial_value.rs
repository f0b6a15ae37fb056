use eskit::prelude::*;

#[aggregate(stream = "account", partial = true)]
#[derive(Default)]
struct Account {
    balance: i64,
}

fn main() {}
