//! Imports: what they append, and what they do after an earlier import, another file, or a failure of the store.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use eskit::ImportError as Failure;
use eskit::layer::Retrying;
use eskit::log::{Append, AppendError, Appended, NewEvent, StoreErrorKind};
use eskit::prelude::*;
use eskit::{RetryPolicy, StoreError, delegate_store};
use loans::{ImportError, LogFile};

const LINES: usize = 3_000;

/// Imports these lines. Returns how many events the log holds of them, and how many it held before.
async fn import(store: &impl EventStore, lines: &[String]) -> Result<(usize, usize), ImportError> {
    let path = support::write_log(lines);
    let imported = loans::import(store, &mut LogFile::open(&path).unwrap(), |_| {}).await?;
    Ok((imported.events as usize, imported.events_before as usize))
}

#[tokio::test]
async fn an_import_appends_every_line_once() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 1));
    let imported = import(&store, &lines).await.unwrap();
    assert_eq!(imported, (LINES, 0));
    support::assert_holds(&store, &lines).await;
}

#[tokio::test]
async fn an_import_goes_on_where_the_last_one_ended() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 2));
    let mut before = 0;
    for end in [1, 2, 700, 701, 2_999, LINES, LINES] {
        let imported = import(&store, &lines[..end]).await.unwrap();
        assert_eq!(imported, (end, before));
        support::assert_holds(&store, &lines[..end]).await;
        before = end;
    }
}

#[tokio::test]
async fn what_others_write_to_the_log_does_not_matter() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 3));
    let other = || store.append(Append::new(vec![NewEvent::json("other.Happened", "{}")]));
    other().await.unwrap();
    import(&store, &lines[..1_000]).await.unwrap();
    other().await.unwrap();
    assert_eq!(import(&store, &lines).await.unwrap(), (LINES, 1_000));
}

#[tokio::test]
async fn another_file_is_refused() {
    let (store, lines) = (MemoryStore::new(), support::made_up_log(LINES, 4));
    import(&store, &lines[..1_000]).await.unwrap();
    let error = import(&store, &support::made_up_log(LINES, 5)).await.unwrap_err();
    assert!(matches!(error, ImportError::Import(Failure::OtherSource { number: 1_000, .. })), "{error}");
    let error = import(&store, &lines[..999]).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Import(Failure::TooShort { events: 999, events_before: 1_000, .. })),
        "{error}"
    );
    support::assert_holds(&store, &lines[..1_000]).await;
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
    assert_eq!(import(&store.store, &lines).await.unwrap(), (LINES, held));
    support::assert_holds(&store.store, &lines).await;
}

/// A store that is busy, or loses its answer before or after it appended, again and again.
#[derive(Default)]
struct Flaky {
    store: MemoryStore,
    appends: AtomicU32,
    full_after: Option<u32>,
}

impl EventStore for Flaky {
    delegate_store!(|layer| &layer.store, except append);

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
}
