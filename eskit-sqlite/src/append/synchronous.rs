use std::rc::Rc;
use std::sync::Arc;

use eskit_runtime::log::{Appended, LogId, NewEvent, Place, ReadOptions};
use eskit_runtime::store_kit::Interner;
use eskit_runtime::subscription::{
    CATCH_UP_MAX, Handle, HandleError, Subscription, SynchronousError, added_twice, forgotten, text_of,
};
use eskit_runtime::{RecordedEvent, StoreError};
use rusqlite::Connection;

use crate::append::checkpoint;
use crate::error::Fault;
use crate::file::schema;
use crate::handlers::blame::{Blame, ENDED};
use crate::handlers::rules::Rules;
use crate::handlers::tx::Tx;
use crate::read::page;

type HandleAll = Box<dyn Fn(&[&RecordedEvent], &mut Tx) -> Result<(), (usize, HandleError)> + Send + Sync>;

/// A projection that commits with the append.
pub(crate) struct Synchronous {
    pub(crate) subscription: Subscription,
    handle: HandleAll,
}

/// The event that a projection cannot handle, and why.
pub(crate) struct Unhandled<'e> {
    pub(crate) event: &'e RecordedEvent,
    pub(crate) error: String,
}

/// Why events were not handled.
pub(crate) enum NotHandled<'e> {
    Event(Unhandled<'e>),
    Database(Fault),
}

impl NotHandled<'_> {
    /// The error of an append, which held the event.
    pub(crate) fn failed(self, of: &Subscription) -> Fault {
        match self {
            NotHandled::Event(Unhandled { event, error }) => {
                let (projection, event) = (of.to_string(), Some(event.name.to_string()));
                SynchronousError::Failed { projection, event, error }.into()
            }
            NotHandled::Database(fault) => fault,
        }
    }

    /// The error of an event that the log holds already.
    pub(crate) fn stuck(self, of: &Subscription) -> Fault {
        match self {
            NotHandled::Event(Unhandled { event, error }) => {
                let (projection, at, event) = (of.to_string(), event.position, event.name.to_string());
                SynchronousError::Stuck { projection, event, at, error }.into()
            }
            NotHandled::Database(fault) => fault,
        }
    }
}

impl Synchronous {
    pub(crate) fn new<P: Handle<Tx>>(projection: P, log: LogId) -> Synchronous {
        let handle: HandleAll = Box::new(move |events, tx| projection.handle_all(events, tx));
        Synchronous { subscription: Subscription::of::<P>(log), handle }
    }

    /// Whether it is this version of this projection.
    pub(crate) fn is(&self, name: &str, version: u32) -> bool {
        self.subscription.name == name && self.subscription.version == version
    }

    /// Hands events over, in the transaction that has begun.
    pub(crate) fn handle<'e>(&self, events: &[&'e RecordedEvent], tx: &mut Tx) -> Result<(), NotHandled<'e>> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        let handled = match forgotten(events) {
            Some(shown) => tx.as_handler(|tx| (self.handle)(&shown.iter().collect::<Vec<_>>(), tx)),
            None => tx.as_handler(|tx| (self.handle)(events, tx)),
        };
        let unhandled = |event, error| NotHandled::Event(Unhandled { event, error });
        match handled {
            Err((index, error)) => {
                let event = events.get(index).unwrap_or(first);
                Err(match Blame::of(tx, error) {
                    Blame::Database(kind, error) => {
                        let text = format!("{error} (in the synchronous projection {})", self.subscription);
                        NotHandled::Database(Fault::Failed(kind, text))
                    }
                    Blame::Handler(_) if tx.has_ended() => unhandled(event, ENDED.to_owned()),
                    Blame::Handler(error) => unhandled(event, text_of(&error)),
                })
            }
            Ok(()) if tx.has_ended() => Err(unhandled(last, ENDED.to_owned())),
            Ok(()) => Ok(()),
        }
    }
}

/// The projections that commit with the appends of a writer.
pub(crate) struct Projections {
    conn: Rc<Connection>,
    /// What handlers get; made with the first projection.
    tx: Option<Tx>,
    all: Vec<Arc<Synchronous>>,
    /// Those that the transaction adds, if it commits.
    added: Vec<Arc<Synchronous>>,
}

impl Projections {
    pub(crate) fn none(conn: &Rc<Connection>) -> Projections {
        Projections { conn: Rc::clone(conn), tx: None, all: Vec::new(), added: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds a projection, once the transaction is committed, unless it is there already.
    pub(crate) fn add(&mut self, projection: &Arc<Synchronous>) -> Result<Result<(), StoreError>, Fault> {
        let of = &projection.subscription;
        if self.all.iter().chain(&self.added).any(|other| other.is(&of.name, of.version)) {
            return Ok(Err(added_twice(&of.to_string())));
        }
        if self.tx.is_none() {
            let rules = Rules::guard(&self.conn, &schema::TABLES)?;
            self.tx = Some(Tx::new(Rc::clone(&self.conn), rules));
        }
        self.added.push(Arc::clone(projection));
        Ok(Ok(()))
    }

    /// Notes whether the transaction was committed.
    pub(crate) fn settle(&mut self, is_committed: bool) {
        if is_committed {
            self.all.append(&mut self.added);
        } else {
            self.added.clear();
        }
    }

    /// Hands over what other processes have appended without these projections, at the beginning of a transaction that lets no other
    /// process write.
    pub(crate) fn catch_up(&mut self, head: Place) -> Result<(), Fault> {
        let Some(tx) = self.tx.as_mut() else { return Ok(()) };
        for projection in &self.all {
            let of = &projection.subscription;
            let at = checkpoint::find(tx, &of.name, of.version)?;
            let at = at.ok_or_else(|| SynchronousError::Removed { projection: of.to_string() })?;
            if at == head {
                continue;
            }
            checkpoint::check_held(tx, of, at, head)?;
            if head.position.get() - at.position.get() > CATCH_UP_MAX {
                let (at, head) = (at.position, head.position);
                return Err(SynchronousError::Behind { projection: of.to_string(), at, head }.into());
            }
            let options = ReadOptions::default().after(at).until(head.position);
            let events = page::read_all(tx, &mut Interner::new(), &of.query(), options)?;
            tx.start(false);
            projection.handle(&events.iter().collect::<Vec<_>>(), tx).map_err(|failure| failure.stuck(of))?;
            checkpoint::advance(tx, of, head)?;
        }
        Ok(())
    }

    /// Hands over the events of an append that was written.
    pub(crate) fn handle(&mut self, events: &[NewEvent], appended: &Appended) -> Result<(), Fault> {
        let Some(tx) = self.tx.as_mut() else { return Ok(()) };
        if !events.iter().any(|event| self.all.iter().any(|projection| projection.subscription.takes(&event.name))) {
            return Ok(());
        }
        let recorded = appended.record(events.to_vec());
        for projection in &self.all {
            let of = &projection.subscription;
            let own: Vec<&RecordedEvent> = recorded.iter().filter(|event| of.takes(&event.name)).collect();
            tx.start(true);
            projection.handle(&own, tx).map_err(|failure| failure.failed(of))?;
        }
        Ok(())
    }

    /// Moves the checkpoints on to the head that the transaction leaves.
    pub(crate) fn advance(&self, head: Place) -> Result<(), Fault> {
        let Some(tx) = self.tx.as_ref() else { return Ok(()) };
        self.all.iter().try_for_each(|projection| checkpoint::advance(tx, &projection.subscription, head))
    }

    /// The error of a commit that broke a constraint which is only checked then.
    pub(crate) fn not_committed(&self, error: &rusqlite::Error) -> SynchronousError {
        let names: Vec<String> = self.all.iter().map(|projection| projection.subscription.to_string()).collect();
        SynchronousError::Failed { projection: names.join(" or "), event: None, error: error.to_string() }
    }
}
