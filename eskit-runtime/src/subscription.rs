//! Following the log: subscriptions, their checkpoints, and the read models that they keep.
//!
//! A *subscription* reads the log in order, hands its events to a *subscriber*, and remembers in a *checkpoint* how far it has come.
//! A *projection* is a subscriber that keeps a read model. *Views* are the place where read models live, such as a SQLite file or a
//! PostgreSQL database; they keep the checkpoint too, and commit both in one transaction, so that each event counts exactly once.
//!
//! | to | use |
//! |---|---|
//! | follow a log | [`follow`], which `App::start` of the crate `eskit` spawns for each subscription |
//! | control and observe a subscription | [`Control`], [`Health`] |
//! | steer it from outside of the program | [`Views::request`], [`Asked`], [`Request`] |
//! | hear of changes in a read model | [`Changes`], [`Changed`] |
//! | write views for another database | [`Views`], [`Apply`], [`Claim`], [`Batch`], [`TellChanges`], [`ChangeHubs`] |
//!
//! # Guarantees
//!
//! - Events arrive in the order of the log, each of them once, and none is left out. A checkpoint never lies beyond what was handled.
//! - Events that were appended together are handled in one transaction of the views.
//! - One process handles the events of a subscription at a time. A process that was replaced by another one, but does not know it
//!   yet, cannot commit.
//! - A log that was replaced, for example by a backup, is noticed before anything of it is handled.

mod batch;
mod changes;
mod control;
mod error;
mod follow;
mod hand_over;
mod handled;
mod health;
mod heed;
mod obey;
mod options;
mod parked;
mod replay;
mod request;
mod select;
mod subscriber;
mod synchronous;
mod trouble;
mod views;

pub use crate::model::subscriber::{OnError, Order, SubscriberType};
pub use batch::{Batch, GivenUp};
pub use changes::{ChangeHub, ChangeHubs, Changed, Changes, PendingChange, Sleeper, TellChanges};
pub use control::Control;
pub use error::{ApplyError, SubscriptionError};
pub use follow::follow;
pub use handled::{HandleError, Handled};
pub use health::{Health, State};
pub use heed::heed;
pub use options::{FollowOptions, Start};
pub use parked::ParkedEvent;
pub use replay::replay_parked;
pub use request::{Asked, Ended, LatestRequests, Request};
#[doc(hidden)]
pub use select::{First, first};
#[doc(hidden)]
pub use subscriber::check_kept;
pub use subscriber::{Handle, HandleAsync, HandleMut, Subscriber};
pub use synchronous::{CATCH_UP_MAX, SynchronousError};
#[doc(hidden)]
pub use synchronous::{added_twice, check_synchronous, forgotten, text_of};
pub use views::{Apply, Checkpoint, Claim, Claimed, Partition, Subscription, Views};
