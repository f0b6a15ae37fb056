//! Whether the log can be reached.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use eskit::EventStore;
use eskit::log::Position;

/// How long the log may take to answer.
const WITHIN: Duration = Duration::from_secs(1);
/// For how long an answer holds.
const HOLDS: Duration = Duration::from_secs(1);

/// Asks the log for its head, for all requests together: at most once in a second, however many ask.
#[derive(Default)]
pub(super) struct Probe {
    last: Mutex<Option<(Instant, Option<Position>)>>,
    asking: tokio::sync::Mutex<()>,
}

impl Probe {
    /// The head of the log, as of a second ago at most; `None` if it did not answer.
    pub(super) async fn head(&self, store: &impl EventStore) -> Option<Position> {
        if let Some(head) = self.held() {
            return head;
        }
        let _asking = self.asking.lock().await;
        // Another request may have asked while this one waited.
        if let Some(head) = self.held() {
            return head;
        }
        let head = tokio::time::timeout(WITHIN, store.head()).await;
        let head = head.ok().and_then(Result::ok).map(|place| place.position);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), head));
        head
    }

    fn held(&self) -> Option<Option<Position>> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(at, _)| at.elapsed() < HOLDS).map(|(_, head)| head)
    }
}
