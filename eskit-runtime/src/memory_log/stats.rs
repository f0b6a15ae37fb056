use std::collections::BTreeMap;

use crate::log::lifecycle::StreamStatus;
use crate::log::name::WireName;
use crate::log::position::Position;
use crate::log::stats::{LogStats, TypeStats};
use crate::memory_log::log::MemoryLog;

impl MemoryLog {
    /// What the log holds. Walks over its events, which are at hand.
    pub fn stats(&self) -> LogStats {
        let mut stats = LogStats::default();
        let mut types: BTreeMap<&WireName, (Position, Position)> = BTreeMap::new();
        for entry in &self.entries {
            match entry.event() {
                None => stats.deleted_events += 1,
                Some(event) => {
                    types.entry(&event.name).or_insert((event.position, event.position)).1 = event.position;
                }
            }
        }
        for info in self.closed.values() {
            match info.status {
                StreamStatus::Archived { .. } => stats.archived_streams += 1,
                StreamStatus::Tombstoned { .. } => stats.tombstoned_streams += 1,
                StreamStatus::Deleted { .. } => stats.deleted_streams += 1,
                _ => {}
            }
        }
        stats.head = self.head();
        stats.event_types =
            types.into_iter().map(|(name, (first, last))| TypeStats::new(name.clone(), first, last)).collect();
        stats.stream_types = self.names.iter().map(|stream| WireName::from(stream.stream_type())).collect();
        stats.stream_types.dedup();
        stats
    }
}
