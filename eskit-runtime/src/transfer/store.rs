use std::future::Future;
use std::sync::Arc;

use crate::log::id::LogId;
use crate::log::position::Place;
use crate::log::store::EventStore;
use crate::log::store::error::StoreError;
use crate::log::stream::StreamId;
use crate::log::time::Timestamp;
use crate::transfer::error::LoadError;
use crate::transfer::record::{LogRecord, RecordedAppend};

/// A store whose whole log can be given out as records, and that can take in the records of another log.
///
/// `MemoryStore`, `SqliteStore`, `PostgresStore` and `NatsStore` implement it. Copy a log with `eskit_transfer::migrate`, which goes on where an
/// earlier run ended.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::transfer::{DumpFrom, Load, LogRecord, Transfer};
///
/// /// Prints how many events each append has.
/// async fn print_appends(store: &impl Transfer) -> Result<(), eskit::StoreError> {
///     let mut next = Some(DumpFrom::START);
///     while let Some(from) = next {
///         let page = store.dump(&from).await?;
///         for record in &page.records {
///             if let LogRecord::Append(append) = record {
///                 println!("{}: {} events", append.first(), append.entries().len());
///             }
///         }
///         next = page.next;
///     }
///     Ok(())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not give out its log as records\nhelp: use `MemoryStore`, `SqliteStore`, `PostgresStore` or `NatsStore` itself, without a layer around it",
    label = "no `Transfer`"
)]
pub trait Transfer: EventStore {
    /// Reads one page of records: appends in order, and after the last one the streams that are not open, by type and id.
    ///
    /// A store must keep these rules:
    ///
    /// - A page is a consistent snapshot of the log. A page of appends that comes to the end of the log goes on with streams.
    /// - A page ends between two appends, after 10,000 events, 16 MiB or 1,000 streams. It holds at least one record, unless nothing
    ///   follows.
    /// - Deleted events are included as [`Entry::Deleted`](crate::transfer::Entry::Deleted), and deleted streams as streams.
    ///
    /// # Errors
    /// - [`Replaced`](crate::log::StoreErrorKind::Replaced): the log does not hold the place to read on from.
    /// - [`Invalid`](crate::log::StoreErrorKind::Invalid): the place is within an append.
    /// - Any other [kind](crate::log::StoreErrorKind): the store failed.
    fn dump(&self, from: &DumpFrom) -> impl Future<Output = Result<RecordPage, StoreError>> + Send;

    /// Adds records to the end of the log, and returns the new head.
    ///
    /// A store must keep these rules:
    ///
    /// - A call is atomic, and durable before it returns. It calls [`check_load`](crate::transfer::check_load) first.
    /// - A log without events takes the id of the log that is loaded. Any other must have it already.
    /// - The head must be [`Load::after`], by position and id. A log that ends with the same event as the source at that place holds
    ///   everything before it, so the records that follow there belong here.
    /// - Events keep positions, versions, ids, times and the parts of their appends. The version of an event must follow that of its
    ///   stream.
    /// - The record of a stream sets its status, time and reason. If it is deleted, its events that are still there are deleted.
    /// - Conditions and statuses of streams are not looked at: what is loaded was accepted when it was appended.
    ///
    /// # Errors
    /// See [`LoadError`]. Only after [`LoadError::Store`] may the records have been loaded; [`EventStore::head`] tells.
    fn load(&self, load: Load) -> impl Future<Output = Result<Place, LoadError>> + Send;

    /// Closes the log for writes, in every process, and returns its head. Reads go on, and so does [`Transfer::dump`]. This is how a log
    /// is moved while programs use it: whatever they are told was appended is at or before the head that this returns.
    ///
    /// A store must keep these rules:
    ///
    /// - From the return of this call on, each append, change of a stream, call of `add_tags` and load fails as
    ///   [`Sealed`](crate::log::StoreErrorKind::Sealed), in this and in every other process, and writes nothing. Only a repeat of an
    ///   append that the log holds is answered as always.
    /// - No append that was or will be confirmed, by any process, comes after the head that is returned.
    /// - It is durable before it returns, and stays over restarts, until [`Transfer::unseal`]. Another call changes nothing.
    /// - Records do not tell of it: a log that has loaded those of a sealed one takes writes.
    ///
    /// # Errors
    /// The store failed; the log may be sealed all the same.
    fn seal(&self) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// Lets a sealed log take writes again. If programs write to a copy of it already, the two go apart.
    ///
    /// # Errors
    /// The store failed; the log may take writes all the same.
    fn unseal(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Since when the log is sealed, if it is.
    ///
    /// # Errors
    /// The store failed.
    fn sealed_at(&self) -> impl Future<Output = Result<Option<Timestamp>, StoreError>> + Send;
}

/// Where a page of records begins.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DumpFrom {
    /// With the append after this place.
    Append(Place),
    /// With the first stream after this one that is not open, or with the first of all.
    Stream(Option<StreamId>),
}

impl DumpFrom {
    /// The beginning of the log.
    pub const START: DumpFrom = DumpFrom::Append(Place::START);
}

/// One page of the records of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RecordPage {
    /// The id of the log.
    pub log: LogId,
    /// The records, in order.
    pub records: Vec<LogRecord>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<DumpFrom>,
    /// The last event of the log at the time of this page.
    pub head: Place,
}

impl RecordPage {
    /// A page of these records.
    pub fn new(log: LogId, records: Vec<LogRecord>, next: Option<DumpFrom>, head: Place) -> RecordPage {
        RecordPage { log, records, next, head }
    }
}

/// Records to add to the end of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Load {
    /// The id of the log that they come from.
    pub log: LogId,
    /// The place after which they stand there: the last event before them.
    pub after: Place,
    /// The records.
    pub records: Vec<LogRecord>,
}

impl Load {
    /// Records of this log that follow `after`.
    pub fn new(log: LogId, after: Place, records: Vec<LogRecord>) -> Load {
        Load { log, after, records }
    }

    /// The appends among them.
    pub fn appends(&self) -> impl DoubleEndedIterator<Item = &RecordedAppend> + Clone {
        self.records.iter().filter_map(LogRecord::append)
    }

    /// How many events they hold, deleted ones among them.
    pub fn events(&self) -> usize {
        self.appends().map(|append| append.entries().len()).sum()
    }

    /// The head of a log that has loaded them.
    pub fn end(&self) -> Place {
        self.appends().next_back().map_or(self.after, RecordedAppend::last)
    }
}

macro_rules! delegate {
    ($($pointer:ty)*) => { $(
        impl<S: Transfer + ?Sized> Transfer for $pointer {
            fn dump(&self, from: &DumpFrom) -> impl Future<Output = Result<RecordPage, StoreError>> + Send {
                (**self).dump(from)
            }

            fn load(&self, load: Load) -> impl Future<Output = Result<Place, LoadError>> + Send {
                (**self).load(load)
            }

            fn seal(&self) -> impl Future<Output = Result<Place, StoreError>> + Send {
                (**self).seal()
            }

            fn unseal(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
                (**self).unseal()
            }

            fn sealed_at(&self) -> impl Future<Output = Result<Option<Timestamp>, StoreError>> + Send {
                (**self).sealed_at()
            }
        }
    )* };
}

delegate!(&S Arc<S>);
