use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::log::id::EventId;
use crate::log::position::Position;
use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;

/// Views that keep *steps*: effects that must not be repeated blindly, each as part of an item of work or of an event that a processor
/// acts on. A step is begun before its effect and ended after it. One that was begun and not ended has an unknown outcome.
///
/// `eskit-conformance` tests whether these rules are kept:
///
/// - A step is begun only under a claim that holds: the latest one of its item, or that of the checkpoint before its event.
/// - A begun step and its end survive a loss of power, if the views survive it at all, as soon as the call has returned.
/// - The steps of an item are removed in the transaction that removes it or lets it be [done again](super::Outcome::Again).
/// - The steps of an event are removed in the transaction that moves the checkpoint of a subscriber that
///   [acts](crate::subscription::Subscriber::ACTS) to it or past it; those of a parked event in the transaction that handles or drops it.
/// - [`Views::restart`](crate::subscription::Views::restart) removes the steps of events, and of the items that it removes.
pub trait Steps: Clone + Send + Sync + 'static {
    /// Begins a step, unless it has ended. `list` is the name of the processor.
    ///
    /// # Errors
    /// The views failed, or the step is [beyond its limits](super::check_step). It may have been begun.
    fn begin_step(
        &self,
        list: &str,
        holder: StepHolder,
        step: &str,
    ) -> impl Future<Output = Result<BegunStep, StoreError>> + Send;

    /// Ends a step, also if the claim has ended meanwhile. Returns whether it was there and had not ended. That it
    /// [happened](StepEnd::Happened), said [by hand](EndedBy::Hand), also replaces the result of one that has ended: a result that the program
    /// cannot read could not be mended otherwise.
    ///
    /// # Errors
    /// The views failed, or the result is beyond its limit. It may have ended.
    fn end_step(
        &self,
        list: &str,
        step: &StepId,
        by: EndedBy,
        end: StepEnd,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The first 1,000 steps of a list that were begun and not ended, by owner and name. Some of them may be under way.
    ///
    /// # Errors
    /// The views failed.
    fn open_steps(&self, list: &str) -> impl Future<Output = Result<Vec<OpenStep>, StoreError>> + Send;
}

/// Which step of a list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct StepId {
    /// Whose step it is: the id of an item, or that of an event.
    pub owner: String,
    /// Its name: 1 to 256 bytes without NUL.
    pub name: String,
}

/// The right to begin the steps of an item or an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepHolder {
    /// The claim of an item.
    Item {
        /// Its id.
        id: String,
        /// The epoch of the claim.
        epoch: u64,
    },
    /// The claim of a subscription whose checkpoint is before an event.
    Event {
        /// Where the event is.
        position: Position,
        /// Its id.
        id: EventId,
        /// The part of the subscription that takes it.
        part: u32,
        /// The epoch of the claim.
        epoch: u64,
    },
    /// An event that is parked, and needs no claim.
    Parked {
        /// Where the event is.
        position: Position,
        /// Its id.
        id: EventId,
    },
}

impl StepHolder {
    /// The owner of the steps.
    pub fn owner(&self) -> String {
        match self {
            StepHolder::Item { id, .. } => id.clone(),
            StepHolder::Event { id, .. } | StepHolder::Parked { id, .. } => id.to_string(),
        }
    }

    /// Where the event is whose steps they are.
    pub fn position(&self) -> Option<Position> {
        match self {
            StepHolder::Item { .. } => None,
            StepHolder::Event { position, .. } | StepHolder::Parked { position, .. } => Some(*position),
        }
    }

    /// The part of the subscription that takes the event.
    pub fn part(&self) -> Option<u32> {
        match self {
            StepHolder::Event { part, .. } => Some(*part),
            StepHolder::Item { .. } | StepHolder::Parked { .. } => None,
        }
    }

    /// The epoch of the claim; 0 for a parked event.
    pub fn epoch(&self) -> u64 {
        match self {
            StepHolder::Item { epoch, .. } | StepHolder::Event { epoch, .. } => *epoch,
            StepHolder::Parked { .. } => 0,
        }
    }
}

/// What was found when a step was begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BegunStep {
    /// It was not begun before, or did not happen then.
    First,
    /// It was begun before, and not ended: whether it happened is unknown. It is now begun by this holder.
    Again,
    /// It has ended with this result, as JSON. Nothing was changed.
    Done(String),
    /// The claim does not hold any more. Nothing was changed.
    Lost,
}

/// How a step ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepEnd {
    /// It happened, with this result as JSON of up to 1 MiB.
    Happened(String),
    /// It did not happen. It is removed, and begun anew at the next try.
    DidNotHappen,
}

/// Who ends a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndedBy {
    /// The holder that began it last, by its epoch. If another one has begun it since, nothing is changed.
    Holder(u64),
    /// Somebody who has found out what happened, whoever began it.
    Hand,
}

/// A step that was begun and not ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenStep {
    /// Which one.
    pub id: StepId,
    /// When it was begun first: since then, its effect may have happened.
    pub begun_at: Timestamp,
}

impl OpenStep {
    /// A step that was begun at this time.
    pub fn new(id: StepId, begun_at: Timestamp) -> OpenStep {
        OpenStep { id, begun_at }
    }
}
