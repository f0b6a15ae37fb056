//! A shop: stock by tag, wallets by stream, and orders over any number of both.

use std::collections::BTreeMap;
use std::fmt;

use eskit::prelude::*;

/// The id of a product.
#[derive(TagValue, Shape, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Sku(
    /// Its text.
    pub String,
);

impl From<&str> for Sku {
    fn from(sku: &str) -> Sku {
        Sku(sku.to_owned())
    }
}

/// Pieces of a product arrived.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
pub struct StockReceived {
    /// The product.
    #[tag]
    pub sku: Sku,
    /// How many pieces.
    pub quantity: u32,
}

/// A product costs this much from now on.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
pub struct PriceSet {
    /// The product.
    #[tag]
    pub sku: Sku,
    /// The price of one piece.
    pub cents: u64,
}

/// One line of an order.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(context = "shop")]
pub struct ItemSold {
    /// The order.
    #[tag]
    pub order: u64,
    /// The product.
    #[tag]
    pub sku: Sku,
    /// How many pieces.
    pub quantity: u32,
    /// The price of one piece.
    pub cents: u64,
}

/// How many there are of a product, and what one costs.
#[aggregate(tag = "sku")]
#[derive(Default, Clone, PartialEq, Debug)]
pub struct Stock {
    /// The pieces that are left.
    pub available: u32,
    /// The price of one piece, if there is one.
    pub cents: Option<u64>,
}

#[decider]
impl Stock {
    #[evolve]
    fn received(&mut self, event: &StockReceived) {
        self.available += event.quantity;
    }

    #[evolve]
    fn priced(&mut self, event: &PriceSet) {
        self.cents = Some(event.cents);
    }

    #[evolve]
    fn sold(&mut self, event: &ItemSold) {
        self.available -= event.quantity;
    }

    #[decide]
    fn receive(&self, command: &ReceiveStock) -> StockReceived {
        StockReceived { sku: command.sku.clone(), quantity: command.quantity }
    }

    #[decide]
    fn set_price(&self, command: &SetPrice) -> Option<PriceSet> {
        let is_new = self.cents != Some(command.cents);
        is_new.then(|| PriceSet { sku: command.sku.clone(), cents: command.cents })
    }
}

/// Takes in pieces of a product.
#[derive(Command)]
pub struct ReceiveStock {
    /// The product.
    #[tag]
    pub sku: Sku,
    /// How many pieces.
    pub quantity: u32,
}

/// Sets the price of a product.
#[derive(Command)]
pub struct SetPrice {
    /// The product.
    #[tag]
    pub sku: Sku,
    /// The price of one piece.
    pub cents: u64,
}

/// A product in a cart, and the price that the customer saw.
#[derive(TagValue, Clone, Debug)]
pub struct Line {
    /// The product.
    #[tag]
    pub sku: Sku,
    /// How many pieces.
    pub quantity: u32,
    /// The price of one piece.
    pub cents: u64,
}

/// Orders what is in a cart.
#[derive(Command, Clone, Debug)]
pub struct PlaceOrder {
    /// The order.
    #[tag]
    pub order: u64,
    /// The lines, of which several may be for one product.
    #[tag("sku")]
    pub lines: Vec<Line>,
}

/// Whether an order was placed.
#[aggregate(tag = "order")]
#[derive(Default, Clone, PartialEq, Debug)]
pub struct Order {
    /// How many lines it has.
    pub items: u32,
}

#[decider]
impl Order {
    #[evolve]
    fn sold(&mut self, _: &ItemSold) {
        self.items += 1;
    }
}

/// Why an order was refused.
#[derive(Debug, PartialEq)]
pub enum ShopError {
    /// There is an order of this number.
    Placed,
    /// There are too few pieces.
    SoldOut(Sku),
    /// The customer saw another price.
    PriceChanged(Sku),
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[decider]
fn place_order(command: &PlaceOrder, order: &Order, stock: &Each<Stock>) -> Result<Vec<ItemSold>, ShopError> {
    if order.items > 0 {
        return Err(ShopError::Placed);
    }
    // Two lines may want the same product.
    let mut wanted: BTreeMap<&Sku, u32> = BTreeMap::new();
    for Line { sku, quantity, cents } in &command.lines {
        let product = &stock[sku];
        let total = wanted.entry(sku).or_default();
        *total += quantity;
        if product.available < *total {
            return Err(ShopError::SoldOut(sku.clone()));
        }
        if product.cents != Some(*cents) {
            return Err(ShopError::PriceChanged(sku.clone()));
        }
    }
    let sold = |line: &Line| ItemSold {
        order: command.order,
        sku: line.sku.clone(),
        quantity: line.quantity,
        cents: line.cents,
    };
    Ok(command.lines.iter().map(sold).collect())
}

/// A line that asks for one piece at a price of 100.
pub fn line(sku: &str, quantity: u32) -> Line {
    Line { sku: sku.into(), quantity, cents: 100 }
}

/// An order of these quantities at a price of 100 each.
pub fn order(order: u64, lines: &[(&str, u32)]) -> PlaceOrder {
    PlaceOrder { order, lines: lines.iter().map(|(sku, quantity)| line(sku, *quantity)).collect() }
}

/// What makes a product orderable: pieces of it, and a price of 100.
pub fn stocked(sku: &str, quantity: u32) -> (StockReceived, PriceSet) {
    (StockReceived { sku: sku.into(), quantity }, PriceSet { sku: sku.into(), cents: 100 })
}
