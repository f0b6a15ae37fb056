//! Stores that tell their head wrongly, or wake nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eskit_runtime::log::{Append, AppendError, Appended, Place, Position};
use eskit_runtime::{EventStore, StoreError, delegate_store};
use tokio::sync::Notify;

use crate::sound::{Sound, broken};
use crate::table::{Row, volatile};

/// What is wrong with waiting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// Waits for the next append, also when the head is beyond already.
    WaitsForTheNext,
    /// Wakes nobody.
    NeverWakes,
    /// Wakes one of those who wait.
    WakesOne,
    /// Wakes one, also if that one went away.
    WakesTheGone,
    /// Looks at the head, and is deaf until it listens.
    MissesBetween,
}

struct Waiting {
    inner: Sound,
    mistake: Mistake,
    all: Notify,
    queue: Mutex<VecDeque<Arc<Notify>>>,
}

impl Waiting {
    fn row(mistake: &'static str, kind: Mistake, told: &'static str, cases: &'static [&'static str]) -> Row {
        let open =
            move || Waiting { inner: Sound::default(), mistake: kind, all: Notify::new(), queue: Mutex::default() };
        Row::new(mistake, volatile(open), told, cases)
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Notify>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStore for Waiting {
    delegate_store!(|layer| &layer.inner, except append, watch);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = self.inner.append(append).await?;
        match self.mistake {
            Mistake::NeverWakes => {}
            Mistake::WakesOne | Mistake::WakesTheGone => {
                if let Some(first) = self.queue().pop_front() {
                    first.notify_one();
                }
            }
            Mistake::WaitsForTheNext | Mistake::MissesBetween => self.all.notify_waiters(),
        }
        Ok(appended)
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let head = self.inner.head().await?;
        if head.position > after.position && self.mistake != Mistake::WaitsForTheNext {
            return Ok(head);
        }
        match self.mistake {
            Mistake::NeverWakes => std::future::pending().await,
            Mistake::WakesOne | Mistake::WakesTheGone => {
                let own = Arc::new(Notify::new());
                self.queue().push_back(Arc::clone(&own));
                own.notified().await;
            }
            Mistake::WaitsForTheNext => self.all.notified().await,
            Mistake::MissesBetween => {
                tokio::time::sleep(Duration::from_millis(1)).await;
                self.all.notified().await;
            }
        }
        self.inner.head().await
    }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        broken(
            "the head counts appends",
            |store| {
                store.head_out =
                    Box::new(|head| if head.position > Position::new(3) { Position::new(3).into() } else { head })
            },
            "the head after an append",
            &["basics::the_head_follows_each_append", "watch::what_the_head_counts_can_be_read"],
        ),
        Waiting::row(
            "watching waits for the next append",
            Mistake::WaitsForTheNext,
            "watching beyond position 0 took",
            &["watch::a_head_that_is_beyond_is_told_at_once"],
        ),
        Waiting::row(
            "nobody is woken",
            Mistake::NeverWakes,
            "watching beyond position 0 took",
            &[
                "watch::an_append_wakes_who_waits",
                "watch::an_append_wakes_everyone",
                "subscriptions::who_watches_sees_everything",
            ],
        ),
        Waiting::row("one is woken", Mistake::WakesOne, "took longer than", &["watch::an_append_wakes_everyone"]),
        Waiting::row(
            "who went away is woken",
            Mistake::WakesTheGone,
            "took longer than",
            &["watch::a_wait_may_be_given_up"],
        ),
        Waiting::row(
            "an append between looking and listening is missed",
            Mistake::MissesBetween,
            "took longer than",
            &["watch::no_wakeup_is_missed"],
        ),
    ]
}
