use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::{Duration, Instant};

use eskit_runtime::__private::{First, first};
use eskit_runtime::Executed;
use eskit_runtime::execute::Sleep;
use eskit_runtime::log::{Place, Position};
use eskit_runtime::subscription::{Control, Health};

use super::unknown::{UnknownSubscription, write_failed};
use crate::sleep::Timer;

/// How long it is waited unless told otherwise.
const WITHIN: Duration = Duration::from_secs(5);

/// What a projection can be waited for to reach: what a command appended, or a position.
pub trait Reached {
    /// The position of the last event.
    fn position(&self) -> Position;
}

impl<T> Reached for &Executed<T> {
    fn position(&self) -> Position {
        self.positions().max().unwrap_or(Position::START)
    }
}

impl Reached for Position {
    fn position(&self) -> Position {
        *self
    }
}

impl Reached for Place {
    fn position(&self) -> Position {
        self.position
    }
}

/// Waits for a projection when awaited. Returned by [`Running::caught_up`](crate::Running::caught_up).
#[derive(Debug)]
#[must_use = "it waits when it is awaited"]
pub struct CaughtUp {
    name: &'static str,
    controls: Option<Vec<Control>>,
    wanted: Position,
    within: Duration,
}

impl CaughtUp {
    /// Waits for a subscription of this name, which has these controls if it was added to the app.
    pub(super) fn new(name: &'static str, controls: Option<Vec<Control>>, wanted: Position) -> CaughtUp {
        CaughtUp { name, controls, wanted, within: WITHIN }
    }

    /// Sets how long to wait at most.
    pub fn within(mut self, duration: Duration) -> CaughtUp {
        self.within = duration;
        self
    }

    async fn wait(self) -> Result<(), NotCaughtUp> {
        let CaughtUp { name, controls, wanted, within } = self;
        let controls = controls.ok_or(NotCaughtUp::Unknown(UnknownSubscription::of(name)))?;
        let end = Instant::now() + within;
        for control in controls {
            let rest = end.saturating_duration_since(Instant::now());
            match first(control.reached(wanted), Timer.sleep(rest)).await {
                First::A(Ok(())) => {}
                First::A(Err(health)) => return Err(NotCaughtUp::Failed(health)),
                First::B(()) => return Err(NotCaughtUp::TimedOut { wanted, within, health: control.health() }),
            }
        }
        Ok(())
    }
}

impl IntoFuture for CaughtUp {
    type Output = Result<(), NotCaughtUp>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}

/// Why a projection was not waited for to the end. The command that was waited for has succeeded all the same.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NotCaughtUp {
    /// It has not come so far in time.
    TimedOut {
        /// The position that was waited for.
        wanted: Position,
        /// How long it was waited for.
        within: Duration,
        /// How the subscription is doing.
        health: Health,
    },
    /// It has failed or was stopped, before or meanwhile.
    Failed(Health),
    /// It was not added to the app.
    Unknown(UnknownSubscription),
}

impl fmt::Display for NotCaughtUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotCaughtUp::TimedOut { wanted, within, health } => {
                let Health { name, state, place, error, .. } = health;
                let at = place.position;
                write!(
                    f,
                    "`{name}` is {state} at position {at}, and did not reach position {wanted} within {within:?}"
                )?;
                error.iter().try_for_each(|error| write!(f, ": {error}"))
            }
            NotCaughtUp::Failed(health) => write_failed(f, health),
            NotCaughtUp::Unknown(unknown) => unknown.fmt(f),
        }
    }
}

impl std::error::Error for NotCaughtUp {}
