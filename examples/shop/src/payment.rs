use std::time::Duration;

use eskit::prelude::*;

use crate::order::{ItemOrdered, ItemReturned};
use crate::{Cancel, Order, OrderId, ShopError, Status};

/// An order was paid.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct OrderPaid {
    /// The order, which is the stream of this event.
    #[tag]
    pub order: OrderId,
    /// Where the receipt goes, if the customer wants one.
    pub receipt_to: Option<String>,
}

/// Pay an order.
#[derive(Command, Serialize, Deserialize, Clone, Debug)]
#[command(stored)]
pub struct Pay {
    /// The order.
    #[tag]
    pub order: OrderId,
    /// Where the receipt goes, if the customer wants one.
    pub receipt_to: Option<String>,
}

#[decider]
fn pay(command: &Pay, order: &Order) -> Result<OrderPaid, ShopError> {
    match order.status {
        _ if order.lines.is_empty() => Err(ShopError::OrderUnknown(command.order.clone())),
        Status::Cancelled => Err(ShopError::OrderCancelled(command.order.clone())),
        Status::Paid => Err(ShopError::OrderPaid(command.order.clone())),
        Status::Placed => Ok(OrderPaid { order: command.order.clone(), receipt_to: command.receipt_to.clone() }),
    }
}

/// Cancels an order that is not paid in time, so that its products can be sold to others.
#[derive(Clone, Debug)]
pub struct PaymentLimit {
    /// How long a customer has to pay.
    pub pay_within: Duration,
}

#[processor(name = "payment-limit", from = "beginning")]
impl PaymentLimit {
    /// A timer for each product of the order. The first one cancels the order, which stops the others.
    #[todo]
    fn ordered(&self, event: &ItemOrdered, at: &Timestamp) -> Todo<OrderId, OrderId> {
        Todo::new(event.order.clone(), event.order.clone()).due(*at + self.pay_within)
    }

    #[done]
    fn paid(&self, event: &OrderPaid) -> OrderId {
        event.order.clone()
    }

    #[done]
    fn returned(&self, event: &ItemReturned) -> OrderId {
        event.order.clone()
    }

    /// If it was paid at the last moment, the command is refused, and that is well.
    #[work(refused = "skip")]
    fn cancel(&self, order: &OrderId) -> Cancel {
        Cancel { order: order.clone() }
    }
}
