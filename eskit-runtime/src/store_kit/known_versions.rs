use std::collections::HashMap;

use crate::log::stream::StreamId;

/// The most streams whose versions are kept.
const STREAMS_MAX: usize = 4096;

/// A cache of the versions of streams, so that the next append need not read them. A store clears it when another process may have
/// written. Bounded: when it is full, all versions are dropped. Versions are signed, as in databases.
#[derive(Default, Debug)]
pub struct KnownVersions {
    versions: HashMap<StreamId, i64>,
}

impl KnownVersions {
    /// An empty cache.
    pub fn new() -> KnownVersions {
        KnownVersions::default()
    }

    /// The version of this stream, if it is cached.
    pub fn get(&self, stream: &StreamId) -> Option<i64> {
        self.versions.get(stream).copied()
    }

    /// Caches the version of a stream.
    pub fn set(&mut self, stream: &StreamId, version: i64) {
        if let Some(known) = self.versions.get_mut(stream) {
            *known = version;
            return;
        }
        if self.versions.len() == STREAMS_MAX {
            self.versions.clear();
        }
        self.versions.insert(stream.clone(), version);
    }

    /// Drops all versions.
    pub fn clear(&mut self) {
        self.versions.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_was_set_last_and_stays_bounded() {
        let stream = |number: usize| StreamId::new("account", number.to_string());
        let mut known = KnownVersions::new();
        for number in 0..STREAMS_MAX {
            known.set(&stream(number), 1);
        }
        known.set(&stream(7), 2);
        assert_eq!((known.get(&stream(7)), known.get(&stream(8))), (Some(2), Some(1)));
        known.set(&stream(STREAMS_MAX), 5);
        assert_eq!((known.get(&stream(7)), known.get(&stream(STREAMS_MAX))), (None, Some(5)));
        known.clear();
        assert_eq!(known.get(&stream(STREAMS_MAX)), None);
    }
}
