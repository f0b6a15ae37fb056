use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eskit_runtime::Timestamp;
use eskit_runtime::store_kit::HeadWatch;

/// The clock by which to-dos and schedules are due.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// That of the machine.
    #[default]
    System,
    /// One that a test sets.
    #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only tests set a clock"))]
    Set(Arc<SetClock>),
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(crate) struct SetClock {
    now: Mutex<Timestamp>,
    moved: HeadWatch,
}

impl SetClock {
    #[cfg(feature = "testing")]
    pub(crate) fn new(now: Timestamp) -> SetClock {
        SetClock { now: Mutex::new(now), moved: HeadWatch::default() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.moved.moved();
    }
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Set(clock) => clock.now(),
        }
    }

    /// The time that was set, if one was.
    pub(crate) fn set_time(&self) -> Option<Timestamp> {
        match self {
            Clock::System => None,
            Clock::Set(clock) => Some(clock.now()),
        }
    }

    /// How long it takes until this time; `None` if that is not known.
    pub(crate) fn until(&self, time: Timestamp) -> Option<Duration> {
        match self {
            Clock::System => Some(time.duration_since(self.now())),
            Clock::Set(clock) => (time <= clock.now()).then_some(Duration::ZERO),
        }
    }

    /// Completes when the clock was set to another time than this one.
    pub(crate) async fn moved_from(&self, time: Timestamp) {
        match self {
            Clock::System => std::future::pending().await,
            Clock::Set(clock) => clock.moved.until(|| (clock.now() != time).then_some(())).await,
        }
    }
}
