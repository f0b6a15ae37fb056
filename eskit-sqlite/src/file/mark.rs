//! Tells a file that was overwritten while in use from one that another process wrote to.
//!
//! Only checkpoints write to the file itself: they copy what the write-ahead log holds. After each of them, the next transaction
//! counts on the older of two marks, which stand in pages of their own. So the file alone, without its write-ahead log, always
//! holds the marks of the log, or those of one step before. A copy that is older holds others; and where a checkpoint wrote
//! over such a copy, one of its marks is new and the other is not.
//!
//! A backup that is restored through SQLite, as by `.restore` of its shell, brings the log itself back to older marks. Then the file is
//! ahead of the log until the next checkpoint. Each copy by [`renew`] begins lower than its log, so that this holds for it too.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::Fault;

/// What tells one state of a file from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Marks {
    /// The newer mark; the older one precedes it.
    pub(crate) newest: i64,
    /// SQLite's number for the schema: `VACUUM` and SQLite's own backups change it.
    pub(crate) schema: i64,
}

impl Marks {
    /// The marks that a connection sees; `None` when they do not follow each other.
    pub(crate) fn read(conn: &Connection) -> Result<Option<Marks>, Fault> {
        let mut statement = conn.prepare_cached(
            "SELECT (SELECT number FROM mark_even), (SELECT number FROM mark_odd), schema_version FROM pragma_schema_version",
        )?;
        let (even, odd, schema): (Option<i64>, Option<i64>, i64) =
            statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(match (even, odd) {
            (Some(even), Some(odd)) if even.abs_diff(odd) == 1 => Some(Marks { newest: even.max(odd), schema }),
            _ => None,
        })
    }

    /// The marks of the file alone, without its write-ahead log. SQLite opens and closes it, since whoever else in this process
    /// closed it would drop SQLite's locks along with it.
    pub(crate) fn of_file(path: &Path) -> Result<Option<Marks>, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        // Without locks, and without the write-ahead log.
        let conn = Connection::open_with_flags(format!("{}?immutable=1", uri(path)), flags)?;
        // A checkpoint that is under way, or was interrupted, may have written the size of the file and not yet its last pages.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
        Marks::read(&conn)
    }

    /// Whether the file is one that these marks of the log can stand on, as far as they tell. `before` are the newest mark that the log
    /// had, and the schema that the file had, when they were last looked at.
    pub(crate) fn stand_on(self, file: Marks, before: Option<Marks>) -> bool {
        let schema_before = before.map_or(0, |before| before.schema);
        let went_back = before.is_none_or(|before| self.newest < before.newest);
        (self.follow(file) || (went_back && file.newest > self.newest))
            && (schema_before..=self.schema).contains(&file.schema)
    }

    /// Whether a file holds these marks, or those of one step before.
    pub(crate) fn follow(self, file: Marks) -> bool {
        file.newest == self.newest || file.newest == self.newest.wrapping_sub(1)
    }

    /// Counts on from a mark, within a transaction, unless another process did.
    pub(crate) fn count_on(conn: &Connection, mark: i64) -> Result<(), Fault> {
        if Marks::read(conn)?.is_none_or(|marks| marks.newest != mark) {
            return Ok(());
        }
        let next = mark.wrapping_add(1);
        let sql = if next % 2 == 0 { "UPDATE mark_even SET number = ?1" } else { "UPDATE mark_odd SET number = ?1" };
        conn.prepare_cached(sql)?.execute([next])?;
        Ok(())
    }
}

/// Gives a copy marks that its log never had, lower ones.
pub(crate) fn renew(conn: &Connection) -> Result<(), Fault> {
    Ok(conn.execute_batch(
        "UPDATE mark_even SET number = abs(random() % max(number / 4, 1)) * 2; \
         UPDATE mark_odd SET number = (SELECT number + 1 FROM mark_even)",
    )?)
}

/// A path as SQLite reads it in a URI.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.first().is_none_or(|first| *first != b'/') {
        // As in `C:\log.db`.
        uri.push('/');
    }
    for byte in bytes {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'/' | b'.' | b'-' | b'_' | b':' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::schema;

    #[test]
    fn marks_follow_each_other() {
        let conn = schema::in_memory();
        let first = Marks::read(&conn).unwrap().unwrap();
        for step in 1..=5 {
            for _ in 0..2 {
                Marks::count_on(&conn, first.newest + step - 1).unwrap();
                assert_eq!(Marks::read(&conn).unwrap().unwrap().newest, first.newest + step);
            }
        }
        conn.execute_batch("UPDATE mark_even SET number = number - 4").unwrap();
        assert_eq!(Marks::read(&conn).unwrap(), None, "one mark is of an older file");
        renew(&conn).unwrap();
        let renewed = Marks::read(&conn).unwrap().unwrap().newest;
        assert!(0 < renewed && renewed < first.newest - 9);
    }

    #[test]
    fn a_log_stands_on_its_last_two_marks_only() {
        let log = Marks { newest: 7, schema: 3 };
        let of = |newest, schema| log.stand_on(Marks { newest, schema }, Some(Marks { newest: 1, schema: 2 }));
        assert!(of(7, 3) && of(6, 3) && of(6, 2));
        assert!(!of(8, 3) && !of(5, 3) && !of(7, 4) && !of(7, 1));
        assert!(log.stand_on(Marks { newest: 6, schema: 1 }, None));
        // The log went back: a backup was restored through SQLite.
        assert!(log.stand_on(Marks { newest: 10, schema: 3 }, Some(Marks { newest: 9, schema: 3 })));
        assert!(log.stand_on(Marks { newest: 10, schema: 3 }, None));
        assert!(!log.stand_on(Marks { newest: 5, schema: 3 }, Some(Marks { newest: 9, schema: 3 })));
    }

    #[test]
    fn a_path_may_hold_anything() {
        assert_eq!(uri(Path::new("/a b/ü?#%.db")), "file:/a%20b/%C3%BC%3F%23%25.db");
    }
}
