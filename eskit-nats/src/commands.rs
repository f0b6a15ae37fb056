//! Commands by name over NATS: a service that executes what others ask for, and the client that asks.
//!
//! A service answers requests on `{prefix}.command.{wire name}`, in a queue group, so that each request goes to one of the processes that serve
//! the command. Options are in headers, and the payload is the command as it is stored:
//!
//! | header | what it says |
//! |---|---|
//! | `Eskit-Version` | the version of the payload; without it, that which the service has |
//! | `Eskit-Deadline` | when the answer is of no more use, in the form of RFC 3339: a service that gets to the command later does not execute it |
//! | `Eskit-Idempotency-Key` | a second request with this key appends nothing, and is answered with what the first one did |
//! | `Eskit-Metadata` | correlation, causation, initiator, originator and extras of the events, as JSON: `{"correlation_id":"request-17"}` |
//!
//! The answer is JSON, `{"outcome":"appended","attempts":1,"events":2,"first":"7@..","last":"8@.."}` or
//! `{"outcome":"refused","text":"..","error":{..}}`, with an outcome that [`OutcomeKind`](eskit_runtime::execute::OutcomeKind) names. So a client of
//! any language can send commands. [`CommandClient`] gives them their types.
//!
//! The page `docs/nats.md` has an example.

mod client;
mod error;
mod handler;
mod headers;
mod reply;
mod report;
mod service;
mod serving;
mod subject;

pub use client::{CommandClient, Done, Sending};
pub use error::CommandError;
pub use report::ServiceError;
pub use service::CommandService;
pub use serving::{NotStopped, Serving};
