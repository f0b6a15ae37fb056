use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 9 * * MON")]
    fn weekly(&self) -> RecordReminder {
        RecordReminder { invoice: 1 }
    }
}

#[derive(Event, Serialize, Deserialize)]
struct Reminded {
    #[tag]
    invoice: u64,
}

#[derive(Command)]
struct RecordReminder {
    #[tag]
    invoice: u64,
}

#[aggregate(tag = "invoice")]
#[derive(Default)]
struct Invoice {
    reminded: bool,
}

#[decider]
impl Invoice {
    #[evolve]
    fn reminded(&mut self, _: &Reminded) {
        self.reminded = true;
    }

    #[decide]
    fn record(&self, command: &RecordReminder) -> Result<Reminded, String> {
        if self.reminded {
            return Err("reminded already".to_owned());
        }
        Ok(Reminded { invoice: command.invoice })
    }
}

fn main() {}
