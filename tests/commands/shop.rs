//! Orders that are placed, shipped and cancelled.

use eskit::prelude::*;

/// An order exists from now on.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct OrderPlaced {
    #[tag]
    pub(crate) order: u64,
    pub(crate) sku: String,
}

/// An order is on its way.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct OrderShipped {
    #[tag]
    pub(crate) order: u64,
}

/// An order will not be shipped.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct OrderCancelled {
    #[tag]
    pub(crate) order: u64,
}

/// Was called `shop.CreateOrder`, and had no quantity at first.
#[derive(Command, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[command(stored, context = "shop", version = 2, alias = "shop.CreateOrder", upcast(1 = one_piece))]
pub(crate) struct PlaceOrder {
    #[tag]
    pub(crate) order: u64,
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

fn one_piece(mut old: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    if old["sku"] == "none" {
        return Err(UpcastError::new("there is nothing in the order"));
    }
    old["quantity"] = 1.into();
    Ok(old)
}

/// What was stored before orders had their own tag.
#[derive(Command, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[command(stored, name = "shop.ShipOrder")]
pub(crate) struct ShipOrderV1 {
    pub(crate) id: u64,
}

#[derive(Command, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[command(stored, name = "shop.ShipOrder", version = 2, from = ShipOrderV1)]
pub(crate) struct ShipOrder {
    #[tag]
    pub(crate) order: u64,
}

impl From<ShipOrderV1> for ShipOrder {
    fn from(old: ShipOrderV1) -> ShipOrder {
        ShipOrder { order: old.id }
    }
}

#[derive(Command, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[command(stored, context = "shop")]
pub(crate) struct CancelOrder {
    #[tag]
    pub(crate) order: u64,
}

/// What ends an order.
#[derive(Command, Clone, Debug, PartialEq)]
#[command(stored)]
pub(crate) enum EndOrder {
    Ship(ShipOrder),
    Cancel(CancelOrder),
}

/// Every command of the shop.
#[derive(Command, Clone, Debug, PartialEq)]
#[command(stored)]
pub(crate) enum ShopCommand {
    Place(PlaceOrder),
    End(EndOrder),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ShipError {
    NotPlaced,
    Ended,
}

impl std::fmt::Display for ShipError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ShipError::NotPlaced => "there is no such order",
            ShipError::Ended => "the order has ended",
        })
    }
}

#[aggregate(tag = "order")]
#[derive(Default, Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) is_placed: bool,
    pub(crate) has_ended: bool,
}

#[decider]
impl Order {
    #[evolve]
    fn placed(&mut self, _: &OrderPlaced) {
        self.is_placed = true;
    }

    #[evolve]
    fn shipped(&mut self, _: &OrderShipped) {
        self.has_ended = true;
    }

    #[evolve]
    fn cancelled(&mut self, _: &OrderCancelled) {
        self.has_ended = true;
    }

    #[decide]
    fn place(&self, command: &PlaceOrder) -> Option<OrderPlaced> {
        (!self.is_placed).then(|| OrderPlaced { order: command.order, sku: command.sku.clone() })
    }

    #[decide]
    fn ship(&self, command: &ShipOrder) -> Result<OrderShipped, ShipError> {
        match self {
            Order { is_placed: false, .. } => Err(ShipError::NotPlaced),
            Order { has_ended: true, .. } => Err(ShipError::Ended),
            _ => Ok(OrderShipped { order: command.order }),
        }
    }

    #[decide]
    fn cancel(&self, command: &CancelOrder) -> Result<OrderCancelled, &'static str> {
        if self.has_ended {
            return Err("what has ended cannot be cancelled");
        }
        Ok(OrderCancelled { order: command.order })
    }
}

/// Places an order.
pub(crate) fn place(order: u64) -> PlaceOrder {
    PlaceOrder { order, sku: "tea".to_owned(), quantity: 2 }
}
