use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::log::id::LogId;
use crate::log::name::WireName;
use crate::log::position::{Place, Position};
use crate::log::query::{Query, QueryItem};
use crate::log::recorded::RecordedEvent;
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::log::time::Timestamp;

use super::batch::Batch;
use super::error::{ApplyError, SubscriptionError};
use super::parked::ParkedEvent;
use super::request::{Asked, Ended, Request};
use super::subscriber::Subscriber;

/// One of the parts into which a subscription divides its events by [key](super::Order), to handle them side by side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Partition {
    /// Which part, from 0.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
}

impl Partition {
    /// The only part.
    pub const WHOLE: Partition = Partition { index: 0, count: 1 };
}

impl Default for Partition {
    fn default() -> Partition {
        Partition::WHOLE
    }
}

/// What claims a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// The version of its logic.
    pub version: u32,
    /// Which part of its events.
    pub partition: Partition,
    /// The log that it follows.
    pub log: LogId,
    /// The checkpoint of a subscription that has none yet.
    pub start: Place,
    /// The wire names that its handlers take, former ones included, sorted; [`Subscription::EVERY_EVENT`] alone if they take all.
    pub events: Vec<String>,
    /// The SQL that creates its tables, run once with its checkpoint; empty for none.
    pub tables: &'static str,
}

impl Subscription {
    /// What stands in place of the wire names of a subscriber that takes every event.
    pub const EVERY_EVENT: &'static str = "*";

    /// The subscription of this subscriber to this log, from the beginning of the log.
    pub fn of<P: Subscriber>(log: LogId) -> Subscription {
        let names = if P::TAKES_ALL { vec![Subscription::EVERY_EVENT] } else { P::EVENTS.names() };
        let mut events: Vec<String> = names.into_iter().map(str::to_owned).collect();
        events.sort_unstable();
        Subscription {
            name: P::TYPE.name.to_owned(),
            version: P::TYPE.version,
            partition: Partition::WHOLE,
            log,
            start: Place::START,
            events,
            tables: P::TYPE.tables,
        }
    }

    /// Whether its handlers take events of this wire name.
    pub fn takes(&self, name: &str) -> bool {
        self.takes_all() || self.events.binary_search_by(|taken| taken.as_str().cmp(name)).is_ok()
    }

    fn takes_all(&self) -> bool {
        self.events.iter().any(|name| name == Subscription::EVERY_EVENT)
    }

    /// The events that its handlers take.
    pub fn query(&self) -> Query {
        Subscription::query_for(&self.events)
    }

    /// The events that a subscriber takes.
    pub fn query_of<P: Subscriber>() -> Query {
        if P::TAKES_ALL { Query::all() } else { Subscription::query_of_names(P::EVENTS.wire_names().collect()) }
    }

    /// The events of these wire names.
    pub(super) fn query_for(names: &[String]) -> Query {
        match names.iter().any(|name| name == Subscription::EVERY_EVENT) {
            true => Query::all(),
            false => Subscription::query_of_names(names.iter().map(|name| WireName::from(name.as_str())).collect()),
        }
    }

    /// An item without types would match every event.
    fn query_of_names(names: Vec<WireName>) -> Query {
        if names.is_empty() { Query::default() } else { Query::from(QueryItem::types(names)) }
    }

    /// The wire names that are new to a subscription that took these.
    pub(super) fn added_to(&self, before: &[String]) -> Vec<String> {
        let took = |name: &String| before.iter().any(|taken| taken == name || taken == Subscription::EVERY_EVENT);
        self.events.iter().filter(|name| !took(name)).cloned().collect()
    }

    /// The events that a read model lacks which was kept for handlers of other wire names, up to its checkpoint; `None` if nothing can
    /// be missing. If the log holds any, [`Subscription::missed`] is the error.
    pub fn may_have_missed(&self, before: &[String]) -> Option<Query> {
        let added = self.added_to(before);
        (!added.is_empty()).then(|| Subscription::query_for(&added))
    }

    /// The error of a subscription whose handlers take events that the log holds before its checkpoint, and that they did not take
    /// before.
    pub fn missed(&self, before: &[String]) -> SubscriptionError {
        SubscriptionError::MissedEvents { events: self.added_to(before), version: self.version }
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` version {}", self.name, self.version)?;
        match self.partition {
            Partition { count: 1, .. } => Ok(()),
            Partition { index, count } => write!(f, ", part {} of {count}", index + 1),
        }
    }
}

/// How far a subscription has come, as the views hold it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The name of the subscription.
    pub name: String,
    /// The version of its logic.
    pub version: u32,
    /// Which part of its events.
    pub partition: Partition,
    /// The log that it follows.
    pub log: LogId,
    /// Everything up to this place was handled.
    pub place: Place,
    /// How often it was claimed. Only the holder of the latest claim may write.
    pub epoch: u64,
    /// The wire names that its handlers took when the checkpoint was created or last changed, sorted.
    pub events: Vec<String>,
    /// Whether readers see this version of the read model.
    pub is_active: bool,
    /// When it last moved.
    pub saved_at: Timestamp,
}

impl Checkpoint {
    /// The checkpoint of a subscription that has handled nothing: not claimed and not active.
    pub fn new(subscription: &Subscription) -> Checkpoint {
        Checkpoint {
            partition: subscription.partition,
            place: subscription.start,
            events: subscription.events.clone(),
            ..Checkpoint::at_start(subscription.name.clone(), subscription.version, subscription.log)
        }
    }

    /// A checkpoint at the start of the log, without events. Views that read one from their database set its other fields.
    pub fn at_start(name: impl Into<String>, version: u32, log: LogId) -> Checkpoint {
        Checkpoint {
            name: name.into(),
            version,
            partition: Partition::WHOLE,
            log,
            place: Place::START,
            epoch: 0,
            events: Vec::new(),
            is_active: false,
            saved_at: Timestamp::now(),
        }
    }
}

/// The right to handle the events of a subscription, until another process claims it.
#[derive(Debug)]
pub struct Claim<G> {
    /// The checkpoint, as of the claim or of the last commit since.
    pub checkpoint: Checkpoint,
    /// What the views need to keep the claim, such as a lock on a file. Dropping it gives the claim up, at once or after a while.
    pub guard: G,
}

/// The answer to an attempt to claim a subscription.
#[derive(Debug)]
pub enum Claimed<G> {
    /// The caller holds the claim.
    Leader(Claim<G>),
    /// Another process holds it. This is the checkpoint as of now.
    Standby(Checkpoint),
}

/// Where read models live, together with the checkpoints of the subscriptions that keep them. Cheap to clone; clones share
/// everything.
///
/// To keep read models in another database, implement this trait, and [`Apply`] for all subscribers that can write there. Every
/// implementation must keep these rules, and the crate `eskit-conformance` tests them:
///
/// - A claim excludes all others, in this and in other processes. It is freed at once by [`Views::release`] and when the process
///   ends cleanly, and within a bound when it does not. Keeping it does not depend on handlers returning.
/// - Each claim has a higher [epoch](Checkpoint::epoch) than all before it. A commit under an older epoch, or from another place
///   than that of the checkpoint, commits nothing and fails as [`ApplyError::Deposed`].
/// - What handlers write, what is parked, and the checkpoint are committed together or not at all.
pub trait Views: Clone + Send + Sync + 'static {
    /// What keeps a claim.
    type Guard: Send + Sync + 'static;

    /// Claims a subscription, if no other process holds it. If there is no checkpoint yet, creates it at
    /// [`Subscription::start`], and runs [`Subscription::tables`]. Does not wait for a claim to be free.
    ///
    /// # Errors
    /// The views failed, or the SQL of the tables did.
    fn claim(
        &self,
        subscription: &Subscription,
    ) -> impl Future<Output = Result<Claimed<Self::Guard>, StoreError>> + Send;

    /// Gives a claim up, so that another process can have it at once.
    fn release(&self, claim: Claim<Self::Guard>) -> impl Future<Output = ()> + Send;

    /// Records that the subscription now takes these wire names.
    ///
    /// # Errors
    /// [`ApplyError::Deposed`], [`ApplyError::Views`].
    fn set_events(
        &self,
        claim: &Claim<Self::Guard>,
        events: Vec<String>,
    ) -> impl Future<Output = Result<(), ApplyError>> + Send;

    /// Lets readers see this version of the read model, in place of the one that they saw before. Returns whether they see it now.
    ///
    /// Changes nothing and returns `false` while readers see a newer version that a living process has claimed: in a rolling deploy, an
    /// old program that starts again must not take readers back. Once no process claims the newer version any more, as after a
    /// deliberate roll-back, the older one can be activated. Also returns `false` while other parts of this version have not been
    /// activated. The subscription asks again from time to time, so a call that changes nothing should write nothing.
    ///
    /// Views that do not keep several versions have nothing to do.
    ///
    /// # Errors
    /// [`ApplyError::Deposed`], [`ApplyError::Views`].
    fn activate(&self, claim: &Claim<Self::Guard>) -> impl Future<Output = Result<bool, ApplyError>> + Send;

    /// Removes what the subscription has written and parked, and sets its checkpoint back to `start`: those of all parts, since what
    /// they write is not kept apart. Where views keep work, the items that events opened go too, whoever is doing them; those that were
    /// added by hand stay. The tables are created anew. A batch that another part hands over from its former place fails as
    /// [`ApplyError::Deposed`].
    ///
    /// # Errors
    /// [`ApplyError::Deposed`], [`ApplyError::Views`].
    fn restart(
        &self,
        claim: &Claim<Self::Guard>,
        subscription: &Subscription,
    ) -> impl Future<Output = Result<(), ApplyError>> + Send;

    /// All checkpoints, sorted by name, version and partition.
    ///
    /// # Errors
    /// The views failed.
    fn checkpoints(&self) -> impl Future<Output = Result<Vec<Checkpoint>, StoreError>> + Send;

    /// The parked events of a subscription, by position.
    ///
    /// # Errors
    /// The views failed.
    fn parked(&self, name: &str, version: u32) -> impl Future<Output = Result<Vec<ParkedEvent>, StoreError>> + Send;

    /// Removes a parked event without handling it. Returns whether it was there.
    ///
    /// # Errors
    /// The views failed.
    fn drop_parked(
        &self,
        name: &str,
        version: u32,
        position: Position,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// What was asked last of each version of each subscription, as of now. By default nothing.
    ///
    /// # Errors
    /// The views failed.
    fn requests(&self) -> impl Future<Output = Result<Vec<Request>, StoreError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// The same, as of at most `within` ago. Each subscription of a process asks this again and again, so views should look once for all
    /// of them, with [`LatestRequests`](super::LatestRequests).
    ///
    /// # Errors
    /// The views failed.
    fn recent_requests(&self, within: Duration) -> impl Future<Output = Result<Arc<Vec<Request>>, StoreError>> + Send {
        let _ = within;
        async { Ok(Arc::new(self.requests().await?)) }
    }

    /// Asks something of a version of a subscription, whether or not a program runs it. Stores the [next](Request::next) request in
    /// place of the one before it, and returns it. What is asked stays until a program does it, also when all programs are restarted.
    ///
    /// # Errors
    /// `Unsupported` by default; the views failed.
    fn request(
        &self,
        name: &str,
        version: u32,
        asked: Asked,
    ) -> impl Future<Output = Result<Request, StoreError>> + Send {
        let _ = (name, version, asked);
        async {
            let text = "nothing can be asked of these views from outside of a program\nhelp: steer the subscription in the program, \
                        with `Running::pause`, `resume`, `rebuild` or `parked`";
            Err(StoreError::new(StoreErrorKind::Unsupported, text))
        }
    }

    /// Stores what came of a request. Returns `false`, and changes nothing, if another one was made since, or if this one has ended
    /// already.
    ///
    /// # Errors
    /// The views failed.
    fn end_request(&self, request: &Request, ended: Ended) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = (request, ended);
        async { Ok(false) }
    }
}

/// Views that can keep what this subscriber writes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot keep the projection `{P}`\nhelp: pass views, such as `SqliteViews`, `PostgresViews` or `MemoryViews`",
    label = "not views that can keep `{P}`"
)]
pub trait Apply<P: Subscriber>: Views {
    /// Hands the events of a batch to the subscriber, in order, and commits what it wrote together with the new checkpoint.
    ///
    /// - [Given-up](Batch::given_up) events are not handed over. Where the subscriber [parks](super::OnError::Park), they are written
    ///   to the parked events, and so is every event whose key has parked events already.
    /// - If the claim does not hold any more, nothing is committed.
    ///
    /// # Errors
    /// See [`ApplyError`]. Nothing was committed, unless the error is [`ApplyError::Views`]: then the commit may have succeeded, and
    /// the subscription claims anew to find out.
    fn apply(
        &self,
        claim: &Claim<Self::Guard>,
        subscriber: &Arc<P>,
        batch: &Batch,
    ) -> impl Future<Output = Result<(), ApplyError>> + Send;

    /// Hands a batch over, or the first appends of it, and moves the checkpoint of the claim. Is called again with the rest.
    ///
    /// # Errors
    /// As [`Apply::apply`].
    fn advance(
        &self,
        claim: &mut Claim<Self::Guard>,
        subscriber: &Arc<P>,
        batch: &Batch,
    ) -> impl Future<Output = Result<(), ApplyError>> + Send {
        async move {
            self.apply(claim, subscriber, batch).await?;
            claim.checkpoint.place = batch.to;
            Ok(())
        }
    }

    /// Hands a parked event to the subscriber, and removes it from the parked events in the same transaction. Returns `false` if it
    /// is not parked any more. Changes no checkpoint, and needs no claim.
    ///
    /// # Errors
    /// See [`ApplyError`]. The event is still parked, unless the error is [`ApplyError::Views`]: then repeat the call to find out.
    fn replay(
        &self,
        subscriber: &Arc<P>,
        event: &RecordedEvent,
    ) -> impl Future<Output = Result<bool, ApplyError>> + Send;
}
