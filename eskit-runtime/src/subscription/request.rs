use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::log::position::Position;
use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;

/// What may be asked of a subscription from outside of the programs that run it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Asked {
    /// Stop handling events, in every process and after every restart, until [`Asked::Resume`].
    Pause,
    /// Go on after a pause, or after the subscription has failed.
    Resume,
    /// Empty the read model and build it anew.
    Rebuild,
    /// Set the checkpoint of a processor to this position, and act on the events after it again.
    Reset(Position),
    /// Hand the parked events with this key over again, or all.
    Replay(Option<String>),
}

impl Asked {
    /// It as one word: `pause`, `resume`, `rebuild`, `reset` or `replay`.
    pub fn name(&self) -> &'static str {
        match self {
            Asked::Pause => "pause",
            Asked::Resume => "resume",
            Asked::Rebuild => "rebuild",
            Asked::Reset(_) => "reset",
            Asked::Replay(_) => "replay",
        }
    }

    /// What belongs to that word: the position of a reset, the key of a replay.
    pub fn argument(&self) -> Option<String> {
        match self {
            Asked::Reset(position) => Some(position.to_string()),
            Asked::Replay(key) => key.clone(),
            _ => None,
        }
    }

    /// What views stored as [`Asked::name`] and [`Asked::argument`]; `None` for what this version does not know.
    pub fn from_parts(name: &str, argument: Option<String>) -> Option<Asked> {
        Some(match (name, argument) {
            ("pause", None) => Asked::Pause,
            ("resume", None) => Asked::Resume,
            ("rebuild", None) => Asked::Rebuild,
            ("reset", Some(position)) => Asked::Reset(Position::new(position.parse().ok()?)),
            ("replay", key) => Asked::Replay(key),
            _ => return None,
        })
    }

    /// Whether the subscription begins anew, so that its checkpoint need not fit the log.
    pub(super) fn begins_anew(&self) -> bool {
        matches!(self, Asked::Rebuild | Asked::Reset(_))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Reset(position) => write!(f, "reset to position {position}"),
            Asked::Replay(Some(key)) => write!(f, "replay the parked events with the key `{key}`"),
            Asked::Replay(None) => f.write_str("replay all parked events"),
            _ => f.write_str(self.name()),
        }
    }
}

/// What was asked last of a version of a subscription, from outside of the programs that run it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The name of the subscription.
    pub name: String,
    /// The version of its logic.
    pub version: u32,
    /// One more than that of the request before it, of this version.
    pub number: u64,
    /// What was asked.
    pub asked: Asked,
    /// When.
    pub asked_at: Timestamp,
    /// Since when the subscription is to be paused, if it is: that lasts beyond later requests, until [`Asked::Resume`].
    pub paused_at: Option<Timestamp>,
    /// What came of it, once the program has done it or refused.
    pub ended: Option<Ended>,
}

impl Request {
    /// The request after one, or the first.
    pub fn next(name: &str, version: u32, asked: Asked, before: Option<&Request>) -> Request {
        let asked_at = Timestamp::now();
        let paused_at = match asked {
            Asked::Pause => before.and_then(|before| before.paused_at).or(Some(asked_at)),
            Asked::Resume => None,
            _ => before.and_then(|before| before.paused_at),
        };
        let number = before.map_or(0, |before| before.number) + 1;
        Request { name: name.to_owned(), version, number, asked, asked_at, paused_at, ended: None }
    }

    /// A request that views stored as [`Asked::name`] and [`Asked::argument`]; they set its other fields. One that this version does not
    /// know has ended without being done.
    pub fn stored(name: &str, version: u32, number: u64, asked: &str, argument: Option<String>) -> Request {
        let known = Asked::from_parts(asked, argument);
        let unknown = || Ended::now(Err(format!("this version of the program does not know `{asked}`")));
        let ended = if known.is_none() { Some(unknown()) } else { None };
        let request = Request::next(name, version, known.unwrap_or(Asked::Resume), None);
        Request { number, ended, ..request }
    }
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Whether it was done.
    pub is_done: bool,
    /// What was done, or why it was not.
    pub text: String,
}

impl Ended {
    /// It was done, or it was not, as of now, with this text.
    pub fn now(result: Result<String, String>) -> Ended {
        let is_done = result.is_ok();
        let (Ok(text) | Err(text)) = result;
        Ended { at: Timestamp::now(), is_done, text }
    }
}

/// What was asked of all subscriptions of views, as of the last look: for views whose clones are to look once for all subscriptions of
/// a process.
#[derive(Debug, Default)]
pub struct LatestRequests {
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    looked_at: Option<Instant>,
    requests: Arc<Vec<Request>>,
}

impl LatestRequests {
    /// What was found last, if that was less than `within` ago, or is being looked for; otherwise looks.
    ///
    /// # Errors
    /// Those of the look.
    pub async fn get(
        &self,
        within: Duration,
        look: impl Future<Output = Result<Vec<Request>, StoreError>>,
    ) -> Result<Arc<Vec<Request>>, StoreError> {
        {
            let mut found = self.lock();
            if found.looked_at.is_some_and(|at| at.elapsed() < within) {
                return Ok(Arc::clone(&found.requests));
            }
            found.looked_at = Some(Instant::now());
        }
        let requests = Arc::new(look.await?);
        self.lock().requests = Arc::clone(&requests);
        Ok(requests)
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_survives_its_parts() {
        let key = |key: &str| Asked::Replay(Some(key.to_owned()));
        let all = [Asked::Pause, Asked::Resume, Asked::Rebuild, Asked::Reset(Position::new(7)), key("a b"), key("")];
        for asked in all.into_iter().chain([Asked::Replay(None)]) {
            assert_eq!(Asked::from_parts(asked.name(), asked.argument()), Some(asked));
        }
        assert_eq!(Asked::from_parts("reset", Some("x".to_owned())), None);
        assert_eq!(Asked::from_parts("reset", None), None);
        assert_eq!(Asked::from_parts("explode", None), None);
    }

    #[test]
    fn a_pause_lasts_until_it_is_taken_back() {
        let mut last: Option<Request> = None;
        let mut ask = |asked| {
            let next = Request::next("a", 1, asked, last.as_ref());
            last = Some(next.clone());
            next
        };
        let first = ask(Asked::Pause);
        assert_eq!((first.number, first.paused_at), (1, Some(first.asked_at)));
        for asked in [Asked::Rebuild, Asked::Pause, Asked::Replay(None)] {
            assert_eq!(ask(asked).paused_at, first.paused_at);
        }
        let resumed = ask(Asked::Resume);
        assert_eq!((resumed.number, resumed.paused_at), (5, None));
    }
}
