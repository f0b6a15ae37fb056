use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::{EventStore, Timestamp};

use crate::app::App;
use crate::clock::{Clock, SetClock};

/// A clock that stands still until the test moves it: for to-dos that are due later, and for schedules.
///
/// With [`App::with_clock`], to-dos and schedules are due by it, and the events of commands are recorded at its time.
///
/// ```
/// # use eskit::prelude::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use eskit::testing::TestClock;
/// use std::time::Duration;
///
/// let clock = TestClock::at("2026-11-30T08:00:00Z".parse()?);
/// let app = App::new(MemoryStore::new()).with_clock(&clock).start().await?;
/// app.settle().await?;
/// clock.advance(Duration::from_secs(3600));
/// app.settle().await?;
/// # app.stop().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<SetClock>);

impl TestClock {
    /// A clock that shows this time.
    pub fn at(time: Timestamp) -> TestClock {
        TestClock(Arc::new(SetClock::new(time)))
    }

    /// The time that it shows.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Lets it show this time, which may be an earlier one.
    pub fn set(&self, time: Timestamp) {
        self.0.set(time);
    }

    /// Moves it forward.
    pub fn advance(&self, time: Duration) {
        self.set(self.now() + time);
    }
}

impl<S: EventStore + 'static> App<S> {
    /// Lets to-dos and schedules be due by this clock, and records the events of commands at its time.
    #[must_use]
    pub fn with_clock(mut self, clock: &TestClock) -> App<S> {
        self.bus_mut().clock = Clock::Set(Arc::clone(&clock.0));
        self
    }
}
