use std::fmt;
use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::log::Position;
use eskit_runtime::subscription::{ApplyError, ParkedEvent};

use crate::bus::Bus;
use crate::subscriptions::Subscribed;

/// The parked events of one projection. Returned by [`Running::parked`](crate::Running::parked).
pub struct Parked<S> {
    subscription: Arc<dyn Subscribed<S>>,
    bus: Bus<S>,
}

impl<S> Parked<S> {
    pub(super) fn new(subscription: Arc<dyn Subscribed<S>>, bus: Bus<S>) -> Parked<S> {
        Parked { subscription, bus }
    }

    /// The parked events, by position. The first of each [key](ParkedEvent::key) has failed; the others wait behind it.
    ///
    /// # Errors
    /// The views failed.
    pub async fn list(&self) -> Result<Vec<ParkedEvent>, StoreError> {
        self.subscription.parked(&self.bus).await
    }

    /// Hands the parked events of one key over again, in order, until one fails. They are read from the log, so that today's upcasters
    /// and handlers apply. Returns how many were handled.
    ///
    /// # Errors
    /// The handler of an event failed again, or the views did. The events before it were handled.
    pub async fn replay(&self, key: &str) -> Result<u64, ApplyError> {
        let mut handled = 0;
        for parked in self.list().await?.into_iter().filter(|parked| parked.key == key) {
            handled += u64::from(self.subscription.replay(&self.bus, parked.position).await?);
        }
        Ok(handled)
    }

    /// Removes a parked event without handling it. Returns whether it was there.
    ///
    /// # Errors
    /// The views failed.
    pub async fn drop(&self, position: Position) -> Result<bool, StoreError> {
        self.subscription.drop_parked(&self.bus, position).await
    }
}

impl<S> fmt::Debug for Parked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").field("projection", &self.subscription.subscriber().name).finish_non_exhaustive()
    }
}
