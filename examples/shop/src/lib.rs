//! A shop over HTTP. Stock is counted by SKU, with tags; each order is a stream; an order takes all of its items from stock, or none.
//!
//! | file | what it is |
//! |---|---|
//! | [`stock`](Stock) | what is in store of each SKU |
//! | [`order`](Order) | what was ordered, and the decision that takes it from stock |
//! | [`router`] | the routes, and what each error is in HTTP |

mod caller;
mod error;
mod http;
mod order;
mod shop;
mod stock;

pub use error::ShopError;
pub use http::router;
pub use order::{Cancel, ItemOrdered, ItemReturned, Line, Order, OrderId, Place, Status};
pub use shop::{Shop, ShopViews};
pub use stock::{Receive, Sku, Stock, StockReceived};
