//! Stores that are right while one caller uses them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_conformance::Model;
use eskit_runtime::log::limits::{check_append, check_read};
use eskit_runtime::log::{Append, AppendError, Appended, LogId, Page, Place, Position, Query, ReadOptions};
use eskit_runtime::{EventStore, StoreError, Timestamp};

use crate::table::{Row, volatile};
use crate::told::Told;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// Conditions are checked under one lock, and events written under the next.
    CheckWithoutLock,
    /// The check and the write are under one lock, but what is checked was read before: a snapshot that a statement took
    /// when it began to wait for the lock.
    StaleSnapshot,
    /// Ids are looked up before the lock is taken.
    IdsWithoutLock,
    /// The answer comes before the write.
    AnswersEarly,
    /// Positions are taken from a sequence, and become visible in the order of the commits.
    VisibleOutOfOrder,
    /// Events are written one by one.
    OneByOne,
    /// The head moves before the events can be read.
    HeadFirst,
    /// Reads are answered by a copy that lags behind.
    LaggingReads,
}

#[derive(Default)]
struct State {
    /// What conditions are checked against.
    log: Model,
    /// What is read, for stores that write later.
    copy: Model,
    /// Positions that were taken but cannot be read yet.
    hidden: BTreeSet<Position>,
}

struct Racy {
    mistake: Mistake,
    state: Arc<Mutex<State>>,
    head: Arc<Told>,
    writer: tokio::sync::Mutex<()>,
    calls: AtomicU64,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of the last event of an append.
fn last_of(log: &Model, appended: &Appended) -> Place {
    let last = log.events().iter().find(|event| event.position == appended.last());
    last.map_or(Place::START, |event| event.place())
}

impl Racy {
    fn row(mistake: &'static str, kind: Mistake, told: &'static str, cases: &'static [&'static str]) -> Row {
        let open = move || Racy {
            mistake: kind,
            state: Arc::default(),
            head: Arc::default(),
            writer: tokio::sync::Mutex::new(()),
            calls: AtomicU64::new(0),
        };
        Row::new(mistake, volatile(open), told, cases)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// A pause that differs from call to call.
    async fn pause(&self) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        match call % 4 {
            0 => tokio::time::sleep(Duration::from_micros(300 * (call % 7))).await,
            _ => tokio::task::yield_now().await,
        }
    }

    fn write(&self, append: Append) -> Appended {
        let mut state = self.state();
        let appended = state.log.push(append.events, Timestamp::now());
        state.copy = state.log.clone();
        self.head.advance(state.log.head());
        appended
    }

    async fn check_without_lock(&self, append: Append) -> Result<Appended, AppendError> {
        let checked = {
            let state = self.state();
            state
                .log
                .find_repeat(&append.events)?
                .map_or_else(|| state.log.check(&append.conditions).map(|()| None), |again| Ok(Some(again)))
        };
        if let Some(again) = checked? {
            return Ok(again);
        }
        self.pause().await;
        Ok(self.write(append))
    }

    async fn stale_snapshot(&self, append: Append) -> Result<Appended, AppendError> {
        let snapshot = self.state().log.clone();
        self.pause().await;
        let _writer = self.writer.lock().await;
        if let Some(again) = self.state().log.find_repeat(&append.events)? {
            return Ok(again);
        }
        snapshot.check(&append.conditions)?;
        Ok(self.write(append))
    }

    async fn ids_without_lock(&self, append: Append) -> Result<Appended, AppendError> {
        let found = self.state().log.find_repeat(&append.events)?;
        if let Some(again) = found {
            return Ok(again);
        }
        self.pause().await;
        let _writer = self.writer.lock().await;
        self.state().log.check(&append.conditions)?;
        Ok(self.write(append))
    }

    async fn answer_early(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = self.state().log.append(append, Timestamp::now())?;
        let (state, head) = (Arc::clone(&self.state), Arc::clone(&self.head));
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let mut state = lock(&state);
            state.copy = state.log.clone();
            head.advance(state.copy.head());
        });
        Ok(appended)
    }

    async fn visible_out_of_order(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = {
            let mut state = self.state();
            let appended = state.log.append(append, Timestamp::now())?;
            if !appended.repeated {
                state.hidden.extend(&appended.positions);
            }
            appended
        };
        self.pause().await;
        let mut state = self.state();
        state.hidden.retain(|at| !appended.positions.contains(at));
        self.head.advance(last_of(&state.log, &appended));
        Ok(appended)
    }

    async fn one_by_one(&self, append: Append) -> Result<Appended, AppendError> {
        let _writer = self.writer.lock().await;
        let known = self.state().log.events().iter().any(|event| event.id == append.events[0].id);
        if known {
            let state = self.state();
            let own = state.log.events().iter().filter(|event| append.events.iter().any(|own| own.id == event.id));
            let (positions, versions) =
                own.map(|event| (event.position, event.stream.as_ref().map(|at| at.version))).unzip();
            return Ok(Appended::repeated(positions, versions, Timestamp::now()));
        }
        self.state().log.check(&append.conditions)?;
        let mut all = Appended::new(Vec::new(), Vec::new(), Timestamp::now());
        for event in append.events {
            let at = event.recorded_at.or(Some(all.recorded_at));
            let appended = self.write(Append::new(vec![event.with_recorded_at(at)]));
            all.positions.extend(appended.positions);
            all.versions.extend(appended.versions);
            self.pause().await;
        }
        Ok(all)
    }

    async fn head_first(&self, append: Append) -> Result<Appended, AppendError> {
        let _writer = self.writer.lock().await;
        let (appended, copy) = {
            let mut log = self.state().log.clone();
            (log.append(append, Timestamp::now())?, log)
        };
        self.head.advance(last_of(&copy, &appended));
        self.pause().await;
        self.state().log = copy;
        Ok(appended)
    }

    async fn lagging_reads(&self, append: Append) -> Result<Appended, AppendError> {
        let mut state = self.state();
        let appended = state.log.append(append, Timestamp::now())?;
        self.head.advance(last_of(&state.log, &appended));
        Ok(appended)
    }
}

impl EventStore for Racy {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        check_append(&append)?;
        match self.mistake {
            Mistake::CheckWithoutLock => self.check_without_lock(append).await,
            Mistake::StaleSnapshot => self.stale_snapshot(append).await,
            Mistake::IdsWithoutLock => self.ids_without_lock(append).await,
            Mistake::AnswersEarly => self.answer_early(append).await,
            Mistake::VisibleOutOfOrder => self.visible_out_of_order(append).await,
            Mistake::OneByOne => self.one_by_one(append).await,
            Mistake::HeadFirst => self.head_first(append).await,
            Mistake::LaggingReads => self.lagging_reads(append).await,
        }
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        check_read(query, &options)?;
        let mut state = self.state();
        match self.mistake {
            Mistake::AnswersEarly => state.copy.read(query, options),
            Mistake::LaggingReads => {
                if self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
                    state.copy = state.log.clone();
                }
                state.copy.read(query, options)
            }
            _ if state.hidden.is_empty() => state.log.read(query, options),
            _ => {
                let seen = state.log.events().iter().filter(|event| !state.hidden.contains(&event.position));
                Model::of(seen.cloned().collect()).read(query, options)
            }
        }
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(self.state().log.log_id())
    }

    async fn head(&self) -> Result<Place, StoreError> {
        match self.mistake {
            Mistake::HeadFirst => Ok(self.head.head()),
            Mistake::AnswersEarly => Ok(self.state().copy.head()),
            _ => Ok(self.state().log.head()),
        }
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        Ok(self.head.beyond(after).await)
    }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Racy::row(
            "conditions are checked without a lock",
            Mistake::CheckWithoutLock,
            "racers went through",
            &[
                "races::one_wins_a_tag",
                "races::one_wins_a_type_and_a_tag",
                "races::one_wins_two_tags",
                "races::one_wins_either_of_two_items",
                "races::one_wins_a_stream_by_query",
                "races::one_wins_a_new_stream",
                "races::one_wins_a_version",
                "races::one_wins_two_boundaries",
                "races::a_limit_holds_between_read_and_append",
                "races::no_version_is_lost_between_read_and_append",
                "history::concurrent_calls_are_linearizable",
            ],
        ),
        Racy::row(
            "conditions are checked against a stale snapshot",
            Mistake::StaleSnapshot,
            "racers went through",
            &[
                "races::one_wins_a_tag",
                "races::one_wins_a_type_and_a_tag",
                "races::one_wins_two_tags",
                "races::one_wins_either_of_two_items",
                "races::one_wins_a_stream_by_query",
                "races::one_wins_a_version",
                "races::a_limit_holds_between_read_and_append",
                "history::concurrent_calls_are_linearizable",
            ],
        ),
        Racy::row(
            "ids are looked up without a lock",
            Mistake::IdsWithoutLock,
            "was refused",
            &["ids::repeats_at_the_same_time_write_once", "ids::an_id_is_won_once"],
        ),
        Racy::row(
            "an append is confirmed before it is written",
            Mistake::AnswersEarly,
            "right after the answer",
            &[
                "basics::an_answer_follows_the_commit",
                "basics::the_head_follows_each_append",
                "history::concurrent_calls_are_linearizable",
            ],
        ),
        Racy::row(
            "positions become visible out of order",
            Mistake::VisibleOutOfOrder,
            "lost the positions",
            &[
                "subscriptions::who_watches_sees_everything",
                "subscriptions::who_polls_sees_everything",
                "subscriptions::who_filters_sees_every_match",
                "history::concurrent_calls_are_linearizable",
            ],
        ),
        Racy::row(
            "an append is written event by event",
            Mistake::OneByOne,
            "given up",
            &["races::an_append_that_is_given_up_is_whole_or_absent", "history::concurrent_calls_are_linearizable"],
        ),
        Racy::row(
            "the head moves before the events are there",
            Mistake::HeadFirst,
            "but a read ended at",
            &["watch::what_the_head_counts_can_be_read"],
        ),
        Racy::row(
            "reads are answered by a copy that lags",
            Mistake::LaggingReads,
            "right after the answer",
            &["basics::an_answer_follows_the_commit", "history::concurrent_calls_are_linearizable"],
        ),
    ]
}
