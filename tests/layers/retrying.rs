use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eskit::layer::Retrying;
use eskit::log::{
    Append, AppendError, Appended, Condition, LogId, Page, Place, Position, Query, ReadOptions, StoreErrorKind,
    StreamChange, StreamError, StreamId, StreamInfo, StreamStatus,
};
use eskit::prelude::*;
use eskit::{RetryPolicy, StoreError};
use eskit_tests::scripted::{Scripted, Step, log};

use super::one;

fn policy() -> RetryPolicy {
    RetryPolicy::attempts(4).with_delays(Duration::ZERO, Duration::ZERO)
}

/// What an append through a script of failures came to, and how many tries it took.
async fn append(steps: impl IntoIterator<Item = Step>) -> (Result<Appended, AppendError>, usize, usize) {
    let store = Scripted::new();
    store.script(steps);
    let store = std::sync::Arc::new(store);
    let appended = Retrying::new(std::sync::Arc::clone(&store), policy()).append(one()).await;
    let tries = store.take_appends();
    assert!(tries.iter().all(|append| append.events == tries[0].events), "each try has the same events and ids");
    (appended, tries.len(), log(&*store).await.unwrap().len())
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let steps = [Step::Fail(StoreErrorKind::Busy), Step::Fail(StoreErrorKind::Unavailable), Step::LoseRequest];
    let (appended, tries, events) = append(steps).await;
    assert!(!appended.unwrap().repeated);
    assert_eq!((tries, events), (4, 1));
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_found_again() {
    let (appended, tries, events) = append([Step::LoseAnswer, Step::Fail(StoreErrorKind::Busy)]).await;
    assert!(appended.unwrap().repeated);
    assert_eq!((tries, events), (3, 1));
}

#[tokio::test]
async fn what_does_not_pass_is_an_error_at_once() {
    let (appended, tries, _) = append([Step::Fail(StoreErrorKind::Full)]).await;
    let Err(AppendError::Store(error)) = appended else { panic!("{appended:?}") };
    assert_eq!((error.kind(), tries), (StoreErrorKind::Full, 1));
}

#[tokio::test]
async fn a_failure_that_does_not_pass_in_time_is_the_error() {
    let (appended, tries, events) = append([(); 4].map(|()| Step::Fail(StoreErrorKind::Busy))).await;
    let Err(AppendError::Store(error)) = appended else { panic!("{appended:?}") };
    assert_eq!((error.kind(), tries, events), (StoreErrorKind::Busy, 4, 0));
}

/// The first try went through, and nobody can tell: the failures behind it must not pass for "nothing was written".
#[tokio::test]
async fn an_outcome_stays_unknown_until_the_store_answers() {
    let mut steps = vec![Step::LoseAnswer];
    steps.extend([(); 3].map(|()| Step::Fail(StoreErrorKind::Full)));
    let (appended, tries, events) = append(steps).await;
    let Err(AppendError::UnknownOutcome(error)) = appended else { panic!("{appended:?}") };
    assert_eq!((error.kind(), tries, events), (StoreErrorKind::Full, 4, 1));
}

#[tokio::test]
async fn a_conflict_is_not_tried_again() {
    let store = Scripted::new();
    store.append(one()).await.unwrap();
    store.take_appends();
    let store = std::sync::Arc::new(store);
    let condition = Condition::NoEvents { query: Query::all(), after: Position::START };
    let appended = Retrying::new(std::sync::Arc::clone(&store), policy()).append(one().with(condition)).await;
    assert!(matches!(appended, Err(AppendError::Conflict(_))), "{appended:?}");
    assert_eq!(store.take_appends().len(), 1);
}

/// A store whose every call but the third fails.
#[derive(Default)]
struct Unreachable {
    calls: AtomicU32,
}

impl Unreachable {
    fn call<T: Default>(&self) -> Result<T, StoreError> {
        match self.calls.fetch_add(1, Ordering::Relaxed) {
            2 => Ok(T::default()),
            _ => Err(StoreError::new(StoreErrorKind::Unavailable, "no answer")),
        }
    }
}

impl EventStore for Unreachable {
    async fn append(&self, _: Append) -> Result<Appended, AppendError> {
        Err(self.call::<()>().unwrap_err().into())
    }
    async fn read(&self, _: &Query, _: ReadOptions) -> Result<Page, StoreError> {
        self.call()
    }
    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.call::<()>().map(|()| LogId::new())
    }
    async fn head(&self) -> Result<Place, StoreError> {
        self.call()
    }
    async fn watch(&self, _: Place) -> Result<Place, StoreError> {
        self.call()
    }
    async fn stream_info(&self, _: &StreamId) -> Result<StreamInfo, StoreError> {
        self.call()
    }
    async fn change_stream(&self, _: &StreamId, _: StreamChange) -> Result<StreamStatus, StreamError> {
        Ok(self.call()?)
    }
}

#[tokio::test]
async fn other_calls_are_tried_again_within_the_policy() {
    let unreachable = || Retrying::new(Unreachable::default(), policy());
    assert!(unreachable().read(&Query::all(), ReadOptions::default()).await.is_ok());
    assert!(unreachable().log_id().await.is_ok());
    assert!(unreachable().head().await.is_ok());
    assert!(unreachable().watch(Place::START).await.is_ok());
    let stream = StreamId::new("account", "a");
    assert!(unreachable().stream_info(&stream).await.is_ok());
    assert!(unreachable().change_stream(&stream, StreamChange::Archive).await.is_ok());
    let store = Retrying::new(Unreachable::default(), RetryPolicy::attempts(2));
    assert_eq!(store.head().await.unwrap_err().to_string(), "no answer");
}
