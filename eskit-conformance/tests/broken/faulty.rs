//! Stores that are right until their disk fails.

use std::collections::{HashMap, HashSet};
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_conformance::{Fault, Faults, Log, Model, Suite};
use eskit_runtime::log::limits::check_append;
use eskit_runtime::log::{
    Append, AppendError, Appended, Conflict, ConflictKind, EventId, LogId, Page, Place, Position, Query, ReadOptions,
    StoreErrorKind,
};
use eskit_runtime::{EventStore, StoreError, Timestamp};

use crate::table::{self, Row};

/// What a store gets wrong when its disk fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    /// Confirms what it holds in memory only.
    Confirms,
    /// Leaves the first event of an append behind.
    Halves,
    /// Refuses what it wrote.
    RefusesWritten,
    /// Says that another program holds the file.
    SaysBusy,
    /// Says that a condition did not hold.
    SaysConflict,
    /// Reads without the last event.
    HidesLast,
    /// Finds one event of those that share a tag.
    FindsOne,
    /// Takes no more appends, also when it is opened again.
    StaysBroken,
    /// Takes appends into memory when the disk is whole again.
    CarriesOn,
    /// Does not know the ids of what it wrote although it failed.
    ForgetsIds,
}

#[derive(Default)]
struct Disk {
    fault: Option<Fault>,
    log: Model,
    failures: u64,
    forgotten: HashSet<EventId>,
}

/// The disks of all logs.
#[derive(Clone, Default)]
struct Disks(Arc<Mutex<HashMap<Log, Arc<Mutex<Disk>>>>>);

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disks {
    fn of(&self, log: Log) -> Arc<Mutex<Disk>> {
        Arc::clone(lock(&self.0).entry(log).or_default())
    }
}

impl Faults for Disks {
    const OFFERED: &'static [Fault] = &[Fault::FullDisk, Fault::FailedSync];

    async fn begin(&self, log: Log, fault: Fault) {
        lock(&self.of(log)).fault = Some(fault);
    }

    async fn heal(&self, log: Log) {
        lock(&self.of(log)).fault = None;
    }
}

/// A handle. It fails closed when a sync fails; of what could not be synced every second append is on the disk.
struct Faulty {
    mistake: Mistake,
    disk: Arc<Mutex<Disk>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    has_failed: bool,
    /// The log as this handle has it, once that differs from the disk.
    memory: Option<Model>,
}

fn error(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, format!("the disk failed: {kind:?}"))
}

impl Faulty {
    fn suite(mistake: Mistake) -> Suite {
        let disks = Disks::default();
        let faults = disks.clone();
        let open = move |log| ready(Ok(Faulty { mistake, disk: disks.of(log), state: Mutex::default() }));
        table::durable(open).faults(faults)
    }

    fn row(mistake: &'static str, kind: Mistake, told: &'static str, cases: &'static [&'static str]) -> Row {
        Row::new(mistake, Faulty::suite(kind), told, cases)
    }

    fn append_now(&self, append: Append) -> Result<Appended, AppendError> {
        check_append(&append)?;
        let (mut disk, mut state) = (lock(&self.disk), lock(&self.state));
        if state.has_failed || (self.mistake == Mistake::StaysBroken && disk.failures > 0) {
            return Err(error(StoreErrorKind::FailedClosed).into());
        }
        if !append.events.iter().any(|event| disk.forgotten.contains(&event.id)) {
            let log = state.memory.as_ref().unwrap_or(&disk.log);
            if let Some(repeated) = log.find_repeat(&append.events)? {
                return Ok(repeated);
            }
            log.check(&append.conditions)?;
        }
        match disk.fault {
            Some(fault) => self.fail(&mut disk, &mut state, fault, append),
            None => Ok(state.memory.as_mut().unwrap_or(&mut disk.log).push(append.events, Timestamp::now())),
        }
    }

    fn fail(
        &self,
        disk: &mut Disk,
        state: &mut State,
        fault: Fault,
        mut append: Append,
    ) -> Result<Appended, AppendError> {
        let now = Timestamp::now();
        let is_unknown = fault == Fault::FailedSync;
        let failure = error(if is_unknown { StoreErrorKind::Other } else { StoreErrorKind::Full });
        disk.failures += 1;
        state.has_failed = is_unknown && !matches!(self.mistake, Mistake::Confirms | Mistake::CarriesOn);
        match self.mistake {
            Mistake::Confirms => {
                return Ok(state.memory.get_or_insert_with(|| disk.log.clone()).push(append.events, now));
            }
            Mistake::Halves => {
                append.events.truncate(1);
                disk.log.push(append.events, now);
            }
            Mistake::RefusesWritten => {
                disk.log.push(append.events, now);
                return Err(failure.into());
            }
            Mistake::SaysBusy => return Err(error(StoreErrorKind::Busy).into()),
            Mistake::SaysConflict => {
                return Err(Conflict::new(ConflictKind::Query { after: Position::START }, None).into());
            }
            Mistake::CarriesOn => {
                state.memory.get_or_insert_with(|| disk.log.clone());
            }
            Mistake::ForgetsIds => {
                disk.forgotten.extend(append.events.iter().map(|event| event.id));
                disk.log.push(append.events, now);
                return Err(AppendError::UnknownOutcome(failure));
            }
            _ if is_unknown && disk.failures.is_multiple_of(2) => {
                disk.log.push(append.events, now);
            }
            _ => {}
        }
        Err(if is_unknown { AppendError::UnknownOutcome(failure) } else { failure.into() })
    }
}

impl EventStore for Faulty {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.append_now(append)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let (disk, state) = (lock(&self.disk), lock(&self.state));
        let mut page = state.memory.as_ref().unwrap_or(&disk.log).read(query, options)?;
        match self.mistake {
            Mistake::HidesLast if disk.fault.is_some() => drop(page.events.pop()),
            Mistake::FindsOne if *query != Query::all() => page.events.truncate(1),
            _ => {}
        }
        Ok(page)
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(lock(&self.disk).log.log_id())
    }

    async fn head(&self) -> Result<Place, StoreError> {
        let (disk, state) = (lock(&self.disk), lock(&self.state));
        Ok(state.memory.as_ref().unwrap_or(&disk.log).head())
    }

    async fn watch(&self, _: Place) -> Result<Place, StoreError> {
        self.head().await
    }
}

/// A store that does right what the others do wrong.
pub(crate) fn sound() -> Suite {
    Faulty::suite(Mistake::None).only("faults::")
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Faulty::row(
            "an append is confirmed that is in memory only",
            Mistake::Confirms,
            "is gone",
            &[
                "faults::what_was_confirmed_survives_a_full_disk",
                "faults::what_was_confirmed_survives_a_failed_sync",
                "faults::a_full_disk_is_told",
                "faults::a_failed_sync_is_told",
            ],
        ),
        Faulty::row(
            "the first event of an append stays behind",
            Mistake::Halves,
            "the log holds 1 of the",
            &["faults::a_full_disk_leaves_nothing_by_halves", "faults::a_failed_sync_leaves_nothing_by_halves"],
        ),
        Faulty::row(
            "what was written is refused",
            Mistake::RefusesWritten,
            "but is in the log at",
            &["faults::what_a_full_disk_refused_is_not_there", "faults::what_a_failed_sync_refused_is_not_there"],
        ),
        Faulty::row(
            "a failing disk is told as another program that holds the file",
            Mistake::SaysBusy,
            "an append was answered with",
            &["faults::a_full_disk_is_told", "faults::a_failed_sync_is_told"],
        ),
        Faulty::row(
            "a failing disk is told as a conflict",
            Mistake::SaysConflict,
            "an append was answered with",
            &["faults::a_full_disk_is_told", "faults::a_failed_sync_is_told"],
        ),
        Faulty::row(
            "reads miss the last event while the disk fails",
            Mistake::HidesLast,
            "is gone",
            &["faults::reads_stay_right_on_a_full_disk", "faults::reads_stay_right_while_syncs_fail"],
        ),
        Faulty::row(
            "reads by a tag find one event",
            Mistake::FindsOne,
            "found by their tag",
            &["faults::reads_stay_right_on_a_full_disk", "faults::reads_stay_right_while_syncs_fail"],
        ),
        Faulty::row(
            "nothing goes in any more after the disk has failed",
            Mistake::StaysBroken,
            "the disk is whole again",
            &["faults::appends_go_on_after_a_full_disk", "faults::appends_go_on_after_a_failed_sync"],
        ),
        Faulty::row(
            "a handle that lost the disk goes on in memory",
            Mistake::CarriesOn,
            "is gone",
            &["faults::appends_go_on_after_a_full_disk", "faults::appends_go_on_after_a_failed_sync"],
        ),
        Faulty::row(
            "the ids of a write that failed late are forgotten",
            Mistake::ForgetsIds,
            "is in the log, sent again",
            &["faults::repeats_after_a_full_disk_go_in_once", "faults::repeats_after_a_failed_sync_go_in_once"],
        ),
    ]
}
