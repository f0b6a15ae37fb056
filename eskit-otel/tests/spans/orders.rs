//! Orders: shipped by a processor, invoiced as a to-do, and cancelled through a queue.
#![allow(missing_docs, reason = "a domain of tests")]

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
pub(crate) struct Ordered {
    #[tag]
    pub(crate) order: u32,
    pub(crate) note: String,
}

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
pub(crate) struct Shipped {
    #[tag]
    pub(crate) order: u32,
}

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
pub(crate) struct Invoiced {
    #[tag]
    pub(crate) order: u32,
}

#[derive(Command)]
pub(crate) struct Order {
    #[tag]
    pub(crate) order: u32,
    pub(crate) note: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
pub(crate) struct Ship {
    #[tag]
    pub(crate) order: u32,
}

#[derive(Command)]
pub(crate) struct Invoice {
    #[tag]
    pub(crate) order: u32,
}

#[derive(Debug)]
pub(crate) struct Refusal(String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[aggregate(tag = "order")]
#[derive(Default, Clone, Debug)]
pub(crate) struct Orders {
    note: Option<String>,
    shipped: bool,
}

#[decider]
impl Orders {
    #[evolve]
    fn ordered(&mut self, event: &Ordered) {
        self.note = Some(event.note.clone());
    }

    #[evolve]
    fn shipped(&mut self, _: &Shipped) {
        self.shipped = true;
    }

    #[evolve]
    fn invoiced(&mut self, _: &Invoiced) {}

    #[decide]
    fn order(&self, command: &Order) -> Result<Ordered, Refusal> {
        match &self.note {
            Some(note) => Err(Refusal(format!("ordered already: {note}"))),
            None => Ok(Ordered { order: command.order, note: command.note.clone() }),
        }
    }

    #[decide]
    fn ship(&self, command: &Ship) -> Result<Shipped, Refusal> {
        if self.shipped {
            return Err(Refusal(format!("shipped already: {:?}", self.note)));
        }
        Ok(Shipped { order: command.order })
    }

    #[decide]
    fn invoice(&self, command: &Invoice) -> Invoiced {
        Invoiced { order: command.order }
    }
}

/// Ships what was ordered.
pub(crate) struct Shipping;

#[processor(name = "shipping", from = "beginning")]
impl Shipping {
    #[on(refused = "skip")]
    fn ordered(&self, event: &Ordered) -> Ship {
        Ship { order: event.order }
    }
}

/// Invoices what was shipped.
pub(crate) struct Invoicing;

#[processor(name = "invoicing", from = "beginning")]
impl Invoicing {
    #[todo]
    fn shipped(&self, event: &Shipped) -> Todo<u32, Invoice> {
        Todo::new(event.order, Invoice { order: event.order })
    }

    #[done]
    fn invoiced(&self, event: &Invoiced) -> u32 {
        event.order
    }

    #[work]
    fn invoice(&self, invoice: &Invoice) -> Invoice {
        Invoice { order: invoice.order }
    }
}
