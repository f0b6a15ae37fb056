use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Opened {
    #[tag]
    account: String,
    #[tag]
    customer: String,
}

#[derive(Command)]
struct Open {
    #[tag]
    account: String,
    #[tag]
    customer: String,
}

#[aggregate(stream = "account")]
#[derive(Default)]
struct Account;

#[decider]
impl Account {
    #[evolve]
    fn opened(&mut self, _: &Opened) {}
}

#[aggregate(stream = "customer", partial)]
#[derive(Default)]
struct Customer;

#[decider]
impl Customer {
    #[evolve]
    fn opened(&mut self, _: &Opened) {}
}

#[decider]
fn open(_: &Open, _: &Account, _: &Customer) -> Option<Opened> {
    None
}

fn main() {}
