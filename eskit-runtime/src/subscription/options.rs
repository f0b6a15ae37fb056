use std::time::Duration;

use crate::execute::RetryPolicy;
use crate::log::position::Place;

use super::views::Partition;

/// How to follow a log.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct FollowOptions {
    /// Where a subscription begins that has no checkpoint yet.
    pub start: Start,
    /// How often the handler of an event is tried, and the waits between the tries.
    pub retry: RetryPolicy,
    /// The most events in one transaction of the views: 1 to 10,000, and 1,000 by default. An append with more events is not divided.
    pub page: usize,
    /// How often the checkpoint is written while no event concerns the subscription: once a second by default.
    pub save_every: Duration,
    /// How often to look whether something is [asked](super::Views::request) of the subscription from outside of the program: every 500 ms
    /// by default. All subscriptions of a process that are kept in the same views share one look.
    pub heed_every: Duration,
    /// Which part of the events.
    pub partition: Partition,
}

/// Where a subscription begins that has no checkpoint yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Start {
    /// With the first event of the log.
    #[default]
    Beginning,
    /// With the first event that is appended after its first claim.
    Now,
    /// With the first event after this place.
    After(Place),
}

impl Default for FollowOptions {
    fn default() -> FollowOptions {
        FollowOptions {
            start: Start::Beginning,
            retry: RetryPolicy::attempts(5).with_delays(Duration::from_millis(100), Duration::from_secs(10)),
            page: 1000,
            save_every: Duration::from_secs(1),
            heed_every: Duration::from_millis(500),
            partition: Partition::WHOLE,
        }
    }
}
