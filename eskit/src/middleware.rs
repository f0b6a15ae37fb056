//! What stands around each command of an app: for authorization, retries, metrics, logs.
//!
//! A [`Middleware`] sees each [`Call`] before the command is executed, may change its options or refuse it, and sees the
//! [`Outcome`]. [`App::with_middleware`](crate::App::with_middleware) adds one to the list of an app; the first one that was added is
//! the outermost. The typed result of a command is not changed by them: `App::execute` returns the state and the error of
//! its decider as without.
//!
//! ```
//! # use eskit::prelude::*;
//! # #[derive(Event, Serialize, Deserialize)] pub struct Paid { #[tag] order: u32 }
//! # #[derive(Command)] pub struct Pay { #[tag] order: u32 }
//! # #[decider(no_models)] fn pay(c: &Pay) -> Paid { Paid { order: c.order } }
//! use eskit::execute::Denied;
//! use eskit::middleware::{Call, Middleware, Next, Outcome};
//!
//! /// Writes the tenant of a request into the metadata of its events.
//! struct Tenant(String);
//!
//! impl Middleware for Tenant {
//!     async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
//!         let options = call.options_mut();
//!         options.metadata = options.metadata.clone().with("tenant", &self.0);
//!         next.run(call).await
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::new(MemoryStore::new()).with_middleware(Tenant("acme".to_owned()));
//! let done = app.execute(Pay { order: 17 }).await?;
//! assert_eq!(done.events[0].metadata.get("tenant"), Some("acme"));
//! # Ok(()) }
//! ```

mod authorized;
mod call;
mod command_log;
#[cfg(feature = "tracing")]
mod logged;
#[cfg(feature = "metrics")]
mod metered;
mod next;
mod outcome;
mod retrying;

pub use authorized::Authorized;
pub use call::Call;
pub use command_log::{CommandLog, CommandLogHealth};
pub use eskit_runtime::execute::OutcomeKind;
#[cfg(feature = "tracing")]
pub use logged::Logged;
#[cfg(feature = "metrics")]
pub use metered::Metered;
pub use next::{Middleware, Next};
pub use outcome::Outcome;
pub use retrying::Retrying;

pub(crate) use next::{Boxed, Erased, Execution};
