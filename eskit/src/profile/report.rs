use std::fmt;
use std::time::Duration;

use eskit_runtime::Timestamp;
use serde::{Serialize, Serializer};

use super::durations::Durations;
use super::operation::Operation;

/// How long each operation took, lately and before. [`Display`](fmt::Display) writes a table for people.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct ProfileReport {
    /// When the last minutes end.
    pub until: Timestamp,
    /// How long they are.
    #[serde(rename = "recent_seconds", serialize_with = "seconds")]
    pub recent: Duration,
    /// How long the time before them is with which they are compared.
    #[serde(rename = "before_seconds", serialize_with = "seconds")]
    pub before: Duration,
    /// The operations, sorted.
    pub operations: Vec<OperationReport>,
}

/// How long one operation took.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct OperationReport {
    /// Which one.
    #[serde(flatten)]
    pub operation: Operation,
    /// In the last minutes; `None` if it was not done.
    pub recent: Option<Percentiles>,
    /// In the time before them.
    pub before: Option<Percentiles>,
    /// The recent 95th percentile divided by that before.
    pub ratio: Option<f64>,
    /// Whether it has become slower: the ratio is more than 1.5, there are 200 durations or more on both sides, and chance would
    /// rank the recent ones so high in fewer than 1 of 100 cases (the test of Mann and Whitney).
    pub slower: bool,
}

/// Durations that 50, 95 and 99 of 100 do not exceed, to within a 64th of themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Percentiles {
    /// How often it was done.
    pub count: u64,
    /// The median, in microseconds.
    pub p50_us: u64,
    /// The 95th percentile, in microseconds.
    pub p95_us: u64,
    /// The 99th percentile, in microseconds.
    pub p99_us: u64,
    /// The longest duration, in microseconds.
    pub max_us: u64,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

impl Percentiles {
    fn of(durations: &Durations) -> Option<Percentiles> {
        let percentile = |percent| durations.percentile_us(percent);
        (durations.count() > 0).then(|| Percentiles {
            count: durations.count(),
            p50_us: percentile(50),
            p95_us: percentile(95),
            p99_us: percentile(99),
            max_us: durations.max_us(),
        })
    }
}

impl OperationReport {
    pub(super) fn new(operation: Operation, recent: &Durations, before: &Durations) -> OperationReport {
        let both = recent.count() > 0 && before.count() > 0;
        OperationReport {
            operation,
            recent: Percentiles::of(recent),
            before: Percentiles::of(before),
            ratio: both.then(|| (recent.ratio(before) * 100.0).round() / 100.0),
            slower: recent.are_longer_than(before),
        }
    }
}

impl fmt::Display for ProfileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |duration: Duration| duration.as_secs().div_ceil(60);
        let (recent, before) = (minutes(self.recent), minutes(self.before));
        writeln!(f, "{recent} min until {}, against the {before} min before; milliseconds", self.until)?;
        let widest = |of: fn(&Operation) -> &str, title: &str| {
            let widths = self.operations.iter().map(|report| of(&report.operation).chars().count());
            widths.max().unwrap_or(0).max(title.len())
        };
        let operation_width = widest(|operation| &operation.operation, "OPERATION");
        let name_width = widest(|operation| &operation.name, "NAME");
        writeln!(
            f,
            "{:<operation_width$}  {:<name_width$}  {:<11} {:>9} {:>10} {:>10} {:>10} {:>10} {:>10} {:>6}",
            "OPERATION", "NAME", "OUTCOME", "COUNT", "P50", "P95", "P99", "MAX", "P95 BEFORE", "RATIO"
        )?;
        for OperationReport { operation: Operation { operation, name, outcome }, recent, before, ratio, slower } in
            &self.operations
        {
            let shown = |percentiles: &Option<Percentiles>, of: fn(&Percentiles) -> u64| {
                percentiles.as_ref().map(|found| milliseconds(of(found))).unwrap_or_default()
            };
            let (p50, p95) = (shown(recent, |found| found.p50_us), shown(recent, |found| found.p95_us));
            let (p99, max) = (shown(recent, |found| found.p99_us), shown(recent, |found| found.max_us));
            let count = recent.map_or(0, |found| found.count);
            let p95_before = shown(before, |found| found.p95_us);
            let ratio = ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
            let line = format!(
                "{operation:<operation_width$}  {name:<name_width$}  {outcome:<11} {count:>9} {p50:>10} {p95:>10} {p99:>10} \
                 {max:>10} {p95_before:>10} {ratio:>6}{}",
                if *slower { "  SLOWER" } else { "" }
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Microseconds as milliseconds.
fn milliseconds(micros: u64) -> String {
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}
