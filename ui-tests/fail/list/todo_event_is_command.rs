use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &RecordReminder) -> Todo<u64, Remind> {
        Todo::new(event.invoice, Remind { invoice: event.invoice })
    }

    #[work]
    async fn remind(&self, item: &Remind) {
        println!("{}", item.invoice);
    }
}

struct Remind {
    invoice: u64,
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
