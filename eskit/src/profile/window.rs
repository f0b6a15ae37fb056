use std::collections::BTreeMap;
use std::time::Duration;

use eskit_runtime::command_log::{CommandEntries, CommandQuery};
use eskit_runtime::{StoreError, Timestamp};

use super::durations::Durations;
use super::operation::Operation;
use super::report::{OperationReport, ProfileReport};

/// The most entries that are read at once.
const PAGE: u32 = 1_000;

/// Gathers durations of the last minutes until a time, and of the time before them.
///
/// ```
/// use std::time::Duration;
///
/// use eskit::Timestamp;
/// use eskit::profile::{Operation, Profile};
///
/// const MINUTE: Duration = Duration::from_secs(60);
///
/// let now = Timestamp::now();
/// let mut profile = Profile::new(now, 5 * MINUTE, 60 * MINUTE);
/// profile.add(Operation::new("request", "GET /orders", "200"), now - MINUTE, Duration::from_millis(3));
/// assert_eq!(profile.report().operations[0].recent.unwrap().p95_us, 3_000);
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    until: Timestamp,
    recent: Duration,
    before: Duration,
    operations: BTreeMap<Operation, Compared>,
}

/// The durations of an operation.
#[derive(Clone, Default, Debug)]
pub(super) struct Compared {
    pub(super) recent: Durations,
    pub(super) before: Durations,
}

impl Profile {
    /// Gathers what began in the time `recent` until then, and in the time `before` that.
    pub fn new(until: Timestamp, recent: Duration, before: Duration) -> Profile {
        Profile { until, recent, before, operations: BTreeMap::new() }
    }

    /// When the time before begins.
    fn begins_at(&self) -> Timestamp {
        self.until - self.recent - self.before
    }

    /// Adds one duration; not one that began outside of both times.
    pub fn add(&mut self, operation: Operation, began_at: Timestamp, took: Duration) {
        if began_at < self.begins_at() || began_at >= self.until {
            return;
        }
        let is_recent = began_at >= self.until - self.recent;
        let compared = self.operations.entry(operation).or_default();
        if is_recent { compared.recent.add(took) } else { compared.before.add(took) }
    }

    #[cfg(feature = "metrics")]
    pub(super) fn insert(&mut self, operation: Operation, compared: Compared) {
        if compared.recent.count() + compared.before.count() > 0 {
            self.operations.insert(operation, compared);
        }
    }

    /// What was gathered.
    pub fn report(self) -> ProfileReport {
        let report = |(operation, compared): (Operation, Compared)| {
            OperationReport::new(operation, &compared.recent, &compared.before)
        };
        let operations = self.operations.into_iter().map(report).collect();
        ProfileReport { until: self.until, recent: self.recent, before: self.before, operations }
    }
}

/// How long commands took, by type and outcome, as a [log of commands](crate::middleware::CommandLog) tells. It is read once over both
/// times; memory does not grow with the number of entries.
///
/// # Errors
/// The log of commands cannot be read.
pub async fn of_commands(
    entries: &impl CommandEntries,
    until: Timestamp,
    recent: Duration,
    before: Duration,
) -> Result<ProfileReport, StoreError> {
    let mut profile = Profile::new(until, recent, before);
    let mut query = CommandQuery::new().from(profile.begins_at()).until(until).limit(PAGE);
    loop {
        let page = entries.find_commands(query.clone()).await?;
        for kept in &page.entries {
            profile.add(Operation::of_command(&kept.entry), kept.entry.began_at, kept.entry.duration);
        }
        let Some(next) = page.next else { return Ok(profile.report()) };
        query = query.before(next);
    }
}
