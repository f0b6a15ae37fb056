use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{
    Append, AppendError, Appended, ConflictKind, Page, Place, Position, Query, ReadOptions, StoreErrorKind,
};
use eskit_runtime::{EventStore, StoreError, delegate_store};

use crate::sleep::Timer;

/// How long a read may take on the replica, unless it is said.
const WITHIN: Duration = Duration::from_secs(1);
/// The pause between two looks whether the replica has caught up; it doubles each time.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// A store that reads pages of events from a replica, such as a standby of PostgreSQL, and leaves everything else to its primary.
///
/// A replica is behind its primary, and nobody who uses this layer sees that: it remembers the highest place that its callers have seen, by
/// a read, by `watch` or by an append of their own, and a read waits until the replica has reached it. So no caller reads backwards, and each finds
/// what it has appended. If the replica does not get there in time, or cannot be reached, the primary answers.
///
/// ```no_run
/// # use eskit::prelude::*;
/// # #[cfg(feature = "postgres")]
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eskit::layer::ReadReplica;
///
/// let primary = PostgresStore::connect("postgres://app@primary/app").await?;
/// let replica = PostgresStore::options().listen(false).connect("postgres://app@replica/app").await?;
/// let app = App::new(ReadReplica::open(primary, replica).await?);
/// # let _ = app;
/// # Ok(()) }
/// # fn main() {}
/// ```
///
/// - Appends, their conditions, `head`, `watch`, [`EventStore::stream_info`], [`EventStore::list_streams`] and all changes are the primary's.
/// - A command that decides on what the replica holds conflicts if it decided on too little, reads again what it lacked, and decides
///   once more. A refusal, a loaded state and a page may be as old as the replica, but not older than what this process has seen. Where a refusal must
///   be of this moment, execute on the primary.
/// - A read that must be [confirmed](ReadOptions::confirmed) is the primary's, and so is the answer to a command that is repeated with its idempotency key.
/// - What is not an event is not waited for: for as long as the replica is behind, a deleted event may still be read.
/// - A subscription wakes with the primary and reads from the replica, so that of all its work only the wake-ups are the primary's.
///
/// Cheap to clone if the stores are; clones share what was seen. To carry it to another process, such as in the token of a session, hand
/// [`ReadReplica::seen`] on to [`ReadReplica::saw`] there.
#[derive(Clone, Debug)]
pub struct ReadReplica<P, R> {
    primary: P,
    replica: R,
    within: Duration,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    /// The highest place that callers have seen.
    seen: Place,
    /// Whether the replica may hold other events than the primary at the same positions, as far as was seen.
    is_in_doubt: bool,
    /// Until when the replica is not asked, after it has failed a read.
    rests_until: Option<Instant>,
}

impl<P: EventStore, R: EventStore> ReadReplica<P, R> {
    /// The primary, with its reads on a replica of the same log. A read may take 1 s on the replica, with the wait for what was seen.
    ///
    /// # Errors
    /// [`WrongLog`](StoreErrorKind::WrongLog) if the two are not the same log; or one of them failed.
    pub async fn open(primary: P, replica: R) -> Result<ReadReplica<P, R>, StoreError> {
        let (log, other) = (primary.log_id().await?, replica.log_id().await?);
        if log != other {
            let text = format!(
                "the replica holds the log {other}, and the primary the log {log}\nhelp: open a standby of this primary, with the same schema"
            );
            return Err(StoreError::new(StoreErrorKind::WrongLog, text));
        }
        let shared = Shared { seen: primary.head().await?, is_in_doubt: true, rests_until: None };
        Ok(ReadReplica { primary, replica, within: WITHIN, shared: Arc::new(Mutex::new(shared)) })
    }

    /// How long a read may take on the replica, with the wait for what was seen. After that the primary answers this read, and every
    /// other one for as long again.
    #[must_use]
    pub fn within(mut self, duration: Duration) -> ReadReplica<P, R> {
        self.within = duration;
        self
    }

    /// The highest place that callers have seen.
    pub fn seen(&self) -> Place {
        self.shared().seen
    }

    /// Notes that a caller has seen this place elsewhere: reads that begin from now on reach it.
    pub fn saw(&self, place: Place) {
        self.shared().raise(place);
    }

    /// The primary.
    pub fn primary(&self) -> &P {
        &self.primary
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes where the primary ended, as it said after `before` had been seen.
    fn told(&self, before: Place, head: Place) {
        let mut shared = self.shared();
        if !reaches(head, before) {
            // The log was replaced: what was seen is gone.
            shared.is_in_doubt = true;
            if shared.seen == before {
                shared.seen = head;
            }
        }
        shared.raise(head);
    }

    /// Asks the primary where it ends, if it answers.
    async fn look(&self, before: Place) {
        if let Ok(head) = self.primary.head().await {
            self.told(before, head);
        }
    }

    /// The page from the replica; nothing if the primary has to answer.
    async fn read_on_replica(&self, query: &Query, options: ReadOptions) -> Option<Page> {
        let (seen, is_in_doubt, rests) = {
            let shared = self.shared();
            (shared.seen, shared.is_in_doubt, shared.rests_until)
        };
        if rests.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let page = self.in_time(self.caught_up(query, options, seen, is_in_doubt)).await;
        let mut shared = self.shared();
        shared.rests_until = page.is_none().then(|| Instant::now() + self.within);
        shared.raise(page.as_ref()?.head);
        page
    }

    /// The page as soon as the replica has reached all that it must; nothing if it holds other events, or fails.
    async fn caught_up(&self, query: &Query, options: ReadOptions, seen: Place, is_in_doubt: bool) -> Option<Page> {
        if is_in_doubt {
            self.wait_for(seen.position).await?;
            let look = ReadOptions::default().after(seen).limit(1);
            self.replica.read(&Query::all(), look).await.ok()?;
            self.shared().is_in_doubt = false;
        }
        match self.replica.read(query, options).await {
            Ok(page) if reaches(page.head, seen) => return Some(page),
            Ok(_) => {}
            Err(error) if error.kind() == StoreErrorKind::Replaced => {}
            Err(_) => return None,
        }
        self.wait_for(seen.position.max(options.holds.position)).await?;
        let page = self.replica.read(query, options).await.ok()?;
        reaches(page.head, seen).then_some(page)
    }

    /// Waits until the replica has reached a position; nothing if it fails.
    async fn wait_for(&self, position: Position) -> Option<()> {
        let mut pause = PAUSE_MIN;
        while self.replica.head().await.ok()?.position < position {
            Timer.sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        Some(())
    }

    /// What a call comes to, if it does not take too long.
    async fn in_time<T>(&self, call: impl Future<Output = Option<T>>) -> Option<T> {
        let (mut call, mut late) = (pin!(call), pin!(Timer.sleep(self.within)));
        poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Pending => late.as_mut().poll(context).map(|()| None),
            answer => answer,
        })
        .await
    }
}

impl Shared {
    fn raise(&mut self, place: Place) {
        if place.position > self.seen.position {
            self.seen = place;
        }
    }
}

/// Whether a log that ends at `head` may hold what was seen.
fn reaches(head: Place, seen: Place) -> bool {
    head.position > seen.position || head.position == seen.position && is_same(head, seen)
}

/// Whether two places at one position are of one event, as far as is known.
fn is_same(one: Place, other: Place) -> bool {
    one.id.is_none() || other.id.is_none() || one.id == other.id
}

impl<P: EventStore, R: EventStore> EventStore for ReadReplica<P, R> {
    delegate_store!(|layer| &layer.primary, except append, read, head, watch);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let (before, last) = (self.seen(), append.events.last().map(|event| event.id));
        let appended = self.primary.append(append).await;
        match &appended {
            // What is repeated was appended before.
            Ok(appended) if appended.repeated => self.saw(Place { position: appended.last(), id: last }),
            Ok(appended) => self.told(before, Place { position: appended.last(), id: last }),
            Err(error) => {
                let kind = match error {
                    AppendError::Conflict(conflict) => Some(&conflict.kind),
                    _ => None,
                };
                if matches!(kind, Some(ConflictKind::Replaced { .. })) {
                    self.shared().is_in_doubt = true;
                }
                // Whoever reads again must find what was in the way.
                if kind.is_some() || matches!(error, AppendError::IdReused { .. } | AppendError::StreamClosed(_)) {
                    self.look(before).await;
                }
            }
        }
        appended
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        // Only the primary knows what is confirmed.
        if !options.confirmed
            && let Some(page) = self.read_on_replica(query, options).await
        {
            return Ok(page);
        }
        let before = self.seen();
        let page = self.primary.read(query, options).await?;
        self.told(before, page.head);
        Ok(page)
    }

    async fn head(&self) -> Result<Place, StoreError> {
        let before = self.seen();
        let head = self.primary.head().await?;
        self.told(before, head);
        Ok(head)
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let before = self.seen();
        let head = self.primary.watch(after).await?;
        self.told(before, head);
        Ok(head)
    }
}
