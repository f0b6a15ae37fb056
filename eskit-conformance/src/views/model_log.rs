use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_runtime::log::limits::check_read;
use eskit_runtime::log::{
    Append, AppendError, Appended, EventId, LogId, NewEvent, Page, Place, Query, ReadOptions, Tag, Tags,
};
use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::{EventStore, RecordedEvent, StoreError, Timestamp};

use super::probe::{KEY, NOTED, OTHER};
use crate::model::Model;
use crate::rng::Rng;

/// The log that the subscribers of the suite follow. Each call waits once, so that a caller can be dropped there. Cheap to clone;
/// clones share the log.
#[derive(Clone, Debug, Default)]
pub(super) struct ModelLog {
    log: Arc<Mutex<Model>>,
    head: Arc<HeadWatch>,
}

impl ModelLog {
    /// A log of at least `count` events, which only depends on its id and the seed: another process makes the same one.
    pub(super) fn seeded(log: LogId, seed: u64, count: usize) -> ModelLog {
        let mut rng = Rng::new(seed);
        let mut model = Model::with_id(log);
        while model.events().len() < count {
            let events = some_events(&mut rng);
            model.push(events, Timestamp::from_micros(1_700_000_000_000_000));
        }
        ModelLog { log: Arc::new(Mutex::new(model)), head: Arc::default() }
    }

    /// A log of `count` events that subscribers take, each of its own append. Their keys are `a`, `b` and `c` in turn.
    pub(super) fn of_keys(count: usize) -> ModelLog {
        let log = ModelLog::default();
        for key in ["a", "b", "c"].into_iter().cycle().take(count) {
            log.log().push(vec![noted(key, true)], Timestamp::now());
        }
        log
    }

    /// Everything that the log holds.
    pub(super) fn events(&self) -> Vec<RecordedEvent> {
        self.log().events().to_vec()
    }

    fn log(&self) -> MutexGuard<'_, Model> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of one append: some that subscribers take, under one of three keys, and some that they do not.
pub(super) fn some_events(rng: &mut Rng) -> Vec<NewEvent> {
    let event = |rng: &mut Rng| {
        let key = ["a", "b", "c"][rng.below(3) as usize];
        let id = [rng.next().to_be_bytes(), rng.next().to_be_bytes()].concat();
        noted(key, rng.chance(75)).with_id(id.try_into().map_or_else(|_| EventId::new(), EventId::from_bytes))
    };
    (0..1 + rng.below(4)).map(|_| event(rng)).collect()
}

/// An event under a key.
pub(super) fn noted(key: &str, is_taken: bool) -> NewEvent {
    let tags: Tags = std::iter::once(Tag::new(KEY, key)).collect();
    NewEvent::json(if is_taken { NOTED } else { OTHER }, "{}").with_tags(tags)
}

impl EventStore for ModelLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        tokio::task::yield_now().await;
        let appended = self.log().append(append, Timestamp::now())?;
        self.head.moved();
        Ok(appended)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        check_read(query, &options)?;
        tokio::task::yield_now().await;
        self.log().read(query, options)
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        tokio::task::yield_now().await;
        Ok(self.log().log_id())
    }

    async fn head(&self) -> Result<Place, StoreError> {
        tokio::task::yield_now().await;
        Ok(self.log().head())
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        tokio::task::yield_now().await;
        self.head.until(|| self.log().beyond(after).transpose()).await
    }
}
