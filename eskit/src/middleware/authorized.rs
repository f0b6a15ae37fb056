use std::fmt;

use eskit_runtime::execute::Denied;

use super::call::Call;
use super::next::{Middleware, Next};
use super::outcome::Outcome;

/// Lets a function decide which commands are allowed, by their types, tags and metadata.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Paid { #[tag] order: u32 }
/// # #[derive(Command)] pub struct Pay { #[tag] order: u32 }
/// # #[decider(no_models)] fn pay(c: &Pay) -> Paid { Paid { order: c.order } }
/// use eskit::execute::Denied;
/// use eskit::middleware::{Authorized, Call};
///
/// /// Whoever pays is known.
/// fn is_allowed(call: &Call<'_>) -> Result<(), Denied> {
///     match call.metadata().initiator() {
///         None if call.name() == "Pay" => Err(Denied::new("log in to pay")),
///         _ => Ok(()),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let app = App::new(MemoryStore::new()).with_middleware(Authorized::by(is_allowed));
/// let denied = app.execute(Pay { order: 17 }).await;
/// assert!(matches!(denied, Err(ExecuteError::Denied(_))));
/// # }
/// ```
pub struct Authorized<F>(F);

impl<F: Fn(&Call<'_>) -> Result<(), Denied> + Send + Sync + 'static> Authorized<F> {
    /// Allows the commands for which this function returns `Ok`.
    pub fn by(is_allowed: F) -> Authorized<F> {
        Authorized(is_allowed)
    }
}

impl<F: Fn(&Call<'_>) -> Result<(), Denied> + Send + Sync + 'static> Middleware for Authorized<F> {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        (self.0)(call)?;
        next.run(call).await
    }
}

impl<F> fmt::Debug for Authorized<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorized").finish_non_exhaustive()
    }
}
