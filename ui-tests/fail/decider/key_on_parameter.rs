use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
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
    fn deposit(&self, #[key(to)] _: &Deposit) -> Option<Deposited> {
        None
    }
}

fn main() {}
