use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Deposited {
    #[tag]
    account: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Frozen {
    #[tag]
    account: String,
}

#[derive(Command)]
struct Freeze {
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
fn freeze(_: &Freeze, _: &Account) -> Option<Frozen> {
    None
}

fn main() {}
