//! Stores that go on as if their log had never been replaced.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_conformance::{Backups, Log, Model, Suite};
use eskit_runtime::log::{Append, AppendError, Appended, Condition, LogId, Page, Place, Query, ReadOptions};
use eskit_runtime::{EventStore, StoreError, delegate_store};

use crate::shared;
use crate::sound::{Sound, broken};
use crate::table::{self, Row};

/// What a store does with the place from which it is read on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// Reads on from wherever it is told.
    ReadsFromAnywhere,
    /// Reads on where the position is reached.
    ReadsFromPositions,
    /// Wakes those who wait when the position is passed.
    WatchesPositions,
    /// Remembers the log that it held when it was opened, or appended to last.
    ConditionsOfTheOldLog,
    /// Remembers every id that it appended.
    KnowsWhatWasLost,
    /// None.
    None,
}

/// A log that can be replaced, and a copy of it.
#[derive(Default)]
struct Kept {
    sound: Arc<Sound>,
    copy: Model,
}

#[derive(Clone, Default)]
struct Logs(Arc<Mutex<HashMap<Log, Kept>>>);

impl Logs {
    fn all(&self) -> MutexGuard<'_, HashMap<Log, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, log: Log) -> Arc<Sound> {
        Arc::clone(&self.all().entry(log).or_default().sound)
    }
}

impl Backups for Logs {
    async fn back_up(&self, log: Log) {
        if let Some(kept) = self.all().get_mut(&log) {
            kept.copy = kept.sound.log().clone();
        }
    }

    async fn restore(&self, log: Log) {
        let sound = self.of(log.clone());
        if let Some(kept) = self.all().get(&log) {
            *sound.log() = kept.copy.clone();
        }
        sound.moved();
    }
}

struct Replaced {
    mistake: Mistake,
    inner: Arc<Sound>,
    /// The log, for those who remember it.
    remembered: Mutex<Model>,
}

/// A store whose log can be replaced.
pub(crate) fn sound() -> Suite {
    suite(Mistake::None)
}

fn suite(mistake: Mistake) -> Suite {
    let logs = Logs::default();
    let backups = logs.clone();
    let open = move |log| {
        let store = Replaced { mistake, inner: logs.of(log), remembered: Mutex::default() };
        std::future::ready(Ok(store))
    };
    table::durable(open).backups(backups)
}

impl Replaced {
    fn row(mistake: &'static str, kind: Mistake, told: &'static str, cases: &'static [&'static str]) -> Row {
        Row::new(mistake, suite(kind), told, cases)
    }

    fn remembered(&self) -> MutexGuard<'_, Model> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStore for Replaced {
    delegate_store!(|layer| &layer.inner, except append, read, watch);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        match self.mistake {
            Mistake::KnowsWhatWasLost => {
                if let Some(repeated) = self.remembered().find_repeat(&append.events)? {
                    return Ok(repeated);
                }
            }
            Mistake::ConditionsOfTheOldLog => self.remembered().check(&append.conditions)?,
            _ => {}
        }
        let appended = self.inner.append(append).await?;
        *self.remembered() = self.inner.log().clone();
        Ok(appended)
    }

    async fn read(&self, query: &Query, mut options: ReadOptions) -> Result<Page, StoreError> {
        match self.mistake {
            Mistake::ReadsFromAnywhere => options.holds = Place::START,
            Mistake::ReadsFromPositions => options.holds.id = None,
            _ => {}
        }
        self.inner.read(query, options).await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        match self.mistake {
            Mistake::WatchesPositions => loop {
                let head = self.inner.head().await?;
                if head.position > after.position {
                    return Ok(head);
                }
                tokio::task::yield_now().await;
            },
            _ => self.inner.watch(after).await,
        }
    }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Replaced::row(
            "whoever reads on does so from anywhere",
            Mistake::ReadsFromAnywhere,
            "which the log does not hold, was answered with",
            &[
                "replaced::a_reader_is_told",
                "replaced::a_place_is_held_by_its_event_alone",
                "replaced::pages_are_of_one_log",
            ],
        ),
        Replaced::row(
            "a place is held by its position",
            Mistake::ReadsFromPositions,
            "which the log does not hold, was answered with",
            &["replaced::a_reader_is_told", "replaced::pages_are_of_one_log"],
        ),
        Replaced::row(
            "whoever waits does so for a position",
            Mistake::WatchesPositions,
            "took longer than",
            &["replaced::who_waits_is_told", "replaced::a_reader_is_told"],
        ),
        Replaced::row(
            "conditions are checked against the log as it was left",
            Mistake::ConditionsOfTheOldLog,
            "is at version 4",
            &["replaced::conditions_go_by_the_log_that_is_there"],
        ),
        Replaced::row(
            "the ids of what was lost are remembered",
            Mistake::KnowsWhatWasLost,
            "a first append was answered as a repeat",
            &["replaced::what_was_lost_goes_in_anew"],
        ),
        broken(
            "a condition on a place always holds",
            |store| {
                store.check = |log, append| {
                    let is_other = |condition: &&Condition| !matches!(condition, Condition::Holds(_));
                    log.check(&append.conditions.iter().filter(is_other).cloned().collect::<Vec<_>>())
                };
            },
            "does not hold, but the append was answered with Ok",
            &["replaced::a_place_is_held_by_its_event_alone"],
        ),
        broken(
            "what is deleted is held no more",
            |store| {
                store.check = |log, append| {
                    log.check(&append.conditions)?;
                    let Ok(page) = log.read(&Query::all(), ReadOptions::default()) else { return Ok(()) };
                    Model::of(page.events).check(&append.conditions)
                };
            },
            "the log was replaced",
            &["replaced::what_is_deleted_is_still_held"],
        ),
        broken(
            "the head of a page is its last event",
            |store| {
                store.page_out = Box::new(|mut page| {
                    page.head = page.events.last().map_or(Place::START, |event| event.place());
                    page
                });
            },
            "the head, as a page of",
            &["replaced::a_page_tells_the_head"],
        ),
        broken(
            "every log has the same id",
            |store| *store.log() = Model::with_id(LogId::from_bytes([7; 16])),
            "two logs have the id",
            &["replaced::each_log_has_an_id_of_its_own"],
        ),
        Row::new(
            "each handle gives its log an id",
            table::durable(shared::opener(|shared, _| Renamed { id: LogId::new(), inner: shared })),
            "the id of the log, opened again",
            &["replaced::the_id_of_a_log_stays"],
        ),
    ]
}

/// A handle that makes up the id of its log.
struct Renamed {
    id: LogId,
    inner: Arc<Sound>,
}

impl EventStore for Renamed {
    delegate_store!(|layer| &layer.inner, except log_id);

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(self.id)
    }
}
