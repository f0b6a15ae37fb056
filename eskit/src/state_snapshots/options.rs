use std::time::Duration;

/// When snapshots of an aggregate are written, and which are used.
///
/// ```
/// use std::time::Duration;
/// use eskit::SnapshotOptions;
///
/// let options = SnapshotOptions::every(100).time_to_live(Duration::from_secs(30 * 24 * 3600));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotOptions {
    pub(crate) every: u64,
    pub(crate) min_age: Duration,
    pub(crate) time_to_live: Option<Duration>,
    pub(crate) find_within: Duration,
    pub(crate) is_deletable: bool,
}

impl Default for SnapshotOptions {
    fn default() -> SnapshotOptions {
        SnapshotOptions::every(100)
    }
}

impl SnapshotOptions {
    /// Writes a snapshot of an instance when it has so many events more than at the last one; at least 1.
    pub fn every(events: u64) -> SnapshotOptions {
        SnapshotOptions {
            every: events.max(1),
            min_age: Duration::ZERO,
            time_to_live: None,
            find_within: Duration::from_millis(200),
            is_deletable: false,
        }
    }

    /// Replaces a snapshot only when it is at least so old. The default is 0.
    #[must_use]
    pub fn min_age(mut self, age: Duration) -> SnapshotOptions {
        self.min_age = age;
        self
    }

    /// Does not use snapshots that are older, and removes them in the background; the next command reads the log and writes a new one.
    /// The default is no limit.
    #[must_use]
    pub fn time_to_live(mut self, age: Duration) -> SnapshotOptions {
        self.time_to_live = Some(age);
        self
    }

    /// How long a command may wait for its snapshots, 200 ms by default. After that, it reads the log. A place of snapshots that was late
    /// or has failed is not asked again for a second, and for longer each time, up to 30 s.
    #[must_use]
    pub fn find_within(mut self, duration: Duration) -> SnapshotOptions {
        self.find_within = duration;
        self
    }

    /// Also keeps states by tag that hold events of streams.
    ///
    /// When such a stream is [deleted](crate::log::StreamChange::Delete), nothing in the log tells that a snapshot still holds its events,
    /// so these states have no snapshots by default. Say this if streams are never deleted, or if you call
    /// [`AggregateSnapshots::forget_all`](crate::AggregateSnapshots::forget_all) after each deletion. Events without a stream, and
    /// aggregates by stream, need none of this.
    #[must_use]
    pub fn with_deletable_events(mut self) -> SnapshotOptions {
        self.is_deletable = true;
        self
    }
}
