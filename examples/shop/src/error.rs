use std::error::Error;
use std::fmt;

use eskit::prelude::*;

use crate::{OrderId, Sku};

/// Why the shop refuses a command.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum ShopError {
    /// There is no such order.
    OrderUnknown(OrderId),
    /// There is such an order already.
    OrderExists(OrderId),
    /// The order was cancelled before.
    OrderCancelled(OrderId),
    /// The order was paid before.
    OrderPaid(OrderId),
    /// An order of nothing.
    OrderEmpty,
    /// None of something.
    CountZero,
    /// There is less in stock than was ordered.
    SoldOut {
        /// The product.
        sku: Sku,
        /// How many there are.
        available: u32,
    },
    /// There would be more in stock than can be counted.
    TooMany(Sku),
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShopError::OrderUnknown(order) => write!(f, "there is no order `{order}`"),
            ShopError::OrderExists(order) => write!(f, "there is an order `{order}` already"),
            ShopError::OrderCancelled(order) => write!(f, "the order `{order}` was cancelled before"),
            ShopError::OrderPaid(order) => write!(f, "the order `{order}` was paid before"),
            ShopError::OrderEmpty => f.write_str("the order has no lines"),
            ShopError::CountZero => f.write_str("a count is zero"),
            ShopError::SoldOut { sku, available } => write!(f, "only {available} of `{sku}` are in stock"),
            ShopError::TooMany(sku) => write!(f, "there would be more of `{sku}` than can be counted"),
        }
    }
}

impl Error for ShopError {}
