use std::collections::BTreeSet;
use std::path::Path;

use eskit_runtime::subscription::{ApplyError, Batch, Changed, Handle, HandleError, OnError, ParkedEvent, Subscriber};
use eskit_runtime::{RecordedEvent, StoreError};
use rusqlite::{Connection, ErrorCode};

use crate::error::Fault;
use crate::handlers::blame::{Blame, ENDED};
use crate::handlers::tx::Tx;
use crate::views::fault::{failed, remedy};
use crate::views::rows::{self, Fence};
use crate::views::{open, steps};

/// Hands a batch to the subscriber, and commits what it wrote together with the checkpoint. Returns what readers are told.
pub(super) fn apply<P: Handle<Tx>>(
    tx: &mut Tx,
    path: &Path,
    fence: &Fence,
    subscriber: &P,
    batch: &Batch,
) -> Result<Changed, ApplyError> {
    let write = |fault: Fault| failed(fault, "write", path);
    open::begin_for(tx, batch.is_live()).map_err(write)?;
    let applied = within(tx, path, fence, subscriber, batch);
    let committed = applied.and_then(|done| match commit(tx) {
        Ok(()) => Ok(done),
        // A constraint that is only checked at the commit. No one knows which event broke it: the middle one makes the subscription
        // divide the batch until it is found.
        Err(Fault::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(ApplyError::Handler { index: batch.events().len() / 2, error: HandleError::new(error) })
        }
        Err(fault) => Err(write(fault).into()),
    });
    open::roll_back(tx);
    committed
}

fn commit(tx: &Tx) -> Result<(), Fault> {
    Ok(tx.execute_batch("COMMIT")?)
}

fn within<P: Handle<Tx>>(
    tx: &mut Tx,
    path: &Path,
    fence: &Fence,
    subscriber: &P,
    batch: &Batch,
) -> Result<Changed, ApplyError> {
    let write = |fault: Fault| failed(fault, "write", path);
    // Nobody else writes until this transaction ends, so that what holds now holds at the commit.
    if !rows::holds(tx, fence).map_err(write)? {
        return Err(ApplyError::Deposed);
    }
    let before = tx.total_changes();
    let to_handle = divide::<P>(tx, batch).map_err(write)?;
    let parked = tx.total_changes() - before;
    let events: Vec<&RecordedEvent> = to_handle.iter().map(|(_, event)| *event).collect();
    if let Err((at, error)) = handle(tx, subscriber, &events) {
        let index = to_handle.get(at).map_or(0, |(index, _)| *index);
        return Err(blame(tx, path, index, error));
    }
    let has_written = tx.total_changes() - before > parked;
    let changed = note_changes(tx, has_written).map_err(write)?;
    rows::advance(tx, fence.part, batch.to).map_err(write)?;
    if P::ACTS {
        steps::forget_up_to(tx, fence.part, batch.to.position).map_err(|error| write(error.into()))?;
    }
    Ok(changed)
}

/// What readers are told of this transaction, and noted for those in other processes.
fn note_changes(tx: &mut Tx, has_written: bool) -> Result<Changed, Fault> {
    let changed = match tx.take_changed() {
        named if named.is_none() && has_written => Changed::All,
        named => named,
    };
    if !changed.is_none() {
        rows::count_change(tx)?;
    }
    Ok(changed)
}

/// Parks what is to be parked, and returns the events to hand over, each with its index in the batch.
fn divide<'b, P: Subscriber>(conn: &Connection, batch: &'b Batch) -> Result<Vec<(usize, &'b RecordedEvent)>, Fault> {
    let parks = P::TYPE.on_error == OnError::Park;
    if !parks || (batch.given_up.is_empty() && !rows::has_parked(conn)?) {
        return Ok(batch.to_handle().collect());
    }
    let (mut blocked, mut free) = (BTreeSet::new(), BTreeSet::new());
    let mut to_handle = Vec::with_capacity(batch.events().len());
    for (index, event) in batch.events().iter().enumerate() {
        let key = P::TYPE.order.key(event);
        let given_up = batch.reason(event.position);
        if !blocked.contains(&key) && !free.contains(&key) {
            let set = if rows::is_parked(conn, &key)? { &mut blocked } else { &mut free };
            set.insert(key.clone());
        }
        if given_up.is_none() && !blocked.contains(&key) {
            to_handle.push((index, event));
            continue;
        }
        let (text, attempts) = given_up.map_or(("", 0), |given_up| (&given_up.text, given_up.attempts));
        rows::park(conn, &ParkedEvent::new(event, key.clone(), text, attempts))?;
        free.remove(&key);
        blocked.insert(key);
    }
    Ok(to_handle)
}

/// Runs the handlers, and finds the one that ended the transaction, if one did.
fn handle<P: Handle<Tx>>(tx: &mut Tx, subscriber: &P, events: &[&RecordedEvent]) -> Result<(), (usize, HandleError)> {
    if events.is_empty() {
        return Ok(());
    }
    let handled = tx.as_handler(|tx| subscriber.handle_all(events, tx));
    if !tx.has_ended() {
        return handled;
    }
    // Nothing of that is left. The events after the one that ended it may have failed for that reason alone.
    let is_live = tx.is_live();
    for (index, event) in events.iter().enumerate() {
        if tx.has_ended() {
            open::begin_for(tx, is_live).map_err(|fault| (index, HandleError::new(fault.to_string())))?;
        }
        tx.as_handler(|tx| subscriber.handle_all(&[event], tx)).map_err(|(_, error)| (index, error))?;
        if tx.has_ended() {
            return Err((index, HandleError::new(ENDED)));
        }
    }
    handled.and(Err((0, HandleError::new(ENDED))))
}

/// Whose fault an error of a handler is.
fn blame(tx: &Tx, path: &Path, index: usize, error: HandleError) -> ApplyError {
    match Blame::of(tx, error) {
        Blame::Database(kind, error) => {
            let text = format!("cannot write `{}`: {error}{}", path.display(), remedy(kind));
            ApplyError::Views(StoreError::new(kind, text).with_source(error))
        }
        Blame::Handler(error) => ApplyError::Handler { index, error },
    }
}

/// Hands a parked event over, and removes it from the parked ones. Returns what readers are told; `None` if it is not parked.
pub(super) fn replay<P: Handle<Tx>>(
    tx: &mut Tx,
    path: &Path,
    subscriber: &P,
    event: &RecordedEvent,
) -> Result<Option<Changed>, ApplyError> {
    let write = |fault: Fault| failed(fault, "write", path);
    open::begin_for(tx, false).map_err(write)?;
    let result = (|| {
        if !rows::unpark(tx, event.position).map_err(write)? {
            return Ok(None);
        }
        steps::forget_at(tx, event.position).map_err(|error| write(error.into()))?;
        let before = tx.total_changes();
        handle(tx, subscriber, &[event]).map_err(|(_, error)| blame(tx, path, 0, error))?;
        let has_written = tx.total_changes() > before;
        let changed = note_changes(tx, has_written).map_err(write)?;
        match commit(tx) {
            Ok(()) => Ok(Some(changed)),
            Err(Fault::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(ApplyError::Handler { index: 0, error: HandleError::new(error) })
            }
            Err(fault) => Err(write(fault).into()),
        }
    })();
    open::roll_back(tx);
    result
}
