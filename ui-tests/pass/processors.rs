//! What is to compile of processors.

use std::convert::Infallible;

use eskit::MemoryViews;
use eskit::prelude::*;
use eskit::processor::{self, Processor};

#[derive(Event, Serialize, Deserialize)]
struct Paid {
    #[tag]
    order: u64,
}

/// An event with a name like that of what a method acts by.
#[derive(Event, Serialize, Deserialize)]
struct Effect {
    #[tag]
    order: u64,
}

#[derive(Event)]
enum Ended {
    Cancelled {
        #[tag]
        order: u64,
    },
    Returned {
        #[tag]
        order: u64,
    },
}

/// It may be refused.
#[derive(Command)]
struct Ship {
    #[tag]
    order: u64,
}

/// It is never refused.
#[derive(Command)]
struct Note<'a> {
    #[tag]
    order: u64,
    text: &'a str,
}

#[aggregate(tag = "order")]
#[derive(Default)]
struct Order;

#[decider]
impl Order {
    #[evolve]
    fn ended(&mut self, _: &Ended) {}

    #[decide]
    fn ship(&self, command: &Ship) -> Result<Ended, String> {
        Err(format!("order {} is not there", command.order))
    }

    #[decide]
    fn note(&self, command: &Note<'_>) -> Result<Option<Ended>, Infallible> {
        Ok((command.text == "end").then_some(Ended::Cancelled { order: command.order }))
    }
}

struct Shipping {
    text: &'static str,
}

type Reaction<T = Option<Ship>, E = Box<dyn std::error::Error + Send + Sync>> = Result<T, E>;

#[processor(name = "shipping", from = "beginning", by = "order", on_error = "park")]
impl Shipping {
    #[on(refused = "fail")]
    fn paid<'a>(&'a self, event: &'a Paid, at: &Timestamp) -> Reaction {
        let _ = at;
        Ok(Some(Self::ship(event.order)))
    }

    #[on]
    async fn effect(&self, Effect { order }: &Effect, recorded: &RecordedEvent, cx: &mut processor::Effect<'_>) -> Reaction<()> {
        let text = format!("{} {}", self.text, recorded.position);
        cx.execute(Note { order: *order, text: &text }).await?;
        Ok(())
    }

    #[eskit::on(refused = "skip")]
    pub async fn ended<'c>(&self, _: &Ended, at: &Timestamp, recorded: &RecordedEvent, cx: &'c mut processor::Effect<'_>) -> ([Ship; 1], Vec<Note<'static>>) {
        let _ = (at, recorded, cx.key());
        ([Self::ship(1)], Vec::new())
    }

    fn ship(order: u64) -> Ship {
        Ship { order }
    }
}

mod notes {
    use super::*;

    pub struct Notes;

    #[eskit::processor(name = "notes", from = "now", on_error = "skip")]
    impl Notes {
        #[on]
        fn paid(&self, event: &Paid) -> Option<Note<'static>> {
            Some(Note { order: event.order, text: Self::TEXT })
        }

        #[on]
        const fn effect(&self, _: &Effect) {}

        #[on]
        async fn any(&self, _: &RecordedEvent) {}

        const TEXT: &'static str = "paid";
    }
}

mod reminders {
    use eskit::prelude::*;

    use super::{Ended, Note, Paid, processor};

    pub struct Reminders;

    pub enum Remind {
        Once,
        Often(String),
    }

    /// Another name of a key, as types have them.
    type Key = u64;

    type Reminder = Todo<Key, Remind>;

    #[processor(name = "reminders", from = "now")]
    impl Reminders {
        #[on]
        fn paid_at_once(&self, event: &Paid) -> Note<'static> {
            Note { order: event.order, text: "paid" }
        }

        #[todo]
        fn paid<'a>(&'a self, event: &'a Paid) -> Reminder {
            Todo::new(event.order, Self::often())
        }

        #[eskit::todo]
        const fn ended(&self, _: &Ended) -> Vec<Todo<u64, Remind>> {
            Vec::new()
        }

        #[done]
        pub fn paid_again(&self, Paid { order }: &Paid, recorded: &RecordedEvent) -> Option<u64> {
            recorded.tags.is_empty().then_some(*order)
        }

        #[eskit::work(attempts = 1, workers = 1000, within = "24h")]
        async fn remind<'c>(&self, item: &Remind, cx: &'c mut processor::Effect<'_>) -> Result<[Note<'static>; 1], Box<dyn std::error::Error + Send + Sync>> {
            let text = match item {
                Remind::Once => "once",
                Remind::Often(text) => text,
            };
            cx.execute(Note { order: 1, text }).await?;
            Ok([Note { order: 1, text: "reminded" }])
        }

        #[every("59 23 31 DEC SUN-SAT/2")]
        async fn yearly(&self) -> Option<Note<'static>> {
            None
        }

        fn often() -> Remind {
            Remind::Often(Self::later())
        }

        /// The macro of the standard library is still there.
        fn later() -> String {
            if std::env::args().count() > 1 { todo!() } else { String::new() }
        }
    }
}

fn main() {
    fn is_processor<P: Processor>() {}
    is_processor::<Shipping>();
    is_processor::<notes::Notes>();
    is_processor::<reminders::Reminders>();
    let _ = App::new(MemoryStore::new())
        .with_processor(Shipping { text: "at" }, MemoryViews::new())
        .with_processor(notes::Notes, MemoryViews::new())
        .with_processor(reminders::Reminders, MemoryViews::new());
    let _ = reminders::Remind::Once;
}
