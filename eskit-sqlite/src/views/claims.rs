use std::io::ErrorKind;
use std::path::Path;

use eskit_runtime::StoreError;
use eskit_runtime::log::{Position, StoreErrorKind};
use eskit_runtime::subscription::{ApplyError, Checkpoint, Partition, Subscription};

use crate::error::Fault;
use crate::handlers::blame::of_database;
use crate::handlers::tx::Tx;
use crate::views::fault::failed;
use crate::views::format::READ_MODEL;
use crate::views::lock::ClaimLock;
use crate::views::names::ModelId;
use crate::views::open;
use crate::views::reader::ViewReader;
use crate::views::rows::{self, Fence};
use crate::views::{requests, steps, tables, work};

/// Counts a claim whose lock is held. Creates the tables, and the checkpoint, if they are missing.
pub(super) fn claim(
    tx: &mut Tx,
    path: &Path,
    id: &ModelId,
    subscription: &Subscription,
) -> Result<Checkpoint, StoreError> {
    open::transact_for(tx, path, |tx| {
        let write = |fault: Fault| failed(fault, "write", path);
        create(tx, path, id)?;
        let Partition { index, count } = subscription.partition;
        let checkpoints = rows::checkpoints(tx, id).map_err(write)?;
        // The file may be there for its items of work alone.
        if checkpoints.is_empty() {
            create_tables(tx, path, subscription)?;
        }
        if let Some(other) = checkpoints.iter().find(|other| other.partition.count != count) {
            return Err(other_count(subscription, other.partition.count));
        }
        if !checkpoints.iter().any(|checkpoint| checkpoint.partition.index == index) {
            rows::insert(tx, subscription).map_err(write)?;
        }
        rows::count_claim(tx, index).map_err(write)?;
        let found = rows::checkpoints(tx, id).map_err(write)?;
        found
            .into_iter()
            .find(|checkpoint| checkpoint.partition.index == index)
            .ok_or_else(|| write(Fault::Damaged("the checkpoint is missing".to_owned())))
    })
}

/// Creates the tables of eskit in the file of a read model, if they are missing, within a transaction that may write.
pub(super) fn create(tx: &Tx, path: &Path, id: &ModelId) -> Result<(), StoreError> {
    let write = |fault: Fault| failed(fault, "write", path);
    if !READ_MODEL.check(tx, path)? {
        READ_MODEL.create(tx).map_err(write)?;
        rows::insert_view(tx, id).map_err(write)?;
    }
    Ok(())
}

/// The events of a subscription are divided into another number of parts than before.
fn other_count(subscription: &Subscription, before: u32) -> StoreError {
    let now = subscription.partition.count;
    let text = format!(
        "{subscription} was divided into {before} parts before, and now into {now}\nhelp: keep the number, or raise the version"
    );
    StoreError::new(StoreErrorKind::Invalid, text)
}

fn create_tables(tx: &mut Tx, path: &Path, subscription: &Subscription) -> Result<(), StoreError> {
    let error = match tx.as_handler(|tx| tx.execute_batch(subscription.tables)) {
        Ok(()) => return Ok(()),
        Err(error) if of_database(&error).is_some() => return Err(failed(error, "write", path)),
        Err(error) => error,
    };
    let reason = tx.rules().take_refusal().unwrap_or_else(|| error.to_string());
    let (name, version) = (&subscription.name, subscription.version);
    let text = format!("the SQL of the tables of `{name}` version {version} fails: {reason}");
    Err(StoreError::new(StoreErrorKind::Invalid, text).with_source(error))
}

/// The checkpoint of a subscription that another process has claimed.
pub(super) fn standby(
    reader: &mut ViewReader,
    id: &ModelId,
    subscription: &Subscription,
) -> Result<Checkpoint, StoreError> {
    let found = reader.checkpoints(id)?;
    if let Some(other) = found.iter().find(|other| other.partition.count != subscription.partition.count) {
        return Err(other_count(subscription, other.partition.count));
    }
    let found = found.into_iter().find(|checkpoint| checkpoint.partition == subscription.partition);
    // The other process is creating it.
    Ok(found.unwrap_or_else(|| Checkpoint::new(subscription)))
}

/// Records which wire names the handlers take.
pub(super) fn set_events(tx: &mut Tx, path: &Path, fence: &Fence, events: &[String]) -> Result<(), ApplyError> {
    open::transact_for(tx, path, |tx| {
        check(tx, path, fence)?;
        Ok(rows::set_events(tx, fence.part, events).map_err(|fault| failed(fault, "write", path))?)
    })
}

/// Records that a part has handled all that the log held. Returns whether all parts have.
pub(super) fn set_ready(tx: &mut Tx, path: &Path, fence: &Fence) -> Result<bool, ApplyError> {
    open::transact_for(tx, path, |tx| {
        check(tx, path, fence)?;
        Ok(rows::set_ready(tx, fence.part).map_err(|fault| failed(fault, "write", path))?)
    })
}

/// Removes what was written and parked, and sets the checkpoint back.
pub(super) fn restart(tx: &mut Tx, path: &Path, fence: &Fence, subscription: &Subscription) -> Result<(), ApplyError> {
    let write = |error: rusqlite::Error| failed(error, "write", path);
    // Else a table could not be dropped before those that refer to it. Has no effect within a transaction.
    let enforced: bool = tx.query_row("PRAGMA foreign_keys", [], |row| row.get(0)).map_err(write)?;
    tx.pragma_update(None, "foreign_keys", false).map_err(write)?;
    let result = open::transact_for(tx, path, |tx| {
        let write = |fault: Fault| failed(fault, "write", path);
        check(tx, path, fence)?;
        tables::drop_all(tx).map_err(write)?;
        create_tables(tx, path, subscription)?;
        rows::reset(tx, subscription).map_err(write)?;
        work::close_all(tx).map_err(|error| write(error.into()))?;
        rows::count_change(tx).map_err(write)?;
        Ok(())
    });
    tx.pragma_update(None, "foreign_keys", enforced).map_err(write)?;
    result
}

/// Removes a parked event.
pub(super) fn drop_parked(tx: &mut Tx, path: &Path, position: Position) -> Result<bool, StoreError> {
    open::transact_for(tx, path, |tx| {
        let write = |fault: Fault| failed(fault, "write", path);
        steps::forget_at(tx, position).map_err(|error| write(error.into()))?;
        rows::unpark(tx, position).map_err(write)
    })
}

fn check(tx: &Tx, path: &Path, fence: &Fence) -> Result<(), ApplyError> {
    let holds = rows::holds_claim(tx, fence).map_err(|fault| failed(fault, "read", path))?;
    if holds { Ok(()) } else { Err(ApplyError::Deposed) }
}

/// Removes the files of a version that is neither active nor claimed.
pub(super) fn remove(reader: &mut ViewReader, id: &ModelId) -> Result<bool, StoreError> {
    let ModelId { name, version } = id;
    let Some(_lock) = ClaimLock::try_take(&reader.names, id, Partition::WHOLE)? else {
        let text = format!(
            "a process has claimed `{name}` version {version}\nhelp: stop the programs that run it, then try again"
        );
        return Err(StoreError::new(StoreErrorKind::Busy, text));
    };
    if reader.active(name)? == Some(*version) {
        let text = format!("readers see `{name}` version {version}\nhelp: only remove versions before it");
        return Err(StoreError::new(StoreErrorKind::Invalid, text));
    }
    let path = reader.names.model(id);
    let was_there = path.is_file();
    // The file itself first: what stands beside a missing file is of no use, but the file without them might be damaged.
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let text = format!("cannot remove `{}`: {error}", Path::new(&file).display());
                return Err(StoreError::new(StoreErrorKind::Unavailable, text).with_source(error));
            }
            _ => {}
        }
    }
    reader.on_catalogue("write", |conn| requests::forget(conn, name, *version))?;
    Ok(was_there)
}
