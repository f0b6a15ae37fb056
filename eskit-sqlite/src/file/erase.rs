use rusqlite::Connection;

use crate::error::Fault;

/// How thoroughly SQLite overwrites what leaves a page with zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SecureDelete {
    /// Where the page is written anyway, so that no copy is left where a page is split. Costs no further write.
    Fast,
    /// Also where a page becomes free.
    Full,
}

pub(crate) fn secure_delete(conn: &Connection, mode: SecureDelete) -> Result<(), Fault> {
    let word = match mode {
        SecureDelete::Fast => "FAST",
        SecureDelete::Full => "ON",
    };
    Ok(conn.pragma_update_and_check(None, "secure_delete", word, |_| Ok(()))?)
}
