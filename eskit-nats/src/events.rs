//! Events for others: a publisher that puts the events of a log onto subjects of NATS, and what reads them there.
//!
//! The log of [`NatsStore`](crate::NatsStore) is for programs with eskit only: its messages are groups of appends. A publisher follows a log in any
//! store, and publishes each event as one message into a stream of JetStream. Its payload is that of the event, and its headers say what it is:
//!
//! | header | what it says |
//! |---|---|
//! | `Nats-Msg-Id` | the id of the event, by which JetStream leaves out repetitions within the `duplicate_window` of the stream |
//! | `Eskit-Type`, `Eskit-Version` | the wire name of its type, and the version of its payload |
//! | `Content-Type` | the format of its payload; one with sealed personal data says so |
//! | `Eskit-Log`, `Eskit-Position` | the id of the log, and the position in it: a higher one is later |
//! | `Eskit-Stream` | its stream, as JSON: `{"type":"order","id":"17","version":3}`; left out for an event outside every stream |
//! | `Eskit-Tags` | its tags, as JSON: `["order:17"]` |
//! | `Eskit-Recorded-At` | when it was recorded, in the form of RFC 3339 |
//! | `Eskit-Metadata` | where it comes from, as JSON |
//!
//! [`received`] makes an event of such a message again. The page `docs/nats.md` has an example, and says what is promised.

mod message;
mod publication;
mod publisher;
mod publishing;
mod waves;

pub use message::{NotAnEvent, received};
pub use publication::{Publication, SealedEvents};
pub use publisher::Publisher;
pub use publishing::{Marked, Published, Publishing};
