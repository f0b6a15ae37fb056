use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Deposited {
    #[tag]
    account: Option<String>,
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

    #[decide]
    fn deposit(&self, _: &Deposit) -> Option<Deposited> {
        None
    }
}

fn main() {}
