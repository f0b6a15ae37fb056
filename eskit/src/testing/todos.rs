//! Expectations of processors: the to-dos that are open after the events, and what is done for one.

use std::any::Any;
use std::fmt::Debug;

use eskit_runtime::__private::ExpectedCommands;
use eskit_runtime::work::{Todo, TodoChanges, key_text};
use eskit_runtime::{RecordedEvent, TagValue, Timestamp};

use super::given::Given;
use super::history::History;
use super::processors::{Log, compare, failed};
use super::render;
use crate::block_on::block_on;
use crate::processor::{Effect, Processor, work};

impl Given {
    /// Expects exactly these to-dos of a processor to be open after the events, in the order in which they were opened: a [`Todo`] as its
    /// `#[todo]` methods return it, `Option`, `Vec` or an array of it, or `()` for none. What is to be done is compared by its `Debug`
    /// text. Nothing is done meanwhile, whatever is due.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # #[derive(Event, Serialize, Deserialize)] struct InvoiceSent { #[tag] invoice: u64, due: Timestamp }
    /// # #[derive(Event, Serialize, Deserialize)] struct InvoicePaid { #[tag] invoice: u64 }
    /// #[derive(Debug)]
    /// struct Remind { invoice: u64 }
    ///
    /// struct Dunning;
    ///
    /// #[processor(name = "dunning", from = "now")]
    /// impl Dunning {
    ///     #[todo]
    ///     fn sent(&self, event: &InvoiceSent) -> Todo<u64, Remind> {
    ///         Todo::new(event.invoice, Remind { invoice: event.invoice }).due(event.due)
    ///     }
    ///
    ///     #[done]
    ///     fn paid(&self, event: &InvoicePaid) -> u64 { event.invoice }
    ///
    ///     #[work]
    ///     async fn remind(&self, _: &Remind) {}
    /// }
    ///
    /// # fn main() {
    /// let due = Timestamp::now();
    /// given(InvoiceSent { invoice: 17, due })
    ///     .then_todos(&Dunning, Todo::new(17_u64, Remind { invoice: 17 }).due(due));
    /// given((InvoiceSent { invoice: 17, due }, InvoicePaid { invoice: 17 })).then_todos(&Dunning, ());
    /// # }
    /// ```
    ///
    /// # Panics
    /// Other to-dos are open, an event cannot be read, or a method gives what cannot be kept.
    #[track_caller]
    pub fn then_todos<P: Processor, X: ExpectedTodos>(&self, processor: &P, expected: X) -> &Given {
        if let Err(text) = check_todos(self.history(), processor, expected) {
            panic!("{text}");
        }
        self
    }

    /// Lets the `#[work]` method of a processor do the first to-do that is open under this key after the events, also if it is not due
    /// yet, and expects exactly these commands, which are compared as by [`Given::then_commands`].
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # #[derive(Event, Serialize, Deserialize)] struct InvoiceSent { #[tag] invoice: u64 }
    /// # #[derive(Event, Serialize, Deserialize)] struct Reminded { #[tag] invoice: u64 }
    /// # #[derive(Command, Debug)] struct RecordReminder { #[tag] invoice: u64 }
    /// # #[aggregate(tag = "invoice")] #[derive(Default)] struct Invoice;
    /// # #[decider] impl Invoice {
    /// #     #[evolve] fn reminded(&mut self, _: &Reminded) {}
    /// #     #[decide] fn record(&self, c: &RecordReminder) -> Reminded { Reminded { invoice: c.invoice } }
    /// # }
    /// struct Dunning;
    ///
    /// #[processor(name = "dunning", from = "now")]
    /// impl Dunning {
    ///     #[todo]
    ///     fn sent(&self, event: &InvoiceSent) -> Todo<u64, u64> { Todo::new(event.invoice, event.invoice) }
    ///
    ///     #[work]
    ///     async fn remind(&self, invoice: &u64) -> RecordReminder { RecordReminder { invoice: *invoice } }
    /// }
    ///
    /// # fn main() {
    /// given(InvoiceSent { invoice: 17 }).then_work(&Dunning, 17_u64, RecordReminder { invoice: 17 });
    /// # }
    /// ```
    ///
    /// # Panics
    /// There is no such to-do, the commands are others, an event cannot be read, or a method fails.
    #[track_caller]
    pub fn then_work<P: Processor>(
        &self,
        processor: &P,
        key: impl TagValue,
        expected: impl ExpectedCommands,
    ) -> &Given {
        if let Err(text) = check_work(self.history(), processor, &key, expected) {
            panic!("{text}");
        }
        self
    }
}

/// To-dos that are expected: a [`Todo`] of something with `Debug`, `Option`, `Vec` or an array of it, or `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Todo`, nor a collection of them\nhelp: write `Todo::new(key, item)`, where `item` has `#[derive(Debug)]`; `Option`, `Vec` or an array of it; or `()` for none",
    label = "not a `Todo` of something with `Debug`, nor a collection of them"
)]
pub trait ExpectedTodos {
    /// Adds the text of each.
    #[doc(hidden)]
    fn texts(self, texts: &mut Vec<String>);

    /// The text of what is to be done.
    #[doc(hidden)]
    fn write(item: &dyn Any) -> String;
}

impl ExpectedTodos for () {
    fn texts(self, _: &mut Vec<String>) {}

    fn write(_: &dyn Any) -> String {
        "..".to_owned()
    }
}

impl<K: TagValue, T: Debug + 'static> ExpectedTodos for Todo<K, T> {
    fn texts(self, texts: &mut Vec<String>) {
        let key = key_text(&self.key).unwrap_or_else(|error| error.to_string());
        texts.push(text(&key, self.due, &format!("{:#?}", self.item)));
    }

    fn write(item: &dyn Any) -> String {
        match item.downcast_ref::<T>() {
            Some(item) => format!("{item:#?}"),
            None => format!("no `{}`", std::any::type_name::<T>()),
        }
    }
}

macro_rules! expected_each {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<X: ExpectedTodos, $($generics)*> ExpectedTodos for $type {
            fn texts(self, texts: &mut Vec<String>) {
                self.into_iter().for_each(|todo| todo.texts(texts));
            }

            fn write(item: &dyn Any) -> String {
                X::write(item)
            }
        }
    )*};
}

expected_each!([] Option<X>, [] Vec<X>, [const N: usize] [X; N]);

/// `17, due 2026-11-30T09:00:00Z: Remind { .. }`
fn text(key: &str, due: Option<Timestamp>, item: &str) -> String {
    let due = due.map_or_else(String::new, |due| format!(", due {due}"));
    format!("{key}{due}: {item}")
}

/// A to-do that is open.
struct Open<'e> {
    event: &'e RecordedEvent,
    key: String,
    due: Option<Timestamp>,
    item: String,
}

/// The to-dos that are open after the events.
fn open<'e, P: Processor>(
    processor: &P,
    events: &'e [RecordedEvent],
    write: fn(&dyn Any) -> String,
) -> Result<Vec<Open<'e>>, String> {
    let mut open: Vec<Open<'e>> = Vec::new();
    for event in events {
        let mut changes = TodoChanges::with_items(write);
        processor.todos(event, &mut changes).map_err(|error| failed::<P>(event, &error))?;
        open.retain(|todo| !changes.closed.contains(&todo.key));
        let items = changes.items().iter();
        let opened = changes.opened.iter().zip(items);
        open.extend(opened.map(|((key, due), item)| Open { event, key: key.clone(), due: *due, item: item.clone() }));
    }
    Ok(open)
}

fn check_todos<P: Processor, X: ExpectedTodos>(history: &History, processor: &P, expected: X) -> Result<(), String> {
    let log = Log::of::<P>(history)?;
    let lines = |texts: Vec<String>| texts.into_iter().map(|text| text + "\n").collect::<String>();
    let open = open(processor, &log.events, X::write)?;
    let found = lines(open.iter().map(|Open { key, due, item, .. }| text(key, *due, item)).collect());
    let mut texts = Vec::new();
    expected.texts(&mut texts);
    let expected = lines(texts);
    if expected == found {
        return Ok(());
    }
    let (name, diff) = (P::TYPE.name, render::diff(&expected, &found));
    Err(format!("other to-dos of `{name}` are open than expected (- expected, + found):\n\n{diff}"))
}

fn check_work<P: Processor>(
    history: &History,
    processor: &P,
    key: &impl TagValue,
    expected: impl ExpectedCommands,
) -> Result<(), String> {
    let key = key_text(key).map_err(|error| error.to_string())?;
    let (log, name) = (Log::of::<P>(history)?, P::TYPE.name);
    let open = open(processor, &log.events, <() as ExpectedTodos>::write)?;
    let Some(Open { event, .. }) = open.iter().find(|todo| todo.key == key) else {
        let keys: Vec<String> = open.iter().map(|todo| format!("`{}`", todo.key)).collect();
        let others = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
        return Err(format!("`{name}` has no to-do with the key `{key}`; open are: {others}"));
    };
    compare(name, expected, |found| {
        let mut effects = [Effect::witnessed(&log.bus, name, event, found)];
        let done = block_on(work(processor, &[(event, &key)], &mut effects));
        done.into_iter().collect::<Result<(), _>>().map_err(|error| failed::<P>(event, &error))
    })
}
