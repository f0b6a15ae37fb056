use std::collections::BTreeMap;

use eskit::limits::CONDITIONS_PER_APPEND_MAX;
use eskit::{Append, Condition, EncodeError, ExpectedVersion, NewEvent, Principal, PrincipalKind};

use crate::checkpoint::{event_id, metadata};
use crate::{CaseId, Entry, Line};

/// Enough for the cost of a commit to vanish, and little to repeat after a failure.
const EVENTS_PER_BATCH_MAX: usize = 1000;

/// The next lines of the file, to be appended at once.
#[derive(Default)]
pub(crate) struct Batch {
    events: Vec<NewEvent>,
    /// The version that the stream of each case must have before.
    versions: BTreeMap<CaseId, u64>,
}

impl Batch {
    /// Whether an event of this case fits: each case needs a condition of its own, and an append has only so many.
    pub(crate) fn has_room_for(&self, case: CaseId) -> bool {
        self.events.len() < EVENTS_PER_BATCH_MAX
            && (self.versions.len() < CONDITIONS_PER_APPEND_MAX || self.versions.contains_key(&case))
    }

    /// Adds the event of a line, whose case has `version` events before it.
    pub(crate) fn push(&mut self, line: Line<'_>, entry: &Entry, version: u64) -> Result<(), EncodeError> {
        let mut metadata = metadata(line);
        if let Some(resource) = &entry.resource {
            metadata = metadata.with_initiator(Principal::new(PrincipalKind::User, resource));
        }
        self.events.extend(NewEvent::encode(&entry.event)?.into_iter().map(|event| NewEvent {
            id: event_id(line),
            stream: Some(entry.case.stream()),
            metadata: metadata.clone(),
            recorded_at: Some(entry.at),
            ..event
        }));
        self.versions.entry(entry.case).or_insert(version);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The append that holds these lines, and nothing if one of their cases has grown meanwhile. Leaves an empty batch.
    pub(crate) fn take(&mut self) -> Append {
        let Batch { events, versions } = std::mem::take(self);
        versions.into_iter().fold(Append::new(events), |append, (case, version)| {
            let (stream, expected) = (case.stream(), ExpectedVersion::Exact(version));
            append.with(Condition::Stream { stream, expected })
        })
    }
}
