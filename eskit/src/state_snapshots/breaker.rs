use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Leaves a place alone for a while after it has failed, so that commands do not wait for it again and again.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    until: Option<Instant>,
    pause: Duration,
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.lock().until.is_some_and(|until| Instant::now() < until)
    }

    /// Takes note of a failure. Returns whether it is the first one after a success.
    pub(super) fn failed(&self) -> bool {
        let mut state = self.lock();
        let is_first = state.pause.is_zero();
        state.pause = (state.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        state.until = Some(Instant::now() + state.pause);
        is_first
    }

    pub(super) fn succeeded(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_something_succeeds() {
        let breaker = Breaker::default();
        assert!(!breaker.is_open());
        assert!(breaker.failed() && breaker.is_open());
        for seconds in [2, 4, 8, 16, 30, 30] {
            assert!(!breaker.failed());
            assert_eq!(breaker.lock().pause, Duration::from_secs(seconds));
        }
        breaker.succeeded();
        assert!(!breaker.is_open() && breaker.failed());
    }
}
