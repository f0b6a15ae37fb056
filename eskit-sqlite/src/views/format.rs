use std::path::Path;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use rusqlite::Connection;

use crate::error::Fault;
use crate::file::kind;
use crate::open::options::Durability;
use crate::views::fault::failed;
use crate::views::open::{self, Opened};

/// A kind of file, by what SQLite's `application_id` and `user_version` hold in it.
pub(crate) struct Format {
    application_id: i32,
    version: i32,
    /// What is at another path instead.
    example: &'static str,
    tables: &'static str,
}

/// What the files of views are for.
const VIEWS: &str = "the views, such as `views.db`";

pub(super) const CATALOGUE: Format = Format {
    application_id: kind::CATALOGUE,
    version: 1,
    example: VIEWS,
    tables: include_str!("../../migrations/views_catalogue.sql"),
};

pub(super) const READ_MODEL: Format = Format {
    application_id: kind::READ_MODEL,
    version: 1,
    example: VIEWS,
    tables: include_str!("../../migrations/views_read_model.sql"),
};

pub(super) const SNAPSHOTS: Format = Format {
    application_id: kind::SNAPSHOTS,
    version: 1,
    example: VIEWS,
    tables: include_str!("../../migrations/views_snapshots.sql"),
};

pub(super) const COMMANDS: Format = Format {
    application_id: kind::COMMANDS,
    version: 1,
    example: VIEWS,
    tables: include_str!("../../migrations/views_commands.sql"),
};

pub(crate) const KEYS: Format = Format {
    application_id: kind::KEYS,
    version: 1,
    example: "the keys, such as `keys.db`",
    tables: include_str!("../../migrations/keys.sql"),
};

impl Format {
    /// Whether the file has its tables; `false` for an empty file. Refuses the files of others.
    pub(super) fn check(&self, conn: &Connection, path: &Path) -> Result<bool, StoreError> {
        let (application_id, version, objects): (i32, i32, i64) = conn
            .query_row(
                "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
                 FROM pragma_application_id, pragma_user_version",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .map_err(|error| failed(error, "open", path))?;
        match application_id {
            0 if objects == 0 && version == 0 => Ok(false),
            id if id == self.application_id && version == self.version => Ok(true),
            id => Err(self.foreign(path, id, version)),
        }
    }

    fn foreign(&self, path: &Path, application_id: i32, version: i32) -> StoreError {
        let (path, noun) = (path.display(), kind::noun_of(self.application_id).unwrap_or_default());
        let text = if application_id == self.application_id {
            format!(
                "`{path}` has format version {version}, but this program knows version {}\nhelp: update the program",
                self.version
            )
        } else {
            let other = || format!("a database of another program (application id {application_id:#x})");
            let found = kind::noun_of(application_id).map_or_else(other, str::to_owned);
            format!("`{path}` is {found}, not {noun}\nhelp: choose another path for {}", self.example)
        };
        StoreError::new(StoreErrorKind::Foreign, text)
    }

    /// Opens a file of this kind for writing; creates it if it is missing.
    pub(crate) fn open(&self, path: &Path, durability: Durability) -> Result<Opened, StoreError> {
        let opened = open::writer(path, durability)?;
        self.check(&opened.conn, path)?;
        open::configure(&opened.conn, path, durability)?;
        open::transact(&opened.conn, || {
            // Another process may have created it meanwhile.
            let is_there = self.check(&opened.conn, path).map_err(|error| Fault::Damaged(error.to_string()))?;
            if is_there { Ok(()) } else { self.create(&opened.conn) }
        })
        .map_err(|fault| failed(fault, "open", path))?;
        Ok(opened)
    }

    /// Creates its tables in an empty file, within a transaction that may write.
    pub(super) fn create(&self, conn: &Connection) -> Result<(), Fault> {
        conn.execute_batch(self.tables)?;
        conn.pragma_update(None, "user_version", self.version)?;
        conn.pragma_update(None, "application_id", self.application_id)?;
        Ok(())
    }
}
