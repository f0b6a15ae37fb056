use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Subscriber};
use eskit_runtime::log::LogId;
use futures_util::StreamExt;
use tokio::sync::Notify;

use crate::api::jetstream::JetStream;
use crate::api::stream::StreamState;
use crate::copy::log_copy::{LogCopy, Unread};
use crate::error::Fault;
use crate::group::message::GroupId;
use crate::open::settings::log_id;

/// How often a consumer without messages says that it is there. After three times as long without any, there is a new one.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The pause before another consumer is created, after one that did not work.
const PAUSE: Duration = Duration::from_millis(100);
/// The status of a message that is a heartbeat, or asks for flow control.
const CONTROL: u16 = 100;

/// Reads the stream into the copy, for as long as the store is open.
pub(crate) struct Feed {
    pub(crate) jetstream: JetStream,
    pub(crate) stream: String,
    pub(crate) copy: Arc<LogCopy>,
    /// Asked to look at the stream anew.
    pub(crate) again: Arc<Notify>,
}

/// Why a consumer is of no more use.
enum End {
    /// It is gone, or something was lost on the way. The next one goes on.
    Lost,
    /// The stream is not the one that was read.
    Replaced(LogId),
    /// Nothing more can be read.
    Fault(Fault),
}

impl Feed {
    /// Follows the stream with one consumer after another.
    pub(crate) async fn run(self) {
        let mut created = None;
        // Where a stream that was read from its beginning does not go on.
        let mut broken_at = None;
        loop {
            let end = self.follow(&mut created).await;
            match end {
                End::Lost => {}
                End::Replaced(log) => self.copy.restart(log),
                End::Fault(fault) => {
                    let at = self.copy.state().sequence;
                    if broken_at.replace(at) == Some(at) {
                        self.copy.fail(fault);
                        return;
                    }
                    // The stream may be another one: it is read again from its beginning, once.
                    created = None;
                    let log = self.copy.state().log.id();
                    self.copy.restart(log);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Follows the stream with one consumer.
    async fn follow(&self, created: &mut Option<String>) -> End {
        let Ok(state) = self.jetstream.stream_state(&self.stream).await else { return End::Lost };
        let read = self.copy.state().sequence;
        let is_other = created.as_ref().is_some_and(|created| *created != state.created);
        *created = Some(state.created.clone());
        if is_other || state.last < read {
            return match log_id(&state.config) {
                Some(log) => End::Replaced(log),
                None => End::Fault(Fault::corrupt("it has no id of a log")),
            };
        }
        if let Err(fault) = is_whole(&state) {
            return End::Fault(fault);
        }
        let inbox = self.jetstream.client.new_inbox();
        let Ok(messages) = self.jetstream.client.subscribe(inbox.clone()).await else { return End::Lost };
        let name = consumer_name();
        let creating = self.jetstream.create_consumer(&self.stream, &name, &inbox, read + 1, HEARTBEAT);
        if creating.await.is_err() {
            return End::Lost;
        }
        let end = tokio::select! {
            end = self.listen(messages) => end,
            () = self.again.notified() => End::Lost,
        };
        // It would go by itself.
        let _ = self.jetstream.delete_consumer(&self.stream, &name).await;
        end
    }

    async fn listen(&self, mut messages: Subscriber) -> End {
        loop {
            let Ok(Some(message)) = tokio::time::timeout(HEARTBEAT * 3, messages.next()).await else {
                return End::Lost;
            };
            if message.status.is_some_and(|status| status.as_u16() == CONTROL) {
                let stalled = header(message.headers.as_ref(), "Nats-Consumer-Stalled");
                let answer_to = message.reply.as_ref().map(|reply| reply.to_string()).or(stalled);
                if let Some(subject) = answer_to {
                    // A lost answer makes the server ask again.
                    let _ = self.jetstream.client.publish(subject, "".into()).await;
                }
                let last = header(message.headers.as_ref(), "Nats-Last-Stream").and_then(|last| last.parse().ok());
                if last.is_some_and(|last: u64| last > self.copy.state().sequence) {
                    return End::Lost;
                }
                continue;
            }
            let Some(sequence) = message.reply.as_ref().and_then(|reply| sequence_of(reply)) else { continue };
            match self.copy.read(sequence, &message.payload) {
                Ok(()) => {}
                Err(Unread::Gap) => return End::Lost,
                Err(Unread::Wrong(fault)) => return End::Fault(fault),
            }
        }
    }
}

/// Nothing may be missing at the beginning.
fn is_whole(state: &StreamState) -> Result<(), Fault> {
    if state.last > 0 && state.first != 1 {
        return Err(Fault::corrupt(format!("it begins with message {}", state.first)));
    }
    Ok(())
}

fn header(headers: Option<&HeaderMap>, name: &str) -> Option<String> {
    headers?.get(name).map(|value| value.as_str().to_owned())
}

/// A name that no other consumer has.
fn consumer_name() -> String {
    format!("eskit-{:032x}", u128::from_be_bytes(GroupId::new().bytes()))
}

/// The sequence in the stream of a message that a consumer delivered: a part of the subject to which it would be acknowledged.
/// `$JS.ACK.stream.consumer.delivered.sequence..`, or with a domain and the account's hash before the stream.
fn sequence_of(reply: &str) -> Option<u64> {
    let parts: Vec<&str> = reply.split('.').collect();
    let at = match parts.len() {
        9 => 5,
        11.. => 7,
        _ => return None,
    };
    parts.get(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_acknowledgement_name_the_sequence() {
        assert_eq!(sequence_of("$JS.ACK.log.c1.1.77.5.1700000000.0"), Some(77));
        assert_eq!(sequence_of("$JS.ACK.hub.ACC.log.c1.1.78.5.1700000000.0"), Some(78));
        assert_eq!(sequence_of("$JS.ACK.hub.ACC.log.c1.1.79.5.1700000000.0.random"), Some(79));
        assert_eq!(sequence_of("_INBOX.x"), None);
    }
}
