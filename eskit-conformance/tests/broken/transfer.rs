//! Stores that lose something when their log is given out as records, or take in what they should not.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use eskit::MemoryStore;
use eskit_conformance::{Log, Suite};
use eskit_runtime::log::{
    Append, AppendError, Appended, EventId, LogId, Part, Place, Position, StoreErrorKind, StreamChange, StreamError,
    StreamId, StreamStatus, Tags,
};
use eskit_runtime::transfer::{DumpFrom, Entry, Load, LoadError, LogRecord, RecordPage, RecordedAppend, Transfer};
use eskit_runtime::{EventStore, StoreError, Timestamp, delegate_store};

use crate::table::{self, Row};

/// What a store makes of records on their way out.
type Out = fn(RecordPage) -> RecordPage;

/// A sound store, with a place for a mistake at each step.
#[derive(Clone)]
struct Twin {
    store: MemoryStore,
    from: fn(&DumpFrom) -> DumpFrom,
    out: Out,
    /// Whether a page that cannot be read is answered with the whole log.
    begins_anywhere: bool,
    /// Records on their way in, with the head of the log.
    load_in: fn(Load, Place) -> Load,
    loads_one_by_one: bool,
    wakes: bool,
    seals: Seals,
    /// Since when this handle is sealed.
    own_seal: Arc<OnceLock<Timestamp>>,
}

/// What a store makes of a seal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seals {
    Soundly,
    /// Tells its head, and goes on.
    NotAtAll,
    /// Refuses everything, also repeats.
    ForRepeatsToo,
    /// Tells the head from before.
    Late,
    /// Tells another time each time.
    Anew,
    /// Only for the handle that sealed it.
    ForItself,
    /// Changes of streams go on.
    ForEventsOnly,
    /// Loads it, too.
    WithRecords,
}

impl Default for Twin {
    fn default() -> Twin {
        Twin {
            store: MemoryStore::new(),
            from: DumpFrom::clone,
            out: |page| page,
            begins_anywhere: false,
            load_in: |load, _| load,
            loads_one_by_one: false,
            wakes: true,
            seals: Seals::Soundly,
            own_seal: Arc::default(),
        }
    }
}

impl EventStore for Twin {
    delegate_store!(|twin| &twin.store, except append, change_stream, watch);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        match self.sealed_at().await? {
            Some(since) if self.seals == Seals::ForItself => Err(StoreError::sealed(since).into()),
            Some(since) if self.seals == Seals::ForRepeatsToo => Err(StoreError::sealed(since).into()),
            _ => self.store.append(append).await,
        }
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        if self.seals == Seals::ForEventsOnly && self.store.sealed_at().await?.is_some() {
            self.store.unseal().await?;
        }
        self.store.change_stream(stream, change).await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let head = self.store.head().await?;
        if self.wakes || head.position > after.position {
            return self.store.watch(after).await;
        }
        std::future::pending().await
    }
}

impl Transfer for Twin {
    async fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        let page = match self.store.dump(&(self.from)(from)).await {
            Err(error) if self.begins_anywhere && error.kind() == StoreErrorKind::Invalid => {
                self.store.dump(&DumpFrom::START).await
            }
            page => page,
        };
        page.map(self.out)
    }

    async fn load(&self, load: Load) -> Result<Place, LoadError> {
        let load = (self.load_in)(load, self.store.head().await?);
        if self.seals == Seals::WithRecords {
            let head = self.store.load(load).await?;
            self.store.seal().await?;
            return Ok(head);
        }
        if !self.loads_one_by_one {
            return self.store.load(load).await;
        }
        let mut head = load.after;
        for record in load.records {
            head = self.store.load(Load::new(load.log, head, vec![record])).await?;
        }
        Ok(head)
    }

    async fn seal(&self) -> Result<Place, StoreError> {
        let head = self.store.head().await?;
        match self.seals {
            Seals::NotAtAll => return Ok(head),
            Seals::ForItself => {
                self.own_seal.get_or_init(Timestamp::now);
                return Ok(head);
            }
            Seals::Late => {
                tokio::time::sleep(Duration::from_millis(2)).await;
                self.store.seal().await?;
                return Ok(head);
            }
            Seals::Anew if self.store.sealed_at().await?.is_some() => {
                tokio::time::sleep(Duration::from_millis(2)).await;
                self.store.unseal().await?;
            }
            _ => {}
        }
        self.store.seal().await
    }

    async fn unseal(&self) -> Result<(), StoreError> {
        self.store.unseal().await
    }

    async fn sealed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        match (self.seals, self.store.head().await?) {
            (Seals::ForItself, _) => Ok(self.own_seal.get().copied()),
            (Seals::NotAtAll, head) if head != Place::START => Ok(Some(Timestamp::now())),
            _ => self.store.sealed_at().await,
        }
    }
}

fn suite(open: impl Fn() -> Twin + Send + Sync + 'static) -> Suite {
    let open = Arc::new(open);
    let suite = Suite::volatile(move |_| {
        let twin = open();
        async { Ok::<_, Infallible>(twin) }
    });
    table::suite(suite.transfers::<Twin>())
}

/// Opens one log for each name, however often.
fn shared(seals: Seals) -> impl Fn(Log) -> Ready<Result<Twin, Infallible>> + Send + Sync + 'static {
    let logs: Mutex<HashMap<Log, MemoryStore>> = Mutex::default();
    move |log| {
        let store = logs.lock().unwrap_or_else(PoisonError::into_inner).entry(log).or_default().clone();
        ready(Ok(Twin { store, seals, ..Twin::default() }))
    }
}

pub(crate) fn sound() -> Suite {
    suite(Twin::default)
}

fn broken(
    mistake: &'static str,
    change: impl Fn(&mut Twin) + Send + Sync + 'static,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    let open = move || {
        let mut twin = Twin::default();
        change(&mut twin);
        twin
    };
    Row::new(mistake, suite(open), told, cases)
}

/// A store whose records come out changed.
fn losing(mistake: &'static str, out: Out, told: &'static str, cases: &'static [&'static str]) -> Row {
    broken(mistake, move |twin| twin.out = out, told, cases)
}

fn each_entry(page: RecordPage, change: impl Fn(Entry) -> Entry) -> RecordPage {
    let record = |record| match record {
        LogRecord::Append(append) => append_of(append.into_entries().into_iter().map(&change).collect()),
        record => Some(record),
    };
    RecordPage::new(page.log, page.records.into_iter().filter_map(record).collect(), page.next, page.head)
}

/// The append of these entries, if there are any.
fn append_of(entries: Vec<Entry>) -> Option<LogRecord> {
    RecordedAppend::new(entries).ok().map(LogRecord::Append)
}

/// Each event as an append of its own.
fn parted(page: RecordPage) -> RecordPage {
    let alone = |entry| {
        let entry = match entry {
            Entry::Event(mut event) => {
                event.part = Part::WHOLE;
                Entry::Event(event)
            }
            entry => entry,
        };
        append_of(vec![entry])
    };
    let parts = |record| match record {
        LogRecord::Append(append) => append.into_entries().into_iter().filter_map(alone).collect(),
        record => vec![record],
    };
    RecordPage::new(page.log, page.records.into_iter().flat_map(parts).collect(), page.next, page.head)
}

/// The events that are left, at positions without gaps.
fn renumbered(page: RecordPage) -> RecordPage {
    let mut next = 0;
    let mut records = Vec::new();
    for record in page.records {
        let LogRecord::Append(append) = record else {
            records.push(record);
            continue;
        };
        let left: Vec<_> = append.into_entries().into_iter().filter(|entry| entry.event().is_some()).collect();
        let count = left.len();
        let entry = |(index, entry)| {
            next += 1;
            let Entry::Event(mut event) = entry else { return entry };
            (event.position, event.part) = (Position::new(next), Part::new(index, count).unwrap_or(Part::WHOLE));
            Entry::Event(event)
        };
        records.extend(append_of(left.into_iter().enumerate().map(entry).collect()));
    }
    RecordPage::new(page.log, records, page.next, page.head)
}

fn without_last_append(mut page: RecordPage) -> RecordPage {
    if let Some(last) = page.records.iter().rposition(|record| record.append().is_some()) {
        page.records.remove(last);
    }
    page
}

fn without_streams(mut page: RecordPage) -> RecordPage {
    page.records.retain(|record| record.append().is_some());
    page
}

fn with_new_ids(page: RecordPage) -> RecordPage {
    each_entry(page, |entry| match entry {
        Entry::Deleted(mut event) => {
            event.id = EventId::new();
            Entry::Deleted(event)
        }
        entry => entry,
    })
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        losing("the parts of appends are lost", parted, "was answered with", &["transfer::every_repeat_is_known"]),
        losing(
            "a log is numbered anew",
            renumbered,
            "the head after a load",
            &["transfer::what_was_deleted_keeps_its_place", "transfer::every_repeat_is_known"],
        ),
        losing(
            "closed streams are forgotten",
            without_streams,
            "a stream of the loaded log",
            &["transfer::streams_keep_their_status", "transfer::what_was_deleted_keeps_its_place"],
        ),
        losing(
            "the ids of deleted events are forgotten",
            with_new_ids,
            "the head after a load",
            &["transfer::what_was_deleted_keeps_its_place"],
        ),
        losing(
            "the last append is left out",
            without_last_append,
            "the head after a load",
            &[
                "transfer::the_log_goes_on",
                "transfer::every_read_is_answered_alike",
                "transfer::every_append_is_answered_alike",
            ],
        ),
        losing(
            "the id of the log is left out",
            |page| RecordPage::new(LogId::new(), page.records, page.next, page.head),
            "the id of the loaded log",
            &["transfer::a_log_keeps_its_id"],
        ),
        losing(
            "times are those of the copy",
            |page| {
                each_entry(page, |entry| match entry {
                    Entry::Event(mut event) => {
                        event.recorded_at = Timestamp::now();
                        Entry::Event(event)
                    }
                    entry => entry,
                })
            },
            "the loaded events",
            &["transfer::an_event_is_kept_whole"],
        ),
        losing(
            "tags are those of the append",
            |page| {
                each_entry(page, |entry| match entry {
                    Entry::Event(mut event) => {
                        event.tags = event.tags.iter().filter(|tag| tag.key() != "branch").collect::<Tags>();
                        Entry::Event(event)
                    }
                    entry => entry,
                })
            },
            "the events with a tag that was added",
            &["transfer::added_tags_are_kept"],
        ),
    ];
    rows.extend(reading());
    rows.extend(loading());
    rows.extend(sealing());
    rows
}

fn reading() -> Vec<Row> {
    vec![
        broken(
            "a page begins anywhere",
            |twin| twin.begins_anywhere = true,
            "records that begin within an append",
            &["transfer::records_begin_between_appends"],
        ),
        broken(
            "the event of a place is not looked at",
            |twin| {
                twin.from = |from| match from {
                    DumpFrom::Append(place) => DumpFrom::Append(place.position.into()),
                    from => from.clone(),
                }
            },
            "which the log does not hold",
            &["transfer::records_are_those_of_the_log_that_was_read"],
        ),
    ]
}

fn sealing() -> Vec<Row> {
    let row = |mistake, seals, told, cases| broken(mistake, move |twin: &mut Twin| twin.seals = seals, told, cases);
    vec![
        row(
            "a sealed log takes events",
            Seals::NotAtAll,
            "an append to a sealed log",
            &["seal::a_sealed_log_takes_no_events"],
        ),
        row(
            "a sealed log knows no repeats",
            Seals::ForRepeatsToo,
            "a repeat in a sealed log",
            &["seal::a_repeat_is_still_answered"],
        ),
        row(
            "the head of a seal is read before it",
            Seals::Late,
            "was confirmed",
            &["seal::what_was_confirmed_is_before_the_head_of_the_seal"],
        ),
        Row::new(
            "a seal is that of one handle",
            table::suite(Suite::durable(shared(Seals::ForItself)).transfers::<Twin>()),
            "an append to a sealed log",
            &["seal::a_seal_holds_for_every_handle"],
        ),
        row(
            "a log is sealed anew",
            Seals::Anew,
            "since when it is sealed then",
            &["seal::a_sealed_log_takes_no_events"],
        ),
        row(
            "a sealed log takes changes of streams",
            Seals::ForEventsOnly,
            "a change of a stream of a sealed log",
            &["seal::a_sealed_log_takes_no_changes"],
        ),
        row(
            "a copy of a log is sealed",
            Seals::WithRecords,
            "since when a copy",
            &["seal::a_seal_is_of_the_log_that_has_it"],
        ),
    ]
}

fn loading() -> Vec<Row> {
    vec![
        broken(
            "records are loaded wherever they begin",
            |twin| twin.load_in = |load, head| Load::new(load.log, head, load.records),
            "were loaded at",
            &["transfer::only_what_comes_next_is_loaded"],
        ),
        broken(
            "events without a name are left out",
            |twin| {
                twin.load_in = |mut load, _| {
                    load.records.retain(|record| {
                        let first = record.append().and_then(|append| append.entries().first());
                        first.is_none_or(|entry| entry.event().is_none_or(|event| !event.name.is_empty()))
                    });
                    load
                }
            },
            "without a name was loaded",
            &["transfer::records_that_contradict_the_log_are_refused"],
        ),
        broken(
            "records are loaded one by one",
            |twin| twin.loads_one_by_one = true,
            "the head after a load that failed",
            &["transfer::a_load_is_whole_or_not_at_all"],
        ),
        broken(
            "what became of streams is only loaded at first",
            |twin| {
                twin.load_in = |mut load, head| {
                    if head != Place::START {
                        load.records.retain(|record| record.append().is_some());
                    }
                    load
                }
            },
            "a stream of the loaded log",
            &["transfer::a_load_goes_on_with_what_has_changed"],
        ),
        broken(
            "a load wakes nobody",
            |twin| twin.wakes = false,
            "waiting for what is loaded",
            &["transfer::who_waits_sees_what_is_loaded"],
        ),
    ]
}
