use std::path::Path;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use rusqlite::{Connection, OptionalExtension};

use crate::error::Fault;
use crate::open::options::Durability;
use crate::views::fault::failed;
use crate::views::format::CATALOGUE;
use crate::views::lock::ClaimLock;
use crate::views::names::{ModelId, Names};
use crate::views::open::{self, Opened};

/// Opens the catalogue for writing; creates it if it is missing.
pub(super) fn open(path: &Path) -> Result<Opened, StoreError> {
    CATALOGUE.open(path, Durability::Full)
}

/// Checks that the catalogue is there.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    if let Some(opened) = open::reader(path)?
        && CATALOGUE.check(&opened.conn, path)?
    {
        return Ok(());
    }
    let text = format!(
        "there are no views at `{}`\nhelp: check the path; a program that keeps views creates them",
        path.display()
    );
    Err(StoreError::new(StoreErrorKind::Unavailable, text))
}

/// The version of a projection that readers see.
pub(super) fn active(conn: &Connection, name: &str) -> Result<Option<u32>, Fault> {
    let mut statement = conn.prepare_cached("SELECT version FROM eskit_active WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Whether readers see this version of a projection, as far as it can be found out.
pub(super) fn shows(names: &Names, id: &ModelId) -> bool {
    match open::reader(&names.catalogue) {
        Ok(Some(opened)) => active(&opened.conn, &id.name).map_or(true, |seen| seen == Some(id.version)),
        _ => true,
    }
}

/// Lets readers see this version of a projection, unless they see a newer one that a process has claimed. Returns whether they see it
/// now.
pub(super) fn activate(names: &Names, id: &ModelId) -> Result<bool, StoreError> {
    let path = &names.catalogue;
    let write = |fault: Fault| failed(fault, "write", path);
    // Closing it undoes what was not committed.
    let opened = open(path)?;
    open::begin(&opened.conn).map_err(write)?;
    let seen = active(&opened.conn, &id.name).map_err(write)?;
    // Kept until the commit: a process that claims the newer version then finds that readers do not see it any more.
    let _newer = match seen.filter(|seen| *seen > id.version) {
        None => None,
        Some(version) => match ClaimLock::try_keep_free(names, &ModelId { name: id.name.clone(), version })? {
            None => return Ok(false),
            lock => lock,
        },
    };
    let sql = "INSERT INTO eskit_active (name, version) VALUES (?1, ?2) \
               ON CONFLICT (name) DO UPDATE SET version = excluded.version";
    opened.conn.execute(sql, (&id.name, id.version)).map_err(|error| write(error.into()))?;
    opened.conn.execute_batch("COMMIT").map_err(|error| write(error.into()))?;
    Ok(true)
}
