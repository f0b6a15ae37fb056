use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Deposited;

#[derive(Command)]
struct Deposit {
    amount: u64,
}

#[aggregate(stream = "bank-account")]
#[derive(Default)]
struct Account;

#[decider]
impl Account {
    #[evolve]
    fn deposited(&mut self, _: &Deposited) {}

    #[decide]
    fn deposit(&self, command: &Deposit) -> Option<Deposited> {
        (command.amount > 0).then_some(Deposited)
    }
}

fn main() {}
