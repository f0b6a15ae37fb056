//! A shop over HTTP. Stock is counted by SKU, with tags; each order is a stream; an order takes all of its items from stock, or none.
//!
//! | file | what it is |
//! |---|---|
//! | [`stock`](Stock) | what is in store of each SKU |
//! | [`order`](Order) | what was ordered, and the decision that takes it from stock |
//! | [`payment`](Pay) | paying, and the timer that cancels what is not paid in time |
//! | [`mail`](Mailer) | receipts, each sent until the mail service takes it |
//! | `report` | what is mailed each night |
//! | [`by_name`](ShopCommand) | commands by their names, for clients that do not know the routes |
//! | `live` | what changes, as it changes: for programs, and for a page in a browser |
//! | [`router`] | the routes, and what each error is in HTTP |

mod by_name;
mod caller;
mod error;
mod http;
mod live;
mod mail;
mod order;
mod payment;
mod report;
mod shop;
mod stock;

pub use by_name::ShopCommand;
pub use error::ShopError;
pub use http::router;
pub use mail::{Mailer, Receipt, Receipts};
pub use order::{Cancel, ItemOrdered, ItemReturned, Line, Order, OrderId, Place, Status};
pub use payment::{OrderPaid, Pay, PaymentLimit};
pub use report::Report;
pub use shop::{Settings, Shop, ShopViews};
pub use stock::{Receive, Sku, Stock, StockReceived};
