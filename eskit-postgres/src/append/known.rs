use eskit_runtime::store_kit::KnownVersions;
use sqlx::types::Uuid;

use crate::append::streams::Streams;

/// The versions of the streams that this process wrote to last, as they were when its last batch was committed. They hold as
/// long as the log ends with the last event of that batch, which the database checks under its lock.
#[derive(Default)]
pub(crate) struct Known {
    /// The last event, by its position and its id.
    end: Option<(i64, Uuid)>,
    versions: KnownVersions,
}

impl Known {
    pub(crate) fn head(&self) -> Option<i64> {
        self.end.map(|(head, _)| head)
    }

    pub(crate) fn last(&self) -> Option<Uuid> {
        self.end.map(|(_, last)| last)
    }

    /// What is known of each of these streams.
    pub(crate) fn versions(&self, streams: &Streams<'_>) -> Vec<Option<i64>> {
        streams.iter().map(|stream| self.versions.get(stream)).collect()
    }

    /// Notes that the log now ends with this event, and the versions that these streams have with it. `is_as_known` says whether
    /// the log ended, before, with the event after which the rest was noted.
    pub(crate) fn wrote(&mut self, is_as_known: bool, end: (i64, Uuid), streams: &Streams<'_>, versions: &[i64]) {
        if !is_as_known {
            self.versions.clear();
        }
        self.end = Some(end);
        for (stream, version) in streams.iter().zip(versions) {
            self.versions.set(stream, *version);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Known::default();
    }
}
