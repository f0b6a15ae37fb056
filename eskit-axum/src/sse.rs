//! Server-sent events: of changes in read models, and of events as they are appended.
//!
//! | function | what a client gets |
//! |---|---|
//! | [`events`] | each event that is appended, from any place of the log on; after a lost connection, what it has missed |
//! | [`changes`] | the keys that have changed in a read model; after a lost connection, that anything may have |
//! | [`live`] | what you render whenever a read model has changed, such as a fragment of a page |
//!
//! No client costs a task or a queue. A client that reads slowly holds one page of events, or one set of changed keys, and what the
//! connection has buffered; the log, and the read model, are where it catches up from. [`DropSlow`](crate::DropSlow) ends the connection
//! of one that does not read at all. While there is nothing to send, a heartbeat is sent every 15 s, so that proxies keep the
//! connection, and a client that is gone is noticed.
//!
//! Who may see what is up to you: extract and check it in your handler as for any other route.

mod changes;
mod events;
mod last_event_id;
mod message;
mod response;

pub use changes::{changes, live};
pub use events::events;
pub use last_event_id::{LastEventId, LastEventIdError};
pub use message::Message;

pub(crate) use message::one_line;
