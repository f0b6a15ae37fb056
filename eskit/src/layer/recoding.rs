use eskit_runtime::codec::RecodeError;
use eskit_runtime::log::{Append, AppendError, Appended, ContentType, Place, StoreErrorKind};
use eskit_runtime::transfer::{
    DumpFrom, Entry, Load, LoadError, LogRecord, RecordError, RecordPage, RecordedAppend, Transfer,
};
use eskit_runtime::{EventStore, RecordedEvent, StoreError, Timestamp, delegate_store};

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
///
/// A log that is dumped through this layer, or loaded, is converted as a whole: so the functions of the crate `eskit-transfer` move it
/// into a store where all its events have one format. Payloads that this program cannot convert stay as they are there too.
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

    /// Whether a payload of this format is written in that of the layer.
    fn converts(&self, from: &ContentType) -> bool {
        let plain = from.plain();
        (plain.is_json() || plain.is_cbor()) && plain != self.content_type
    }

    fn recode(&self, event: &mut RecordedEvent) -> Result<(), StoreError> {
        if !self.converts(&event.content_type) {
            return Ok(());
        }
        let position = event.position;
        let refuse =
            |error: RecodeError| StoreError::new(StoreErrorKind::Invalid, format!("at position {position}: {error}"));
        event.recode(&self.content_type).map_err(refuse)
    }

    /// The same records with all payloads in the format of the layer.
    fn recode_all(&self, records: Vec<LogRecord>) -> Result<Vec<LogRecord>, StoreError> {
        let recode_append = |append: RecordedAppend| {
            let mut entries = append.into_entries();
            for entry in &mut entries {
                if let Entry::Event(event) = entry {
                    self.recode(event)?;
                }
            }
            let refuse = |error: RecordError| StoreError::new(StoreErrorKind::Invalid, error.to_string());
            RecordedAppend::new(entries).map_err(refuse)
        };
        let recode = |record| match record {
            LogRecord::Append(append) => recode_append(append).map(LogRecord::Append),
            other => Ok(other),
        };
        records.into_iter().map(recode).collect()
    }
}

impl<S: EventStore> EventStore for Recoding<S> {
    delegate_store!(|layer| &layer.store, except append);

    async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
        let mut has_changed = false;
        for event in &mut append.events {
            if self.converts(&event.content_type) {
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

impl<S: Transfer> Transfer for Recoding<S> {
    async fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        let mut page = self.store.dump(from).await?;
        page.records = self.recode_all(page.records)?;
        Ok(page)
    }

    async fn load(&self, mut load: Load) -> Result<Place, LoadError> {
        load.records = self.recode_all(load.records)?;
        self.store.load(load).await
    }

    async fn seal(&self) -> Result<Place, StoreError> {
        self.store.seal().await
    }

    async fn unseal(&self) -> Result<(), StoreError> {
        self.store.unseal().await
    }

    async fn sealed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.sealed_at().await
    }
}
