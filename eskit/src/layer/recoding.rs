use eskit_runtime::codec::RecodeError;
use eskit_runtime::log::{Append, AppendError, Appended, ContentType, StoreErrorKind};
use eskit_runtime::{EventStore, StoreError, delegate_store};

/// A store that writes the payloads of all new events in one format, whatever their types say: the format of a program.
///
/// Events that are in the log already stay as they are, and are read by the format that they have. A payload in a format that this
/// program cannot convert, such as one that was appended without an event type, is stored as it comes.
///
/// ```
/// # use eskit::prelude::*;
/// use eskit::layer::Recoding;
/// use eskit::log::ContentType;
///
/// let app = App::new(Recoding::new(MemoryStore::new(), ContentType::CBOR));
/// ```
///
/// An event whose type says `#[event(codec = "cbor")]` is read faster from CBOR than another one, which is first written as JSON text.
/// See [`Event`](derive@crate::Event).
#[derive(Clone, Debug)]
pub struct Recoding<S> {
    store: S,
    content_type: ContentType,
}

impl<S> Recoding<S> {
    /// The store, with payloads in this format: [`ContentType::JSON`] or, with the feature `cbor`, [`ContentType::CBOR`]. With
    /// any other, every append fails.
    pub fn new(store: S, content_type: ContentType) -> Recoding<S> {
        Recoding { store, content_type }
    }
}

impl<S: EventStore> EventStore for Recoding<S> {
    delegate_store!(|layer| &layer.store, except append);

    async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
        let mut has_changed = false;
        for event in &mut append.events {
            let is_known = event.content_type.is_json() || event.content_type.is_cbor();
            if is_known && event.content_type != self.content_type {
                let refuse = |error: RecodeError| StoreError::new(StoreErrorKind::Invalid, error.to_string());
                event.recode(&self.content_type).map_err(refuse)?;
                has_changed = true;
            }
        }
        if !has_changed {
            return self.store.append(append).await;
        }
        let events = append.events.clone();
        let mut appended = self.store.append(append).await?;
        appended.recorded = Some(appended.record(events));
        Ok(appended)
    }
}
