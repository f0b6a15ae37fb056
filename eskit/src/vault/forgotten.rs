use std::fmt;

use eskit_runtime::log::limits::check_subject;
use eskit_runtime::log::{
    Append, AppendError, EventId, LogId, NewEvent, Pages, Place, Position, Query, ReadOptions, StoreErrorKind, Subject,
};
use eskit_runtime::vault::KeyId;
use eskit_runtime::{EventStore, Metadata, StoreError};
use serde::{Deserialize, Serialize};

use super::keys::Vault;

/// What has searched the log for the keys to destroy, in [`KeyStore::searched`](eskit_runtime::vault::KeyStore::searched).
const KEYS: &str = "keys";
/// How often an append of unknown outcome is tried.
const ATTEMPTS: u32 = 3;

/// A subject was forgotten: its personal data cannot be read any more. It carries the tag of the subject, `student:ada`.
///
/// A projection that keeps personal data in the clear removes it when it gets this event:
///
/// ```
/// # use eskit::prelude::*;
/// use eskit::vault::SubjectForgotten;
/// # use std::collections::HashMap;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Registered { #[tag] student: String, name: String }
/// #[derive(Default)]
/// pub struct Names(HashMap<String, String>);
///
/// #[projection(name = "names", memory)]
/// impl Names {
///     #[on] fn registered(&mut self, e: &Registered) { self.0.insert(e.student.clone(), e.name.clone()); }
///     #[on] fn forgotten(&mut self, e: &SubjectForgotten) {
///         if e.kind == "student" { self.0.remove(&e.id); }
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, eskit_macros::Event, Serialize, Deserialize)]
#[event(name = "eskit.SubjectForgotten")]
pub struct SubjectForgotten {
    /// What the subject is: `student`.
    pub kind: String,
    /// Which one it is.
    pub id: String,
    /// The ids of all keys that it had.
    pub keys: Vec<String>,
}

impl SubjectForgotten {
    /// The subject.
    pub fn subject(&self) -> Subject {
        Subject::new(self.kind.clone(), &self.id)
    }

    fn key_ids(&self) -> Result<Vec<KeyId>, StoreError> {
        let ids: Result<Vec<KeyId>, _> = self.keys.iter().map(|id| id.parse()).collect();
        ids.map_err(|error| {
            StoreError::new(
                StoreErrorKind::Corrupt,
                format!("the record that `{}` is forgotten: {error}", self.subject()),
            )
        })
    }
}

/// What [`App::forget`](crate::App::forget) has done.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Forgotten {
    /// The position of the record in the log, a [`SubjectForgotten`].
    pub position: Position,
    /// How many keys the subject had.
    pub keys: usize,
    /// Whether it was forgotten before, and has had no new key since.
    pub repeated: bool,
}

impl Vault {
    /// Forgets a subject: first records it in the log, then destroys its keys. Whatever is killed in between is finished by
    /// [`Vault::finish_forgetting`].
    pub(crate) async fn forget(
        &self,
        store: &impl EventStore,
        log: LogId,
        subject: &Subject,
        metadata: Metadata,
    ) -> Result<Forgotten, StoreError> {
        check_subject(subject)?;
        let ids = self.all_of(log, subject).await?;
        let append = Append::new(vec![record(log, subject, &ids, metadata)?]);
        let appended = append_surely(store, append).await?;
        self.destroy(log, subject, &ids).await?;
        Ok(Forgotten { position: appended.0, keys: ids.len(), repeated: appended.1 })
    }

    /// Destroys the keys of all subjects that the log says are forgotten: what was killed in between, and what a key store that was
    /// restored from a backup has again.
    pub(crate) async fn finish_forgetting(&self, store: &impl EventStore, log: LogId) -> Result<(), StoreError> {
        let found = self.records_since(store, log, KEYS).await?;
        for record in &found.records {
            self.destroy(log, &record.subject(), &record.key_ids()?).await?;
        }
        self.searched_by(log, KEYS, &found).await
    }

    /// The records of forgotten subjects that what has this name has not yet seen.
    pub(crate) async fn records_since(
        &self,
        store: &impl EventStore,
        log: LogId,
        by: &str,
    ) -> Result<FoundRecords, StoreError> {
        let from = self.searched(log, by).await?;
        match records(store, from).await {
            // The log was restored from a backup.
            Err(error) if error.kind() == StoreErrorKind::Replaced => records(store, Place::START).await,
            found => found,
        }
    }

    /// Remembers that what has this name has seen these records.
    pub(crate) async fn searched_by(&self, log: LogId, by: &str, found: &FoundRecords) -> Result<(), StoreError> {
        if found.from == found.head { Ok(()) } else { self.set_searched(log, by, found.head).await }
    }
}

/// Records of forgotten subjects in a part of a log.
pub(crate) struct FoundRecords {
    pub(crate) records: Vec<SubjectForgotten>,
    from: Place,
    head: Place,
}

async fn records(store: &impl EventStore, from: Place) -> Result<FoundRecords, StoreError> {
    let head = store.head().await?;
    let options = ReadOptions::default().after(from).until(head.position);
    let mut pages = Pages::new(store, Query::of::<SubjectForgotten>(), options);
    let mut records = Vec::new();
    while let Some(page) = pages.next().await? {
        for event in page {
            let decoded = event.decode::<SubjectForgotten>();
            records.push(decoded.map_err(|error| StoreError::new(StoreErrorKind::Corrupt, error.to_string()))?);
        }
    }
    Ok(FoundRecords { records, from, head })
}

/// The record, whose id follows from what it says: it is the same event each time.
fn record(log: LogId, subject: &Subject, ids: &[KeyId], metadata: Metadata) -> Result<NewEvent, StoreError> {
    let keys: Vec<String> = ids.iter().map(KeyId::to_string).collect();
    let of = serde_json::json!(["forget", log.to_string(), subject.kind, subject.id, keys]);
    let forgotten = SubjectForgotten { kind: subject.kind.to_string(), id: subject.id.clone(), keys };
    let encoded = NewEvent::encode(&forgotten);
    let encoded = encoded.map_err(|error| StoreError::new(StoreErrorKind::Other, error.to_string()))?;
    let event = encoded.into_iter().next();
    let mut event = event.ok_or_else(|| StoreError::new(StoreErrorKind::Other, "the record is empty"))?;
    event.id = EventId::from_key(&of.to_string(), 0);
    event.tags = std::iter::once(subject.tag()).collect();
    event.metadata = metadata;
    Ok(event)
}

/// Appends the record, and returns its position, and whether it was there already.
async fn append_surely(store: &impl EventStore, append: Append) -> Result<(Position, bool), StoreError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match store.append(append.clone()).await {
            Ok(appended) => return Ok((appended.last(), appended.repeated)),
            Err(AppendError::UnknownOutcome(_)) if attempts < ATTEMPTS => {}
            Err(AppendError::Store(error) | AppendError::UnknownOutcome(error)) => return Err(error),
            Err(AppendError::Limit(error)) => return Err(error.into()),
            Err(error) => return Err(StoreError::new(StoreErrorKind::Other, error.to_string())),
        }
    }
}

impl fmt::Display for SubjectForgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is forgotten", self.subject())
    }
}
