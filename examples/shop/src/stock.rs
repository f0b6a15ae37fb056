use std::fmt;

use eskit::prelude::*;

use crate::{ItemOrdered, ItemReturned, ShopError};

/// What a product is stocked under.
#[derive(TagValue, Serialize, Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(transparent)]
pub struct Sku(pub String);

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Goods came in.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct StockReceived {
    /// What they are.
    #[tag]
    pub sku: Sku,
    /// How many.
    pub count: u32,
}

/// Take goods in. Announced deliveries wait in a queue, so it can be stored.
#[derive(Command, Serialize, Deserialize, Clone, Debug)]
#[command(stored)]
pub struct Receive {
    /// What they are.
    #[tag]
    pub sku: Sku,
    /// How many; not zero.
    pub count: u32,
}

/// What is in store of one SKU.
#[aggregate(tag = "sku", key = Sku, index("available"))]
#[derive(Serialize, Deserialize, Default, Clone, PartialEq, Debug)]
pub struct Stock {
    /// How many can be ordered.
    pub available: u32,
    /// How many are in orders.
    pub ordered: u32,
}

#[decider]
impl Stock {
    #[evolve]
    fn received(&mut self, event: &StockReceived) {
        self.available += event.count;
    }

    #[evolve]
    fn ordered(&mut self, event: &ItemOrdered) {
        self.available -= event.count;
        self.ordered += event.count;
    }

    #[evolve]
    fn returned(&mut self, event: &ItemReturned) {
        self.available += event.count;
        self.ordered -= event.count;
    }

    #[decide]
    fn receive(&self, command: &Receive) -> Result<StockReceived, ShopError> {
        if command.count == 0 {
            return Err(ShopError::CountZero);
        }
        // What is in orders may come back.
        let total = self.available.checked_add(self.ordered).and_then(|total| total.checked_add(command.count));
        if total.is_none() {
            return Err(ShopError::TooMany(command.sku.clone()));
        }
        Ok(StockReceived { sku: command.sku.clone(), count: command.count })
    }
}
