use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Moved {
    #[tag]
    account: String,
}

#[derive(Command)]
struct Transfer {
    #[tag("account")]
    from: String,
}

#[aggregate(stream = "account")]
#[derive(Default)]
struct Account;

#[decider]
impl Account {
    #[evolve]
    fn moved(&mut self, _: &Moved) {}
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Refused {
    amount: u64,
}

#[decider]
fn transfer(_: &Transfer, _: &Account) -> Option<Refused> {
    None
}

fn main() {}
