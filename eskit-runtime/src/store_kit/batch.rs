use std::time::Duration;

/// Events from which on a batch is full.
const EVENTS: usize = 1000;
/// Bytes from which on a batch is full.
const BYTES: usize = 4 * 1024 * 1024;
/// The longest that a batch waits for further appends.
const LINGER_MAX: Duration = Duration::from_millis(1);
/// A batch waits for further appends for this part of the time that the last one took.
const LINGER_PART: u32 = 8;

/// The size of a batch of appends, for group commit.
#[derive(Clone, Copy, Default, Debug)]
pub struct BatchSize {
    events: usize,
    bytes: usize,
}

impl BatchSize {
    /// Adds an append with this many events and bytes.
    pub fn add(&mut self, events: usize, bytes: usize) {
        self.events += events;
        self.bytes += bytes;
    }

    /// Whether the batch is full: from 1,000 events or 4 MiB on.
    pub fn is_full(&self) -> bool {
        self.events >= EVENTS || self.bytes >= BYTES
    }

    /// How long the next batch waits for further appends, if the last one took this long: an eighth of that, at most 1 ms. Callers
    /// that just got an answer are likely to append again.
    pub fn linger(last: Duration) -> Duration {
        (last / LINGER_PART).min(LINGER_MAX)
    }
}
