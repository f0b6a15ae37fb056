//! Orders, and a list of them in memory.
#![allow(missing_docs, reason = "a domain of tests")]

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
pub(crate) struct Placed {
    #[tag]
    pub(crate) order: u32,
}

#[derive(Command)]
pub(crate) struct Place {
    #[tag]
    pub(crate) order: u32,
}

#[aggregate(tag = "order")]
#[derive(Default, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    placed: u32,
}

#[decider]
impl Order {
    #[evolve]
    fn placed(&mut self, _: &Placed) {
        self.placed += 1;
    }

    #[decide]
    fn place(&self, command: &Place) -> Placed {
        Placed { order: command.order }
    }
}
