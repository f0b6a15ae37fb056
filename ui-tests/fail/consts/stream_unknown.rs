use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Moved {
    amount: u64,
}

#[derive(Command)]
struct Transfer {
    #[tag("account")]
    from: String,
    #[tag("account")]
    to: String,
}

#[aggregate(stream = "account")]
#[derive(Default)]
struct Account;

#[decider]
impl Account {
    #[evolve]
    fn moved(&mut self, _: &Moved) {}
}

#[decider]
fn transfer(_: &Transfer, #[key(from)] _: &Account, #[key(to)] _: &Account) -> Option<Moved> {
    None
}

fn main() {}
