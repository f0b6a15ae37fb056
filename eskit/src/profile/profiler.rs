use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::Timestamp;
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, NoopRecorder, Recorder, SharedString, Unit,
};

use super::durations::Durations;
use super::operation::Operation;
use super::report::ProfileReport;
use super::window::{Compared, Profile};

/// The last minutes; the current one is not over.
const RECENT: i64 = 5;
/// The minutes before, with which they are compared.
const BEFORE: i64 = 60;
/// The most operations that are profiled; there are as many as types, subscriptions and outcomes.
const OPERATIONS_MAX: usize = 1_000;

/// Keeps how long operations of this program took in the last 65 minutes, and reports the last five against the hour before.
///
/// It is a recorder of the facade [`metrics`], and keeps each histogram whose name is `eskit_.._duration_seconds`: appends and
/// reads with the layer [`Metered`](crate::layer::Metered), commands with the middleware [`Metered`](crate::middleware::Metered), batches
/// of subscriptions, work and snapshots by themselves. Where metrics are exported too, it stands [in front](Profiler::in_front_of) of that
/// recorder.
///
/// An operation costs a histogram for each minute; the first 1,000 operations are kept. Cheap to clone, and shared by its clones.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Paid { #[tag] order: u32 }
/// # #[derive(Command)] pub struct Pay { #[tag] order: u32 }
/// # #[decider(no_models)] fn pay(c: &Pay) -> Paid { Paid { order: c.order } }
/// use eskit::profile::Profiler;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let profiler = Profiler::new();
/// profiler.install()?;
/// let app = App::new(MemoryStore::new()).with_middleware(eskit::middleware::Metered::new());
/// app.execute(Pay { order: 17 }).await?;
/// println!("{}", profiler.report());
/// # assert_eq!(profiler.report().operations[0].operation.name, "Pay");
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Profiler {
    series: Arc<Mutex<HashMap<Key, Arc<Series>>>>,
}

impl Profiler {
    /// A profiler that has seen nothing.
    pub fn new() -> Profiler {
        Profiler::default()
    }

    /// Keeps what is measured in this program from now on, and exports nothing.
    ///
    /// # Errors
    /// The program has a recorder of metrics already.
    pub fn install(&self) -> Result<(), RecorderInstalled> {
        metrics::set_global_recorder(self.in_front_of(NoopRecorder)).map_err(|_| RecorderInstalled)
    }

    /// A recorder that keeps durations and hands everything on to another one.
    pub fn in_front_of<R: Recorder>(&self, recorder: R) -> Profiled<R> {
        Profiled { profiler: self.clone(), recorder }
    }

    /// What was measured until now.
    pub fn report(&self) -> ProfileReport {
        self.report_at(Timestamp::now())
    }

    fn report_at(&self, now: Timestamp) -> ProfileReport {
        let minutes = |count: i64| Duration::from_secs(60 * count.unsigned_abs());
        let mut profile = Profile::new(now, minutes(RECENT), minutes(BEFORE));
        let series: Vec<_> = locked(&self.series).values().cloned().collect();
        for series in series {
            profile.insert(series.operation.clone(), locked(&series.minutes).compared(minute(now)));
        }
        profile.report()
    }

    fn series(&self, key: &Key) -> Option<Arc<Series>> {
        let kind = key.name().strip_prefix("eskit_")?.strip_suffix("_duration_seconds")?;
        let mut all = locked(&self.series);
        if let Some(series) = all.get(key) {
            return Some(Arc::clone(series));
        }
        if all.len() >= OPERATIONS_MAX {
            return None;
        }
        let mut operation = Operation::new(kind, "", "");
        for label in key.labels() {
            let field = if label.key() == "outcome" { &mut operation.outcome } else { &mut operation.name };
            label.value().clone_into(field);
        }
        let series = Arc::new(Series { operation, minutes: Mutex::default() });
        all.insert(key.clone(), Arc::clone(&series));
        Some(series)
    }
}

impl fmt::Debug for Profiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiler").field("operations", &locked(&self.series).len()).finish()
    }
}

/// A recorder of metrics with a [`Profiler`] in front of it.
#[derive(Debug)]
pub struct Profiled<R> {
    profiler: Profiler,
    recorder: R,
}

impl<R> Profiled<R> {
    /// The recorder behind the profiler.
    pub fn into_inner(self) -> R {
        self.recorder
    }
}

impl<R: Recorder> Recorder for Profiled<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.recorder.register_counter(key, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.recorder.register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let exported = self.recorder.register_histogram(key, metadata);
        match self.profiler.series(key) {
            Some(series) => Histogram::from_arc(Arc::new(Both { series, exported })),
            None => exported,
        }
    }
}

/// The histogram of an operation here, and the one that is exported.
struct Both {
    series: Arc<Series>,
    exported: Histogram,
}

impl HistogramFn for Both {
    fn record(&self, seconds: f64) {
        let took = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        locked(&self.series.minutes).add(minute(Timestamp::now()), took);
        self.exported.record(seconds);
    }
}

/// The durations of one operation.
struct Series {
    operation: Operation,
    minutes: Mutex<Minutes>,
}

/// Durations by the minute, the newest last.
#[derive(Default)]
struct Minutes {
    minutes: VecDeque<(i64, Durations)>,
}

impl Minutes {
    fn add(&mut self, minute: i64, took: Duration) {
        // A clock that is set back goes on in the minute that it was in.
        if self.minutes.back().is_none_or(|(last, _)| *last < minute) {
            self.minutes.push_back((minute, Durations::default()));
        }
        while self.minutes.front().is_some_and(|(first, _)| *first <= minute - RECENT - BEFORE) {
            self.minutes.pop_front();
        }
        if let Some((_, durations)) = self.minutes.back_mut() {
            durations.add(took);
        }
    }

    fn compared(&self, now: i64) -> Compared {
        let mut compared = Compared::default();
        for (minute, durations) in &self.minutes {
            if *minute > now - RECENT {
                compared.recent.merge(durations);
            } else if *minute > now - RECENT - BEFORE {
                compared.before.merge(durations);
            }
        }
        compared
    }
}

fn minute(time: Timestamp) -> i64 {
    time.as_micros().div_euclid(60_000_000)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program has a recorder of metrics already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecorderInstalled;

impl fmt::Display for RecorderInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the program has a recorder of metrics already\nhelp: install `profiler.in_front_of(..)` of that recorder instead",
        )
    }
}

impl std::error::Error for RecorderInstalled {}

#[cfg(test)]
mod tests {
    use metrics::Label;

    use super::*;

    #[test]
    fn minutes_move_on_from_the_last_five_to_the_hour_before_and_are_forgotten() {
        let mut minutes = Minutes::default();
        let counts = |minutes: &Minutes, now| {
            let compared = minutes.compared(now);
            (compared.recent.count(), compared.before.count())
        };
        minutes.add(100, Duration::from_millis(1));
        minutes.add(99, Duration::from_millis(1));
        minutes.add(104, Duration::from_millis(1));
        assert_eq!(
            [104, 105, 109, 164, 165, 169].map(|now| counts(&minutes, now)),
            [(3, 0), (1, 2), (0, 3), (0, 3), (0, 1), (0, 0)]
        );
        for minute in 105..1_000 {
            minutes.add(minute, Duration::from_millis(1));
        }
        assert_eq!((minutes.minutes.len(), counts(&minutes, 999)), (65, (5, 60)));
    }

    #[test]
    fn there_is_a_bound_for_operations() {
        let profiler = Profiler::new();
        let key = |number: usize| {
            Key::from_parts("eskit_work_duration_seconds", vec![Label::new("list", number.to_string())])
        };
        assert!((0..OPERATIONS_MAX).all(|number| profiler.series(&key(number)).is_some()));
        assert!(profiler.series(&key(OPERATIONS_MAX)).is_none() && profiler.series(&key(0)).is_some());
    }
}
