use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Moved {
    #[tag("account")]
    from: u64,
    #[tag("account")]
    to: u64,
}

#[derive(Command)]
struct Move {
    #[tag("account")]
    from: u64,
    #[tag("account")]
    to: u64,
}

#[aggregate(tag = "account")]
#[derive(Default)]
struct Account {
    moves: u32,
}

#[decider]
impl Account {
    #[evolve]
    fn moved(&mut self, _: &Moved) {
        self.moves += 1;
    }
}

#[decider]
fn transfer(command: &Move, #[keys(from)] from: &Account, #[key(to)] _: &Account) -> Option<Moved> {
    (from.moves < 9).then_some(Moved { from: command.from, to: command.to })
}

fn main() {}
