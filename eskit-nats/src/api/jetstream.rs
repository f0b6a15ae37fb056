use std::time::Duration;

use async_nats::{Client, Request, RequestErrorKind};
use eskit_runtime::log::StoreErrorKind;
use serde_json::Value;

use crate::error::Fault;

/// A connection, and how long each request may take.
#[derive(Clone, Debug)]
pub(crate) struct JetStream {
    pub(crate) client: Client,
    pub(crate) timeout: Duration,
}

/// Why JetStream did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// It answered with an error: its number, and its text.
    Error { code: u64, number: u64, text: String },
    /// No answer: what was asked may have been done.
    NoAnswer(String),
}

/// JetStream's numbers of errors.
pub(crate) const STREAM_NOT_FOUND: u64 = 10059;
pub(crate) const STREAM_EXISTS: u64 = 10058;
pub(crate) const WRONG_LAST_SEQUENCE: u64 = 10071;
/// The same, from a leader that does not say which sequence is last: another message is on its way.
pub(crate) const WRONG_LAST_SEQUENCE_IN_FLIGHT: u64 = 10164;
const STORE_FULL: [u64; 4] = [10023, 10047, 10077, 10002];

impl JetStream {
    /// Sends a request to JetStream's API and returns its answer.
    pub(crate) async fn ask(&self, what: &str, body: Option<Value>) -> Result<Value, Refusal> {
        let payload = body.map(|body| body.to_string()).unwrap_or_default();
        let request = Request::new().payload(payload.into());
        self.send(format!("$JS.API.{what}"), request).await
    }

    /// Sends a request and returns its answer, which must be JSON.
    pub(crate) async fn send(&self, subject: String, request: Request) -> Result<Value, Refusal> {
        let answer = self.client.send_request(subject.clone(), request.timeout(Some(self.timeout))).await;
        let answer = answer.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => {
                Refusal::NoAnswer("no server answers: JetStream is off, or the stream has no leader now".to_owned())
            }
            RequestErrorKind::TimedOut => {
                let limit = self.timeout.as_secs_f32();
                Refusal::NoAnswer(format!(
                    "the server did not answer within {limit} s; it never does if its user may not publish to `{subject}`, or may not subscribe \
                     to `_INBOX.>`"
                ))
            }
            RequestErrorKind::MaxPayloadExceeded => {
                Refusal::Error { code: 400, number: 0, text: format!("the message is too large: {error}") }
            }
            _ => Refusal::NoAnswer(format!("the connection failed: {error}")),
        })?;
        let answer: Value = serde_json::from_slice(&answer.payload)
            .map_err(|_| Refusal::NoAnswer("the server's answer is no JSON".to_owned()))?;
        match answer.get("error") {
            None => Ok(answer),
            Some(error) => Err(Refusal::Error {
                code: error["code"].as_u64().unwrap_or_default(),
                number: error["err_code"].as_u64().unwrap_or_default(),
                text: error["description"].as_str().unwrap_or("an error without a text").to_owned(),
            }),
        }
    }
}

impl Refusal {
    /// JetStream's number of the error.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Refusal::Error { number, .. } => Some(*number),
            Refusal::NoAnswer(_) => None,
        }
    }

    /// Whether what was asked may have been done, or may be done when it is asked again.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Refusal::NoAnswer(_) => true,
            // Such as 10008, JetStream is temporarily unavailable.
            Refusal::Error { code, number, .. } => *code >= 500 && !STORE_FULL.contains(number),
        }
    }

    /// Whether it may soon be granted: no server can answer now.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Refusal::NoAnswer(_) => true,
            Refusal::Error { code, number, .. } => *code == 503 && !STORE_FULL.contains(number),
        }
    }

    /// The fault of a call that wanted to do `what`.
    pub(crate) fn fault(&self, what: &str) -> Fault {
        match self {
            Refusal::NoAnswer(text) => Fault::unavailable(format!("cannot {what}: {text}")),
            Refusal::Error { number, text, .. } => {
                let kind = match *number {
                    number if STORE_FULL.contains(&number) => StoreErrorKind::Full,
                    STREAM_NOT_FOUND => StoreErrorKind::Invalid,
                    _ if self.is_open() => StoreErrorKind::Unavailable,
                    _ => StoreErrorKind::Other,
                };
                Fault::new(kind, format!("cannot {what}: JetStream refuses it with {text:?} (error {number})"))
            }
        }
    }
}
