//! Stores that are right through one handle, until it is closed.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};

use eskit_conformance::{Log, Model};
use eskit_runtime::log::limits::check_append;
use eskit_runtime::log::{
    Append, AppendError, Appended, Page, Place, Query, ReadOptions, StreamChange, StreamError, StreamId, StreamInfo,
    StreamStatus,
};
use eskit_runtime::{EventStore, StoreError, Timestamp, delegate_store};

use crate::sound::Sound;
use crate::table::{Row, durable};
use crate::told::Told;

/// What a handle knows only of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistake {
    Events,
    Conditions,
    Ids,
    Head,
    Wakeups,
    Streams,
}

/// Opens one log for each name, however often: `handle` makes a handle of what all handles share.
pub(crate) fn opener<S: EventStore>(
    handle: impl Fn(Arc<Sound>, usize) -> S + Send + Sync + 'static,
) -> impl Fn(Log) -> Ready<Result<S, Infallible>> + Send + Sync + 'static {
    let logs: Mutex<HashMap<Log, (Arc<Sound>, usize)>> = Mutex::default();
    move |log| {
        let mut logs = logs.lock().unwrap_or_else(PoisonError::into_inner);
        let (shared, opened) = logs.entry(log).or_default();
        *opened += 1;
        ready(Ok(handle(Arc::clone(shared), *opened)))
    }
}

struct Handle {
    mistake: Mistake,
    shared: Arc<Sound>,
    /// The events that were there when the handle was opened (of the first handle: none), and its own.
    own: Mutex<Model>,
    head: Told,
    statuses: Mutex<HashMap<StreamId, StreamStatus>>,
}

impl Handle {
    fn row(mistake: &'static str, kind: Mistake, told: &'static str, cases: &'static [&'static str]) -> Row {
        let handle = move |shared, _| Handle {
            mistake: kind,
            shared,
            own: Mutex::default(),
            head: Told::default(),
            statuses: Mutex::default(),
        };
        Row::new(mistake, durable(opener(handle)), told, cases)
    }

    fn own(&self) -> std::sync::MutexGuard<'_, Model> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append_now(&self, append: Append) -> Result<Appended, AppendError> {
        check_append(&append)?;
        let mut log = self.shared.log();
        let mut own = self.own();
        let repeated = match self.mistake {
            Mistake::Ids => own.find_repeat(&append.events)?,
            _ => log.find_repeat(&append.events)?,
        };
        if let Some(repeated) = repeated {
            return Ok(repeated);
        }
        match self.mistake {
            Mistake::Conditions => own.check(&append.conditions)?,
            _ => log.check(&append.conditions)?,
        }
        let count = append.events.len();
        let appended = log.push(append.events, Timestamp::now());
        let added = log.events()[log.events().len() - count..].to_vec();
        let mut events = own.events().to_vec();
        events.extend(added);
        *own = Model::of(events);
        Ok(appended)
    }
}

impl EventStore for Handle {
    delegate_store!(|layer| &layer.shared, except append, read, head, watch, stream_info, change_stream);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = self.append_now(append)?;
        self.head.advance(self.shared.log().head());
        self.shared.moved();
        Ok(appended)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        match self.mistake {
            Mistake::Events => self.own().read(query, options),
            _ => self.shared.read(query, options).await,
        }
    }

    async fn head(&self) -> Result<Place, StoreError> {
        match self.mistake {
            Mistake::Head | Mistake::Events => Ok(self.own().head()),
            _ => self.shared.head().await,
        }
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        match self.mistake {
            Mistake::Wakeups => Ok(self.head.beyond(after).await),
            _ => self.shared.watch(after).await,
        }
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        let info = self.shared.stream_info(stream).await?;
        let statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(StreamInfo::new(info.version, statuses.get(stream).cloned().unwrap_or_default()))
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        let status = self.stream_info(stream).await?.status.after(&change, Timestamp::now()).unwrap_or_default();
        let mut statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        statuses.insert(stream.clone(), status.clone());
        Ok(status)
    }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Handle::row(
            "a handle reads its own events",
            Mistake::Events,
            "as the other handle reads it",
            &[
                "handles::an_append_is_seen_by_all",
                "handles::followers_that_reconnect_see_everything",
                "reopen::the_log_is_there_again",
                "history::calls_through_several_handles_are_linearizable",
            ],
        ),
        Handle::row(
            "a handle checks conditions against its own events",
            Mistake::Conditions,
            "does not hold",
            &[
                "handles::conditions_count_the_appends_of_all",
                "handles::one_wins_a_tag",
                "handles::one_wins_a_version",
                "handles::a_limit_holds_between_read_and_append",
                "reopen::conditions_and_versions_go_on",
                "history::calls_through_several_handles_are_linearizable",
            ],
        ),
        Handle::row(
            "a handle knows its own ids",
            Mistake::Ids,
            "the places of a repeat",
            &["handles::repeats_are_known_by_all", "reopen::repeats_are_known_again"],
        ),
        Handle::row(
            "a handle tells its own head",
            Mistake::Head,
            "the head",
            &["reopen::the_head_goes_on", "handles::an_append_is_seen_by_all"],
        ),
        Handle::row(
            "a handle remembers what became of streams",
            Mistake::Streams,
            "what is told of a stream",
            &[
                "reopen::closed_streams_stay_closed",
                "reopen::what_is_deleted_stays_deleted",
                "handles::a_change_is_seen_by_all",
            ],
        ),
        Handle::row(
            "a handle wakes its own watchers",
            Mistake::Wakeups,
            "took longer than",
            &["handles::an_append_wakes_who_waits_elsewhere"],
        ),
    ]
}
