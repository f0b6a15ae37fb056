use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Deposited {
    amount: u64,
}

#[derive(Command)]
struct Deposit {
    #[tag]
    account: String,
}

#[aggregate(stream = "account")]
#[derive(Default)]
struct Account;

#[decider]
impl Account {
    #[evolve]
    fn deposited(&mut self, _: &Deposited) {}
}

#[decider]
fn deposit(_: &Deposit, _: &Account) -> Option<Deposited> {
    None
}

fn main() {}
