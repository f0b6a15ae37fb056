use eskit::prelude::*;

#[aggregate(stream = "Bank Account")]
#[derive(Default)]
struct Account {
    balance: i64,
}

fn main() {}
