//! Imports: what they append, and what they do after an earlier import, another file, or a failure of the store.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use eskit::layer::Retrying;
use eskit::prelude::*;
use eskit::{
    Append, AppendError, Appended, NewEvent, Page, Position, Query, ReadOptions, RetryPolicy, StoreError,
    StoreErrorKind,
};
use loans::{CaseId, Checkpoint, ImportError, Imported, LogFile};

const LINES: usize = 3_000;

async fn import(store: &impl EventStore, lines: &[String]) -> Result<Imported, ImportError> {
    let path = support::write_log(lines);
    loans::import(store, &mut LogFile::open(&path).unwrap(), |_| {}).await
}

#[tokio::test]
async fn an_import_appends_every_line_once() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 1));
    let imported = import(&store, &lines).await.unwrap();
    assert_eq!(imported, Imported { events: LINES as u64, events_before: 0 });
    support::assert_holds(&store, &lines).await;
}

#[tokio::test]
async fn an_import_goes_on_where_the_last_one_ended() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 2));
    let mut before = 0;
    for end in [1, 2, 700, 701, 2_999, LINES, LINES] {
        let imported = import(&store, &lines[..end]).await.unwrap();
        assert_eq!(imported, Imported { events: end as u64, events_before: before });
        support::assert_holds(&store, &lines[..end]).await;
        before = end as u64;
    }
    assert_eq!(Checkpoint::read(&store).await.unwrap().map(|checkpoint| checkpoint.line), Some(LINES as u64));
}

#[tokio::test]
async fn what_others_write_to_the_log_does_not_matter() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 3));
    let other = || store.append(Append::new(vec![NewEvent::json("other.Happened", "{}")]));
    other().await.unwrap();
    import(&store, &lines[..1_000]).await.unwrap();
    other().await.unwrap();
    assert_eq!(import(&store, &lines).await.unwrap().events_before, 1_000);
}

#[tokio::test]
async fn another_file_is_refused() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 4));
    import(&store, &lines[..1_000]).await.unwrap();
    let error = import(&store, &support::made_up_log(LINES, 5)).await.unwrap_err();
    assert!(matches!(error, ImportError::OtherFile { line: 1_000 }), "{error}");
    let error = import(&store, &lines[..999]).await.unwrap_err();
    assert!(matches!(error, ImportError::FileTooShort { lines: 999, events: 1_000 }), "{error}");
    support::assert_holds(&store, &lines[..1_000]).await;
}

#[tokio::test]
async fn a_case_that_grew_meanwhile_is_a_conflict() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 6));
    let foreign = NewEvent::json("application.Approved", "{}");
    let foreign = NewEvent { stream: Some(CaseId::new(170_000).stream()), ..foreign };
    // The checkpoint is read first, so that the other program comes in between.
    let store = Meddling { store, foreign: std::sync::Mutex::new(Some(foreign)) };
    let error = import(&store, &lines).await.unwrap_err();
    assert!(matches!(error, ImportError::Append(AppendError::Conflict(_))), "{error}");
    assert!(
        error.to_string().starts_with("another program writes to the loan streams: stream `loan:170000`"),
        "{error}"
    );
    // From now on it cannot be told how far the import came.
    let error = import(&store, &lines).await.unwrap_err();
    assert!(matches!(error, ImportError::Checkpoint(_)), "{error}");
}

#[tokio::test]
async fn lost_answers_and_a_busy_store_change_nothing() {
    let (store, lines) = (Arc::new(Flaky::default()), support::made_up_log(LINES, 7));
    import(&Retrying::new(Arc::clone(&store), RetryPolicy::default()), &lines).await.unwrap();
    // Every batch meets each failure before it goes through.
    let batches = LINES.div_ceil(1000);
    assert_eq!(store.appends.load(Ordering::Relaxed) as usize, 4 * batches);
    support::assert_holds(&store.store, &lines).await;
}

#[tokio::test]
async fn a_store_that_fails_ends_the_import_and_a_later_one_goes_on() {
    let store = Arc::new(Flaky { full_after: Some(8), ..Flaky::default() });
    let lines = support::made_up_log(LINES, 8);
    let retrying = Retrying::new(Arc::clone(&store), RetryPolicy::default());
    let error = import(&retrying, &lines).await.unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
    let held = support::read_all(&store.store).await.len();
    assert!(held > 0 && held < LINES);
    support::assert_holds(&store.store, &lines[..held]).await;
    assert_eq!(import(&store.store, &lines).await.unwrap().events_before, held as u64);
    support::assert_holds(&store.store, &lines).await;
}

/// A store to which another program appends just before the first append.
struct Meddling {
    store: MemoryStore,
    foreign: std::sync::Mutex<Option<NewEvent>>,
}

impl EventStore for Meddling {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let foreign = self.foreign.lock().unwrap().take();
        if let Some(foreign) = foreign {
            self.store.append(Append::new(vec![foreign])).await?;
        }
        self.store.append(append).await
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.store.read(query, options).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn watch(&self, after: Position) -> Result<Position, StoreError> {
        self.store.watch(after).await
    }
}

/// A store that is busy, or loses its answer before or after it appended, again and again.
#[derive(Default)]
struct Flaky {
    store: MemoryStore,
    appends: AtomicU32,
    full_after: Option<u32>,
}

impl EventStore for Flaky {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let number = self.appends.fetch_add(1, Ordering::Relaxed);
        if self.full_after.is_some_and(|appends| number >= appends) {
            return Err(StoreError::new(StoreErrorKind::Full, "the disk is full").into());
        }
        let lost = || AppendError::UnknownOutcome(StoreError::new(StoreErrorKind::Unavailable, "lost"));
        match number % 4 {
            0 => Err(StoreError::new(StoreErrorKind::Busy, "busy").into()),
            1 => Err(lost()),
            2 => {
                self.store.append(append).await?;
                Err(lost())
            }
            _ => self.store.append(append).await,
        }
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.store.read(query, options).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn watch(&self, after: Position) -> Result<Position, StoreError> {
        self.store.watch(after).await
    }
}
