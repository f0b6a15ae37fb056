use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Deposited {
    #[tag]
    account: String,
}

#[derive(Command)]
struct Transfer {
    from: String,
    to: String,
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
fn transfer(_: &Transfer, #[key(sender)] _: &Account) -> Option<Deposited> {
    None
}

fn main() {}
