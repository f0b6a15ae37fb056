use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, HeaderMap, Request};
use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{LogId, PersonalData};
use eskit_runtime::subscription::{ApplyError, HandleError};
use tokio::task::JoinSet;

use crate::api::jetstream::{JetStream, Refusal};
use crate::api::subject::is_fit;
use crate::error::Fault;
use crate::events::message::headers;
use crate::events::publication::{Publication, SealedEvents};
use crate::events::waves::waves;

/// Messages that are sent and not acknowledged, at most.
const IN_FLIGHT_MAX: usize = 256;
/// How long a message may take to be acknowledged.
const ACK_MAX: Duration = Duration::from_secs(5);

/// Publishes the events of a log. Cheap to clone. See [`Publication`].
pub struct Publisher<P> {
    pub(super) publication: Arc<P>,
    jetstream: JetStream,
}

impl<P: Publication> Publisher<P> {
    /// A publisher over this connection. Each subject must be one of a stream of JetStream, which acknowledges what it has stored.
    pub fn new(publication: P, client: Client) -> Publisher<P> {
        Publisher { publication: Arc::new(publication), jetstream: JetStream { client, timeout: ACK_MAX } }
    }

    /// How long one message may take to be acknowledged, 5 s by default. What takes longer is published again, with all that follows it.
    #[must_use]
    pub fn ack_timeout(mut self, time: Duration) -> Publisher<P> {
        self.jetstream.timeout = time.max(Duration::from_millis(1));
        self
    }

    /// Publishes events of a log, and waits until all of them are acknowledged. Of events that must keep their order, the next is only sent
    /// when the one before it is stored.
    ///
    /// # Errors
    /// An event cannot be published, by its index among the events, or a server did not acknowledge one: those after it in its order were not
    /// sent.
    pub(super) async fn publish(&self, events: &[(usize, &RecordedEvent)], log: LogId) -> Result<(), ApplyError> {
        let (mut messages, mut keys) = (Vec::new(), Vec::new());
        for (index, event) in events {
            let prepared = prepare(&*self.publication, event, log);
            let prepared = prepared.map_err(|text| {
                let error = HandleError::permanent(format!("the event `{}` cannot be published: {text}", event.name));
                ApplyError::Handler { index: *index, error }
            })?;
            if let Some(message) = prepared {
                keys.push(P::ORDER.key(event));
                messages.push(message);
            }
        }
        for wave in waves(&keys, IN_FLIGHT_MAX) {
            let mut sent = JoinSet::new();
            for message in wave.into_iter().filter_map(|index| messages.get_mut(index).map(std::mem::take)) {
                let jetstream = self.jetstream.clone();
                sent.spawn(async move { message.send(&jetstream).await });
            }
            while let Some(stored) = sent.join_next().await {
                // A task that panicked has stored nothing that is known.
                let stored = stored.unwrap_or_else(|error| Err(Fault::unavailable(error.to_string())));
                stored.map_err(|fault| ApplyError::Views(fault.into()))?;
            }
        }
        Ok(())
    }
}

/// The message of an event; `None` if it is left out.
fn prepare<P: Publication>(publication: &P, event: &RecordedEvent, log: LogId) -> Result<Option<Outgoing>, String> {
    let is_opened = !matches!(event.personal, PersonalData::AsStored | PersonalData::Unopened(_));
    match P::PERSONAL {
        SealedEvents::LeaveOut if is_opened || event.content_type.is_sealed() => return Ok(None),
        SealedEvents::Publish if is_opened => {
            return Err("its personal data was opened for this app, and must not leave it in the clear\nhelp: publish from an app \
                        without a vault on the same store, or leave such events out with `SealedEvents::LeaveOut`"
                .to_owned());
        }
        SealedEvents::LeaveOut | SealedEvents::Publish => {}
    }
    let Some(subject) = publication.subject(event) else { return Ok(None) };
    if !is_fit(&subject) {
        return Err(format!(
            "`{subject}` is no subject of NATS\nhelp: write tokens without white space, `*` and `>`, with `.` between them"
        ));
    }
    Ok(Some(Outgoing { subject, headers: headers(event, log)?, payload: event.payload.clone() }))
}

/// A message that is to be sent.
#[derive(Default)]
struct Outgoing {
    subject: String,
    headers: HeaderMap,
    payload: Vec<u8>,
}

impl Outgoing {
    /// Sends it, and waits until it is stored, or known to be stored already.
    async fn send(self, jetstream: &JetStream) -> Result<(), Fault> {
        let Outgoing { subject, headers, payload } = self;
        let request = Request::new().headers(headers).payload(payload.into());
        let answer = jetstream.send(subject.clone(), request).await;
        let failed = match answer {
            Ok(ack) if ack["seq"].is_u64() => return Ok(()),
            Ok(other) => Refusal::NoAnswer(format!("the answer is none of JetStream: {other}")),
            Err(refusal) => refusal,
        };
        // It is tried again for as long as it takes, whatever the server says.
        Err(Fault::unavailable(format!(
            "{}\nhelp: check that a stream of JetStream takes `{subject}`, and has room",
            failed.fault(&format!("publish an event to `{subject}`"))
        )))
    }
}

impl<P> Clone for Publisher<P> {
    fn clone(&self) -> Publisher<P> {
        Publisher { publication: Arc::clone(&self.publication), jetstream: self.jetstream.clone() }
    }
}

impl<P> fmt::Debug for Publisher<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eskit_runtime::Timestamp;
    use eskit_runtime::log::{NewEvent, Part, Position};

    struct Sealed;
    struct Plain;

    impl Publication for Sealed {
        const NAME: &'static str = "sealed";
        const PERSONAL: SealedEvents = SealedEvents::Publish;

        fn subject(&self, event: &RecordedEvent) -> Option<String> {
            (&*event.name != "a.Secret").then(|| format!("events.{}", event.name))
        }
    }

    impl Publication for Plain {
        const NAME: &'static str = "plain";
        const PERSONAL: SealedEvents = SealedEvents::LeaveOut;

        fn subject(&self, event: &RecordedEvent) -> Option<String> {
            Sealed.subject(event)
        }
    }

    fn event(name: &str, is_sealed: bool, personal: PersonalData) -> RecordedEvent {
        let mut event = NewEvent::json(name, "{}");
        if is_sealed {
            event.content_type = event.content_type.sealed();
        }
        let mut event = event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::now());
        event.personal = personal;
        event
    }

    /// Whether an event is published by each of both; an error counts as no.
    fn published(event: &RecordedEvent) -> (bool, bool) {
        let is_some = |prepared: Result<Option<Outgoing>, String>| prepared.is_ok_and(|message| message.is_some());
        (is_some(prepare(&Sealed, event, LogId::new())), is_some(prepare(&Plain, event, LogId::new())))
    }

    #[test]
    fn personal_data_leaves_sealed_or_not_at_all() {
        assert_eq!(published(&event("a.B", false, PersonalData::AsStored)), (true, true));
        assert_eq!(published(&event("a.Secret", false, PersonalData::AsStored)), (false, false));
        assert_eq!(published(&event("a.B", true, PersonalData::AsStored)), (true, false));
        assert_eq!(published(&event("a.B", true, PersonalData::Unopened("why".into()))), (true, false));
        let opened = event("a.B", false, PersonalData::Opened);
        assert_eq!(published(&opened), (false, false));
        let text = prepare(&Sealed, &opened, LogId::new()).err().unwrap();
        assert!(text.contains("was opened for this app") && text.contains("an app without a vault"), "{text}");
    }
}
