//! What came of a command, as its reply says it.

use eskit_runtime::execute::OutcomeKind;
use eskit_runtime::log::Place;
use eskit_runtime::{ExecuteError, Executed};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes of a text that are kept where the whole reply is too large.
const TEXT_MAX: usize = 1024;

/// The payload of a reply: `{"outcome":"appended","attempts":1,"events":2,"first":"7@..","last":"8@.."}`, or
/// `{"outcome":"refused","text":"..","error":{..}}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    /// The name of an [`OutcomeKind`].
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) attempts: u32,
    #[serde(default)]
    pub(super) events: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// The decider's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Value>,
}

impl Reply {
    /// A reply to a command that was not executed.
    pub(super) fn without(outcome: OutcomeKind, text: String) -> Reply {
        let outcome = outcome.as_str().to_owned();
        Reply { outcome, attempts: 0, events: 0, first: None, last: None, text: Some(text), error: None }
    }

    /// What came of an execution; `error` gives the decider's error.
    pub(super) fn of<M, E: std::fmt::Display>(
        answer: &Result<Executed<M>, ExecuteError<E>>,
        error: impl FnOnce(&E) -> Option<Value>,
    ) -> Reply {
        let outcome = OutcomeKind::of(answer);
        match answer {
            Ok(Executed { events, attempts, .. }) => Reply {
                outcome: outcome.as_str().to_owned(),
                attempts: *attempts,
                events: events.len(),
                first: events.first().map(|event| event.place().to_string()),
                last: events.last().map(|event| event.place().to_string()),
                text: None,
                error: None,
            },
            Err(failed) => {
                let attempts = match failed {
                    ExecuteError::Conflict { attempts, .. } => *attempts,
                    ExecuteError::Domain(_) => 1,
                    _ => 0,
                };
                let error = failed.domain().and_then(error);
                Reply { attempts, error, ..Reply::without(outcome, failed.to_string()) }
            }
        }
    }

    pub(super) fn kind(&self) -> Option<OutcomeKind> {
        OutcomeKind::from_name(&self.outcome)
    }

    /// The places of the first and the last event.
    ///
    /// # Errors
    /// A text that is no place.
    pub(super) fn places(&self) -> Result<(Option<Place>, Option<Place>), String> {
        let place = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
        match (place(&self.first), place(&self.last)) {
            (Ok(first), Ok(last)) => Ok((first, last)),
            (Err(error), _) | (_, Err(error)) => Err(error.to_string()),
        }
    }

    /// The payload, in at most so many bytes: without the decider's error and the end of the text if need be.
    pub(super) fn into_payload(mut self, bytes_max: usize) -> serde_json::Result<Vec<u8>> {
        let payload = serde_json::to_vec(&self)?;
        if payload.len() <= bytes_max {
            return Ok(payload);
        }
        self.error = None;
        if let Some(text) = &mut self.text {
            let end = (0..=TEXT_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
        }
        serde_json::to_vec(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_is_too_large_keeps_its_outcome() {
        let text = "ü".repeat(4000);
        let large =
            Reply { error: Some(Value::from(text.clone())), ..Reply::without(OutcomeKind::Refused, text.clone()) };
        let whole: Reply = serde_json::from_slice(&large.clone().into_payload(1 << 20).unwrap()).unwrap();
        assert_eq!(whole, large);
        let cut: Reply = serde_json::from_slice(&large.into_payload(2000).unwrap()).unwrap();
        assert_eq!((cut.kind(), cut.error), (Some(OutcomeKind::Refused), None));
        assert_eq!(cut.text.as_deref(), Some(&text[..TEXT_MAX]));
    }
}
