use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use eskit_runtime::log::{LogId, Place, Position, Query, ReadOptions, StoreErrorKind};
use eskit_runtime::subscription::{
    CATCH_UP_MAX, HandleAsync, HandleError, Subscription, SynchronousError, added_twice, forgotten, text_of,
};
use eskit_runtime::{RecordedEvent, StoreError};
use sqlx::PgConnection;

use crate::append::batch::Batch;
use crate::append::checkpoint::{Checkpoint, Found};
use crate::append::outcome::Verdict;
use crate::error::{Fault, code_of};
use crate::handlers::blame::{self, Told};
use crate::handlers::tx::Tx;
use crate::read::page;
use crate::sql::names::Names;
use crate::sql::statements::Statements;

type Handling<'a> = Pin<Box<dyn Future<Output = Result<(), (usize, HandleError)>> + Send + 'a>>;

/// A projection, whatever its type.
trait HandleAll: Send + Sync {
    fn handle_all<'a>(&'a self, events: &'a [&'a RecordedEvent], tx: &'a mut Tx) -> Handling<'a>;
}

impl<P: HandleAsync<Tx>> HandleAll for P {
    fn handle_all<'a>(&'a self, events: &'a [&'a RecordedEvent], tx: &'a mut Tx) -> Handling<'a> {
        Box::pin(HandleAsync::handle_all(self, events, tx))
    }
}

/// A projection that commits with the append.
pub(crate) struct Synchronous {
    pub(crate) subscription: Subscription,
    /// Where its tables and its checkpoint are.
    pub(crate) schema: String,
    pub(crate) checkpoint: Checkpoint,
    projection: Box<dyn HandleAll>,
}

/// Why events were not handled.
pub(crate) enum NotHandled<'e> {
    /// This one failed.
    Event(&'e RecordedEvent, String),
    Database(Fault),
}

impl NotHandled<'_> {
    /// The error of an append, which held the event.
    pub(crate) fn failed(self, of: &Subscription) -> Fault {
        match self {
            NotHandled::Event(event, error) => {
                let (projection, event) = (of.to_string(), Some(event.name.to_string()));
                SynchronousError::Failed { projection, event, error }.into()
            }
            NotHandled::Database(fault) => fault,
        }
    }

    /// The error of an event that the log holds already.
    pub(crate) fn stuck(self, of: &Subscription) -> Fault {
        match self {
            NotHandled::Event(event, error) => {
                let (projection, at, event) = (of.to_string(), event.position, event.name.to_string());
                SynchronousError::Stuck { projection, event, at, error }.into()
            }
            NotHandled::Database(fault) => fault,
        }
    }
}

impl Synchronous {
    /// A projection whose tables are in this schema.
    pub(crate) fn new<P: HandleAsync<Tx>>(projection: P, log: LogId, names: &Names, schema: String) -> Synchronous {
        let checkpoint = Checkpoint::new(names, &schema);
        Synchronous { subscription: Subscription::of::<P>(log), schema, checkpoint, projection: Box::new(projection) }
    }

    /// Whether it is this version of this projection.
    pub(crate) fn is(&self, name: &str, version: u32) -> bool {
        self.subscription.name == name && self.subscription.version == version
    }

    /// Finds the checkpoint, which the log must hold, and keeps it until the end of the transaction. Names without a schema are those of
    /// the read model from now on.
    pub(crate) async fn enter(&self, tx: &mut Tx) -> Result<Found, Fault> {
        let projection = || self.subscription.to_string();
        let found = match self.checkpoint.enter(tx).await {
            Err(fault) if matches!(fault.code(), "42P01" | "3F000") => None,
            found => found?,
        };
        let found = found.ok_or_else(|| SynchronousError::Removed { projection: projection() })?;
        if found.is_held && found.log == self.subscription.log {
            return Ok(found);
        }
        Err(SynchronousError::Replaced { projection: projection(), at: found.at }.into())
    }

    /// Hands events over.
    pub(crate) async fn handle<'e>(
        &self,
        events: &[&'e RecordedEvent],
        found: &Found,
        tx: &mut Tx,
    ) -> Result<(), NotHandled<'e>> {
        if events.is_empty() {
            return Ok(());
        }
        let handled = match forgotten(events) {
            Some(shown) => self.projection.handle_all(&shown.iter().collect::<Vec<_>>(), tx).await,
            None => self.projection.handle_all(events, tx).await,
        };
        let Err((index, error)) = handled else { return Ok(()) };
        let event = events[index.min(events.len() - 1)];
        // In a transaction that has failed, this fails too.
        if let Ok(false) = found.is_same(tx).await {
            return Err(NotHandled::Database(Fault::Ended(self.subscription.to_string())));
        }
        if blame::may_be_outdated(&error) {
            // The same text was prepared for the tables of another projection. What fails here, fails again below.
            let _ = sqlx::Connection::clear_cached_statements(&mut **tx).await;
        }
        let gave_way = error.downcast_ref().is_some_and(|error| matches!(code_of(error), "" | "40001" | "40P01"));
        Err(match blame::tell(error, &self.subscription.to_string()) {
            Told::Failure(error) => {
                NotHandled::Database(Fault::Failed { kind: error.kind(), text: error.to_string(), gave_way })
            }
            Told::Aborted => NotHandled::Event(event, blame::went_on().to_string()),
            Told::Handler(error) => NotHandled::Event(event, text_of(&error)),
        })
    }

    /// Moves the checkpoint at the end of the work on these events.
    pub(crate) async fn leave<'e>(
        &self,
        tx: &mut Tx,
        found: &Found,
        to: Place,
        events: &[&'e RecordedEvent],
    ) -> Result<(), NotHandled<'e>> {
        match self.checkpoint.r#move(tx, found, to).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotHandled::Database(Fault::Ended(self.subscription.to_string()))),
            // One of them went on after an error of its own. Which one is told when they are tried alone.
            Err(fault) if fault.is_in_failed_transaction() => Err(match events.last() {
                Some(event) => NotHandled::Event(event, blame::went_on().to_string()),
                None => NotHandled::Database(fault),
            }),
            Err(fault) => Err(NotHandled::Database(fault)),
        }
    }
}

/// The projections that commit with the appends of a store.
#[derive(Default)]
pub(crate) struct Projections {
    all: Mutex<Arc<[Arc<Synchronous>]>>,
}

impl Projections {
    /// Those that an append hands its events to.
    pub(crate) fn all(&self) -> Arc<[Arc<Synchronous>]> {
        Arc::clone(&self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a projection: each append that begins from now on hands its events to it.
    pub(crate) fn add(&self, projection: Arc<Synchronous>) -> Result<(), StoreError> {
        let of = &projection.subscription;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().any(|other| other.is(&of.name, of.version)) {
            return Err(added_twice(&of.to_string()));
        }
        *all = all.iter().cloned().chain([projection]).collect();
        Ok(())
    }

    /// The projection of this name and version.
    pub(crate) fn find(&self, name: &str, version: u32) -> Option<Arc<Synchronous>> {
        self.all().iter().find(|own| own.is(name, version)).cloned()
    }

    /// Refuses what cannot run the handlers.
    pub(crate) fn check_none(&self) -> Result<(), StoreError> {
        let all = self.all();
        let Some(first) = all.first() else { return Ok(()) };
        let text = format!(
            "the store has the synchronous projection {}, whose handlers cannot run in a transaction of the caller: one that fails would \
             end it\nhelp: append through the store; or keep the projection in `PostgresViews`, which follow the log",
            first.subscription
        );
        Err(StoreError::new(StoreErrorKind::Unsupported, text))
    }
}

/// Hands over the events that a batch has written, and before them those that others have appended without the projection. The
/// transaction has the turn to append, so that the log ends with what it wrote.
pub(crate) async fn project(
    tx: &mut Tx,
    statements: &Statements,
    projections: &[Arc<Synchronous>],
    batch: &Batch<'_>,
    verdicts: &[Verdict],
    head: Place,
) -> Result<(), Fault> {
    let events = written(projections, batch, verdicts);
    let before = events_before(verdicts, head);
    for projection in projections {
        let of = &projection.subscription;
        let found = projection.enter(tx).await?;
        let missing = catch_up(tx, statements, projection, &found, before).await?;
        tx.set_live(false);
        projection
            .handle(&missing.iter().collect::<Vec<_>>(), &found, tx)
            .await
            .map_err(|failure| failure.stuck(of))?;
        let own: Vec<&RecordedEvent> = events.iter().filter(|event| of.takes(&event.name)).collect();
        tx.set_live(true);
        projection.handle(&own, &found, tx).await.map_err(|failure| failure.failed(of))?;
        projection.leave(tx, &found, head, &own).await.map_err(|failure| failure.failed(of))?;
    }
    Ok(())
}

/// The error of a commit that broke a constraint which is only checked then.
pub(crate) fn not_committed(projections: &[Arc<Synchronous>], fault: &Fault) -> SynchronousError {
    let names: Vec<String> = projections.iter().map(|projection| projection.subscription.to_string()).collect();
    SynchronousError::Failed { projection: names.join(" or "), event: None, error: fault.to_string() }
}

/// The last event before the batch.
fn events_before(verdicts: &[Verdict], head: Place) -> Position {
    let counts = verdicts.iter().map(|verdict| match verdict {
        Verdict::Done(Ok(appended)) => appended.positions.len() as u64,
        _ => 0,
    });
    Position::new(head.position.get().saturating_sub(counts.sum()))
}

/// The events that a batch has written, if any projection takes some of them.
fn written(projections: &[Arc<Synchronous>], batch: &Batch<'_>, verdicts: &[Verdict]) -> Vec<RecordedEvent> {
    let mut recorded = Vec::new();
    for (encoded, verdict) in batch.appends.iter().zip(verdicts) {
        let events = &encoded.append.events;
        let is_taken = || {
            events.iter().any(|event| projections.iter().any(|projection| projection.subscription.takes(&event.name)))
        };
        if let Verdict::Done(Ok(appended)) = verdict
            && is_taken()
        {
            recorded.extend(appended.record(events.clone()));
        }
    }
    recorded
}

/// The events that a projection lacks, up to a position, if they are few.
async fn catch_up(
    conn: &mut PgConnection,
    statements: &Statements,
    projection: &Synchronous,
    found: &Found,
    until: Position,
) -> Result<Vec<RecordedEvent>, Fault> {
    let at = found.at.position;
    if at >= until {
        return Ok(Vec::new());
    }
    if until.get() - at.get() > CATCH_UP_MAX {
        let projection = projection.subscription.to_string();
        return Err(SynchronousError::Behind { projection, at, head: until }.into());
    }
    read_all(conn, statements, &projection.subscription.query(), ReadOptions::default().after(at).until(until)).await
}

/// Reads all events of a range, however large.
pub(crate) async fn read_all(
    conn: &mut PgConnection,
    statements: &Statements,
    query: &Query,
    mut options: ReadOptions,
) -> Result<Vec<RecordedEvent>, Fault> {
    let mut found = Vec::new();
    loop {
        let page = page::read(conn, statements, query, &options).await?.page;
        found.extend(page.events);
        match found.last() {
            Some(last) if page.more => options = options.following(last.place()),
            _ => return Ok(found),
        }
    }
}
