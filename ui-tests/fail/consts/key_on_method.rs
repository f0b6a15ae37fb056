use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Deposited {
    #[tag]
    account: String,
}

#[derive(Command)]
struct Deposit {
    #[tag("account")]
    to: String,
}

#[aggregate(stream = "account")]
#[derive(Default)]
struct Account;

#[decider]
impl Account {
    #[evolve]
    fn deposited(&mut self, _: &Deposited) {}

    #[decide]
    #[key(account)]
    fn deposit(&self, _: &Deposit) -> Option<Deposited> {
        None
    }
}

fn main() {}
