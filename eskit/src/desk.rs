//! Does the work that views keep: claims items, hands them to workers, renews the claims, and settles them.
//!
//! A [`Claimer`] and its workers are tasks of their own that share a [`Desk`], so that a claim is renewed however long a worker takes.

mod ahead;
mod claimer;
mod control;
mod job;
mod kind;
mod measured;
mod shared;
mod worker;

pub(crate) use claimer::{Claimer, Follows};
pub(crate) use control::WorkControl;
pub use control::WorkHealth;
pub(crate) use job::{Does, Failed, Job};
pub(crate) use kind::{kind_of, kinds_of, version_of};
pub(crate) use shared::Desk;
pub(crate) use worker::work;
