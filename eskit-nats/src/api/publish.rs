use async_nats::{HeaderMap, Request};

use crate::api::jetstream::{JetStream, Refusal, WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_IN_FLIGHT};

/// What came of a message that was published under an expectation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Published {
    /// It is in the stream, at the sequence after the one that was expected.
    Stored,
    /// The stream ends elsewhere, or is about to.
    NotLast,
    /// It was refused for another reason, and is not in the stream.
    Refused(Refusal),
    /// It may be in the stream.
    Open(Refusal),
}

impl JetStream {
    /// Publishes a message that must become the one after `expected`, as the last sequence of the whole stream. Never of a subject: a
    /// server compares the texts of filters for messages in flight, so that two of them that overlap do not exclude each other.
    pub(crate) async fn publish_after(
        &self,
        stream: &str,
        subject: &str,
        expected: u64,
        message: Vec<u8>,
    ) -> Published {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Stream", stream);
        headers.insert("Nats-Expected-Last-Sequence", expected.to_string().as_str());
        let request = Request::new().headers(headers).payload(message.into());
        match self.send(subject.to_owned(), request).await {
            Ok(ack) if ack["seq"].as_u64() == Some(expected + 1) => Published::Stored,
            Ok(ack) => Published::Open(Refusal::NoAnswer(format!("the server's answer names another place: {ack}"))),
            Err(refusal) => match refusal.number() {
                Some(WRONG_LAST_SEQUENCE | WRONG_LAST_SEQUENCE_IN_FLIGHT) => Published::NotLast,
                _ if refusal.is_open() => Published::Open(refusal),
                _ => Published::Refused(refusal),
            },
        }
    }
}
