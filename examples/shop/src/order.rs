use std::fmt;

use eskit::prelude::*;

use crate::payment::OrderPaid;
use crate::{ShopError, Sku, Stock};

/// Names an order.
#[derive(TagValue, Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(transparent)]
pub struct OrderId(pub String);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number of one product.
#[derive(TagValue, Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The product.
    #[tag]
    pub sku: Sku,
    /// How many; not zero.
    pub count: u32,
}

/// A product was ordered, and taken from stock. An order has one such event for each product.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct ItemOrdered {
    /// The order, which is the stream of this event.
    #[tag]
    pub order: OrderId,
    /// The product.
    #[tag]
    pub sku: Sku,
    /// How many.
    pub count: u32,
}

/// A product of an order that was cancelled is in stock again.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct ItemReturned {
    /// The order, which is the stream of this event.
    #[tag]
    pub order: OrderId,
    /// The product.
    #[tag]
    pub sku: Sku,
    /// How many.
    pub count: u32,
}

/// Order products: all of them, or none.
#[derive(Command, Serialize, Deserialize, Clone, Debug)]
#[command(stored)]
pub struct Place {
    /// The new order.
    #[tag]
    pub order: OrderId,
    /// What is ordered. A product may stand in several lines.
    #[tag("sku")]
    pub lines: Vec<Line>,
}

/// Cancel an order that is not paid: its products go back to stock.
#[derive(Command, Serialize, Deserialize, Clone, Debug)]
#[command(stored)]
pub struct Cancel {
    /// The order.
    #[tag]
    pub order: OrderId,
}

/// What has become of an order.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It was placed.
    #[default]
    Placed,
    /// It was paid.
    Paid,
    /// It was cancelled.
    Cancelled,
}

/// One order.
#[aggregate(stream = "order", key = OrderId, index("status", "placed_at"))]
#[derive(Serialize, Deserialize, Default, Clone, PartialEq, Debug)]
pub struct Order {
    /// What has become of it.
    pub status: Status,
    /// When it was placed.
    pub placed_at: Option<Timestamp>,
    /// What was ordered.
    pub lines: Vec<Line>,
}

#[decider]
impl Order {
    #[evolve]
    fn ordered(&mut self, event: &ItemOrdered, at: &Timestamp) {
        self.placed_at = Some(*at);
        self.lines.push(Line { sku: event.sku.clone(), count: event.count });
    }

    #[evolve]
    fn paid(&mut self, _: &OrderPaid) {
        self.status = Status::Paid;
    }

    #[evolve]
    fn returned(&mut self, _: &ItemReturned) {
        self.status = Status::Cancelled;
    }

    #[decide]
    fn cancel(&self, command: &Cancel) -> Result<Vec<ItemReturned>, ShopError> {
        if self.lines.is_empty() {
            return Err(ShopError::OrderUnknown(command.order.clone()));
        }
        match self.status {
            Status::Placed => {}
            Status::Paid => return Err(ShopError::OrderPaid(command.order.clone())),
            Status::Cancelled => return Err(ShopError::OrderCancelled(command.order.clone())),
        }
        let lines = self.lines.iter().cloned();
        Ok(lines.map(|Line { sku, count }| ItemReturned { order: command.order.clone(), sku, count }).collect())
    }
}

/// One decision over an order and the stock of each of its products.
#[decider]
fn place(command: &Place, order: &Order, stock: &Each<Stock>) -> Result<Vec<ItemOrdered>, ShopError> {
    if !order.lines.is_empty() {
        return Err(ShopError::OrderExists(command.order.clone()));
    }
    let mut lines: Vec<Line> = Vec::new();
    for Line { sku, count } in &command.lines {
        match lines.iter_mut().find(|line| line.sku == *sku) {
            Some(line) => line.count = line.count.saturating_add(*count),
            None => lines.push(Line { sku: sku.clone(), count: *count }),
        }
    }
    if lines.is_empty() {
        return Err(ShopError::OrderEmpty);
    }
    for Line { sku, count } in &lines {
        let available = stock[sku].available;
        if *count == 0 {
            return Err(ShopError::CountZero);
        }
        if *count > available {
            return Err(ShopError::SoldOut { sku: sku.clone(), available });
        }
    }
    let ordered = |Line { sku, count }| ItemOrdered { order: command.order.clone(), sku, count };
    Ok(lines.into_iter().map(ordered).collect())
}
