//! What has changed in a read model, told to readers that wait for it.

mod changed;
mod hub;
mod stream;

use std::future::Future;

pub use changed::Changed;
pub use hub::{ChangeHub, ChangeHubs, PendingChange, Sleeper};
pub use stream::Changes;

use super::subscriber::Subscriber;
use super::views::Views;
use crate::log::store::error::StoreError;

/// Views whose readers can wait for changes. [`ChangeHubs`] has the parts from which it is built.
///
/// - Each commit to the version that readers see is told after it was made, with the keys that its handlers named. So is a restart of
///   that version, and that readers see another one.
/// - What was not committed, and what is written to other versions, is not told.
/// - A commit of another process is told too, as [`Changed::All`] or with its keys.
pub trait TellChanges: Views {
    /// Begins to listen to the changes of a read model, from now on.
    ///
    /// # Errors
    /// The views cannot be read.
    fn changes_of(&self, name: &str) -> impl Future<Output = Result<Changes, StoreError>> + Send;

    /// As [`TellChanges::changes_of`], of a projection, or of the rows of an aggregate:
    ///
    /// ```
    /// # use eskit_runtime::subscription::{Subscriber, TellChanges};
    /// # async fn example<CourseList: Subscriber>(views: impl TellChanges) -> Result<(), eskit_runtime::StoreError> {
    /// let mut changes = views.changes::<CourseList>().await?;
    /// loop {
    ///     if changes.next().await.contains("maths") {
    ///         println!("look again");
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// The views cannot be read.
    fn changes<P: Subscriber>(&self) -> impl Future<Output = Result<Changes, StoreError>> + Send {
        self.changes_of(P::TYPE.name)
    }
}
