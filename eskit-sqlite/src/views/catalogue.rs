use std::path::Path;

use eskit_runtime::StoreError;
use rusqlite::{Connection, OptionalExtension};

use crate::error::Fault;
use crate::open::options::Durability;
use crate::views::fault::failed;
use crate::views::format::CATALOGUE;
use crate::views::names::ModelId;
use crate::views::open::{self, Opened};

/// Opens the catalogue for writing; creates it if it is missing.
pub(super) fn open(path: &Path) -> Result<Opened, StoreError> {
    let opened = open::writer(path, Durability::Full)?;
    CATALOGUE.check(&opened.conn, path)?;
    open::configure(&opened.conn, path, Durability::Full)?;
    open::transact(&opened.conn, || {
        // Another process may have created it meanwhile.
        let is_there = CATALOGUE.check(&opened.conn, path).map_err(|error| Fault::Damaged(error.to_string()))?;
        if is_there { Ok(()) } else { CATALOGUE.create(&opened.conn) }
    })
    .map_err(|fault| failed(fault, "open", path))?;
    Ok(opened)
}

/// The version of a projection that readers see.
pub(super) fn active(conn: &Connection, name: &str) -> Result<Option<u32>, Fault> {
    let mut statement = conn.prepare_cached("SELECT version FROM eskit_active WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Lets readers see this version of a projection.
pub(super) fn activate(path: &Path, id: &ModelId) -> Result<(), StoreError> {
    let opened = open(path)?;
    let sql = "INSERT INTO eskit_active (name, version) VALUES (?1, ?2) \
               ON CONFLICT (name) DO UPDATE SET version = excluded.version";
    open::transact(&opened.conn, || Ok(opened.conn.execute(sql, (&id.name, id.version))?))
        .map_err(|fault| failed(fault, "write", path))?;
    Ok(())
}
