//! Sealing the events of an append, and opening those of a page.

use std::sync::Arc;

use eskit_runtime::codec::SealedPayload;
use eskit_runtime::log::{ContentType, LogId, NewEvent, PersonalData, StoreErrorKind};
use eskit_runtime::{RecordedEvent, StoreError};

use super::cached::Found;
use super::form::{Bound, Sealed, seal};
use super::keys::{Vault, unknown};

/// The payload of an event with personal data, before that was sealed.
pub(crate) struct Plain {
    content_type: ContentType,
    payload: Vec<u8>,
}

impl Plain {
    /// Puts the payload back into the event that was recorded of it.
    pub(crate) fn restore(self, event: &mut RecordedEvent) {
        (event.content_type, event.payload, event.personal) = (self.content_type, self.payload, PersonalData::Opened);
    }
}

/// Seals the personal values of events, and returns the payload that each had, if it had some.
pub(crate) async fn seal_all(
    vault: &Vault,
    log: LogId,
    events: &mut [NewEvent],
) -> Result<Vec<Option<Plain>>, StoreError> {
    let subjects: Vec<_> = events.iter().flat_map(|event| &event.personal).map(|value| value.subject.clone()).collect();
    let keys = vault.keys_of(log, subjects.iter()).await?;
    let mut before = Vec::with_capacity(events.len());
    for event in events {
        if event.personal.is_empty() {
            before.push(None);
            continue;
        }
        let plain = Plain { content_type: event.content_type.clone(), payload: event.payload.clone() };
        let (id, tags, name, version) = (event.id, event.tags.clone(), event.name.clone(), event.schema_version);
        let refuse = |why: &dyn std::fmt::Display| {
            let text = format!("the personal data of event `{name}` cannot be sealed: {why}");
            StoreError::new(StoreErrorKind::Invalid, text)
        };
        let bound = Bound::to(id, &tags, &name, version);
        let sealed = event.seal(|value, json| match keys.get(&value.subject) {
            Some(key) => seal(key, &bound, value.path.as_str(), json),
            None => Err(StoreError::new(StoreErrorKind::Other, format!("`{}` has no key", value.subject))),
        });
        sealed.map_err(|error| refuse(&error))?;
        before.push(Some(plain));
    }
    Ok(before)
}

/// Opens the sealed values of events. An event with one that cannot be opened stays sealed, and says why; the others are opened.
pub(crate) async fn open_all(vault: &Vault, events: &mut [RecordedEvent]) -> Result<(), StoreError> {
    let mut sealed: Vec<(&mut RecordedEvent, SealedPayload, Vec<Sealed>)> = Vec::new();
    for event in events.iter_mut().filter(|event| event.content_type.is_sealed()) {
        match read(event) {
            Ok(Some((payload, values))) => sealed.push((event, payload, values)),
            Ok(None) => {}
            Err(why) => event.personal = PersonalData::Unopened(why),
        }
    }
    let ids = sealed.iter().flat_map(|(_, _, values)| values.iter().map(Sealed::key));
    let keys = vault.keys_with(ids).await?;
    for (event, payload, values) in sealed {
        let key = |value: &Sealed| keys.get(&value.key()).cloned().unwrap_or_else(|| unknown(value.key()));
        let opened = open(event, &payload, values, key);
        // The error may quote what was opened.
        let set =
            opened.and_then(|json| event.set_opened(json).map_err(|_| "its format cannot hold an opened value".into()));
        if let Err(why) = set {
            event.personal = PersonalData::Unopened(why);
        }
    }
    Ok(())
}

/// The payload of an event with its sealed values, each as bytes.
fn read(event: &RecordedEvent) -> Result<Option<(SealedPayload, Vec<Sealed>)>, Arc<str>> {
    let payload = event.sealed_payload().map_err(|error| error.to_string())?;
    let Some(payload) = payload else { return Ok(None) };
    let values = payload.values().iter().map(|value| {
        Sealed::read(&value.sealed).map_err(|why| Arc::from(format!("the value at `{}`: {why}", value.path)))
    });
    let values = values.collect::<Result<Vec<Sealed>, Arc<str>>>()?;
    Ok(Some((payload, values)))
}

/// The payload with its values in the clear, or forgotten.
fn open(
    event: &RecordedEvent,
    payload: &SealedPayload,
    values: Vec<Sealed>,
    key: impl Fn(&Sealed) -> Found,
) -> Result<String, Arc<str>> {
    let bound = Bound::to_recorded(event);
    let mut texts = Vec::with_capacity(values.len());
    for (sealed, value) in values.into_iter().zip(payload.values()) {
        let opened = match key(&sealed) {
            Found::Key(key) => sealed.open(&key, &bound, value.path.as_str()).map_err(Arc::from),
            Found::Destroyed => Ok(value.forgotten.clone()),
            Found::Unusable(why) => Err(why),
        };
        texts.push(opened.map_err(|why| Arc::<str>::from(format!("the value at `{}`: {why}", value.path)))?);
    }
    Ok(payload.with(&texts))
}
