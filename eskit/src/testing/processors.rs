//! Expectations of processors: the commands that they execute.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use eskit_runtime::__private::{ExpectedCommands, Text, Writer};
use eskit_runtime::log::{Pages, ReadOptions};
use eskit_runtime::subscription::{HandleError, Subscription};
use eskit_runtime::{AnyStore, RecordedEvent, Timestamp};

use super::given::Given;
use super::history::History;
use super::render;
use crate::block_on::block_on;
use crate::bus::Bus;
use crate::processor::{Effect, Processor, Witness};

impl Given {
    /// Lets a processor act on the events, in their order, and expects exactly these commands: one, `Option`, `Vec`, an array, a tuple,
    /// or `()` for none.
    ///
    /// Commands that its methods return are compared by their `Debug` texts. They are not executed: the test needs only the events that
    /// lead to them. A command that a method executes by `cx.execute(..)` is compared by its name and its tags. It is executed after the
    /// given events, so that the method gets a result; what it leads to is not acted on.
    ///
    /// It blocks the thread. A method that waits for something of an async runtime, such as a timer, needs that runtime meanwhile, so
    /// such a test runs with `#[tokio::test(flavor = "multi_thread")]`.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # #[derive(Event, Serialize, Deserialize)] struct OrderPaid { #[tag] order: u64 }
    /// # #[derive(Event, Serialize, Deserialize)] struct OrderShipped { #[tag] order: u64 }
    /// #[derive(Command, Debug)]
    /// struct ShipOrder { #[tag] order: u64 }
    /// # #[aggregate(tag = "order")] #[derive(Default)] struct Order;
    /// # #[decider] impl Order {
    /// #     #[evolve] fn shipped(&mut self, _: &OrderShipped) {}
    /// #     #[decide] fn ship(&self, c: &ShipOrder) -> OrderShipped { OrderShipped { order: c.order } }
    /// # }
    ///
    /// struct Shipping;
    ///
    /// #[processor(name = "shipping", from = "beginning")]
    /// impl Shipping {
    ///     #[on] fn paid(&self, event: &OrderPaid) -> ShipOrder { ShipOrder { order: event.order } }
    /// }
    ///
    /// # fn main() {
    /// given(OrderPaid { order: 17 }).then_commands(&Shipping, ShipOrder { order: 17 });
    /// given(OrderShipped { order: 17 }).then_commands(&Shipping, ());
    /// # }
    /// ```
    ///
    /// # Panics
    /// The commands are others, an event cannot be read, or a method fails.
    #[track_caller]
    pub fn then_commands<P: Processor>(&self, processor: &P, expected: impl ExpectedCommands) -> &Given {
        if let Err(text) = check(self.history(), processor, expected) {
            panic!("{text}");
        }
        self
    }
}

/// What a processor did with commands.
struct Found {
    writers: Vec<Writer>,
    commands: Mutex<Vec<FoundCommand>>,
}

enum FoundCommand {
    /// The `Debug` text of a command of an expected type.
    Debug(String),
    /// The name and the tags of another one.
    Outline(String),
}

impl Found {
    fn push(&self, command: FoundCommand) {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).push(command);
    }

    /// The texts to compare with those that are expected. Of a command that is only known by its outline, it is that of the expected
    /// one with the same outline.
    fn into_texts(self, expected: &[Text]) -> String {
        let commands = self.commands.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut rest: Vec<&Text> = expected.iter().collect();
        let mut texts = String::new();
        for command in commands {
            let place = match &command {
                FoundCommand::Debug(debug) => rest.iter().position(|text| text.debug == *debug),
                FoundCommand::Outline(outline) => rest.iter().position(|text| text.outline == *outline),
            };
            let known = place.map(|place| rest.remove(place).debug.clone());
            let (FoundCommand::Debug(text) | FoundCommand::Outline(text)) = command;
            texts.push_str(&known.unwrap_or(text));
            texts.push('\n');
        }
        texts
    }
}

impl Witness for Found {
    fn returned(&self, command: &dyn Any, outline: String) {
        let debug = self.writers.iter().find_map(|write| write(command));
        self.push(debug.map_or(FoundCommand::Outline(outline), FoundCommand::Debug));
    }

    fn executed(&self, outline: String) {
        self.push(FoundCommand::Outline(outline));
    }
}

fn check<P: Processor, X: ExpectedCommands>(history: &History, processor: &P, expected: X) -> Result<(), String> {
    let log = Log::of::<P>(history)?;
    compare(P::TYPE.name, expected, |found| {
        for event in &log.events {
            let mut effect = Effect::witnessed(&log.bus, P::TYPE.name, event, found);
            let acted = block_on(processor.act(event, &mut effect));
            acted.map_err(|error| failed::<P>(event, &error))?;
        }
        Ok(())
    })
}

/// Lets a processor execute commands, and compares them with those that are expected.
pub(super) fn compare<X: ExpectedCommands>(
    name: &str,
    expected: X,
    act: impl FnOnce(&dyn Witness) -> Result<(), String>,
) -> Result<(), String> {
    let (mut writers, mut texts) = (Vec::new(), Vec::new());
    X::writers(&mut writers);
    expected.texts(&mut texts);
    let found = Found { writers, commands: Mutex::default() };
    act(&found)?;
    let found = found.into_texts(&texts);
    let expected: String = texts.into_iter().map(|text| text.debug + "\n").collect();
    if expected == found {
        return Ok(());
    }
    let diff = render::diff(&expected, &found);
    Err(format!("`{name}` executes other commands than expected (- expected, + found):\n\n{diff}"))
}

/// What is said of a method that failed.
pub(super) fn failed<P: Processor>(event: &RecordedEvent, error: &HandleError) -> String {
    format!("`{}` failed on `{}`: {error}", P::TYPE.name, event.name)
}

/// The given events in a log.
pub(super) struct Log {
    pub(super) bus: Bus<AnyStore>,
    /// Those that a processor takes. What it executes itself comes after them.
    pub(super) events: Vec<RecordedEvent>,
}

impl Log {
    pub(super) fn of<P: Processor>(history: &History) -> Result<Log, String> {
        let store = history.store(Timestamp::now());
        let store = store.map_err(|error| format!("the given events cannot be appended: {error}"))?;
        let bus = Bus::new(AnyStore::new(store));
        let mut events = Vec::new();
        block_on(async {
            let mut pages = Pages::new(&*bus.store, Subscription::query_of::<P>(), ReadOptions::default());
            while let Some(page) = pages.next().await.map_err(|error| error.to_string())? {
                events.extend(page);
            }
            Ok::<(), String>(())
        })?;
        Ok(Log { bus, events })
    }
}
