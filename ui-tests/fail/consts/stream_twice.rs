use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bank")]
struct Transferred {
    #[tag("account")]
    from: String,
    #[tag("account")]
    to: String,
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
    fn transferred(&mut self, _: &Transferred) {}
}

#[decider]
fn transfer(_: &Transfer, #[key(from)] _: &Account, #[key(to)] _: &Account) -> Option<Transferred> {
    None
}

fn main() {}
