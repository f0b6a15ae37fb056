use std::sync::Arc;

use eskit_runtime::command_log::CommandEntry;
use eskit_runtime::work::kept_text;

use super::counts::Counts;

/// Entries that may wait to be written, and their bytes.
const WAITING_MAX: usize = 4_096;
const BYTES_MAX: usize = 16 << 20;
/// Entries that are written at once.
const BATCH_MAX: usize = 500;

/// Entries that wait to be written. They are counted as dropped, unless they are.
#[derive(Default)]
pub(super) struct Waiting {
    entries: Vec<CommandEntry>,
    bytes: usize,
    counts: Option<Arc<Counts>>,
}

impl Waiting {
    /// Adds an entry, if there is room.
    pub(super) fn add(&mut self, entry: CommandEntry, counts: &Arc<Counts>) -> bool {
        let bytes = self.bytes + size(&entry);
        if self.entries.len() >= WAITING_MAX || bytes > BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        self.entries.push(entry);
        self.counts.get_or_insert_with(|| Arc::clone(counts));
        true
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The oldest of them, to be written at once; `None` if there are none.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        let count = self.entries.len().min(BATCH_MAX);
        let entries: Vec<CommandEntry> = self.entries.drain(..count).collect();
        let counts = Arc::clone(self.counts.as_ref()?);
        (count > 0).then_some(Batch { entries, count, counts })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(counts) = self.counts.as_ref().filter(|_| !self.entries.is_empty()) {
            counts.were_dropped(self.entries.len(), "their task has ended");
        }
    }
}

/// Entries that are being written.
pub(super) struct Batch {
    entries: Vec<CommandEntry>,
    count: usize,
    counts: Arc<Counts>,
}

impl Batch {
    pub(super) fn take(&mut self) -> Vec<CommandEntry> {
        std::mem::take(&mut self.entries)
    }

    pub(super) fn end(mut self, written: Result<(), String>) {
        match written {
            Ok(()) => self.counts.were_written(self.count),
            Err(why) => self.counts.were_dropped(self.count, &kept_text(&why)),
        }
        self.count = 0;
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if self.count > 0 {
            self.counts.were_dropped(self.count, "their task has ended");
        }
    }
}

/// About how many bytes an entry takes.
fn size(entry: &CommandEntry) -> usize {
    let texts = entry.tags.iter().chain(&entry.text).chain(&entry.idempotency_key);
    let payload = entry.stored.as_ref().map_or(0, |stored| stored.payload.len());
    let models = entry.decision.as_ref().map_or(0, |decision| decision.models.len() * 256);
    size_of::<CommandEntry>()
        + entry.metadata.size_bytes()
        + payload
        + models
        + texts.map(|text| size_of::<String>() + text.len()).sum::<usize>()
}
