use rusqlite::Connection;

use crate::error::Fault;

/// Removes everything that is not of eskit, within a transaction that may write. Foreign keys must not be enforced meanwhile.
pub(super) fn drop_all(conn: &Connection) -> Result<(), Fault> {
    // A virtual table takes its hidden tables along, and they cannot be dropped before it; indexes and triggers go with their tables.
    for filter in ["type = 'view'", "type = 'table' AND sql LIKE 'CREATE VIRTUAL%'", "type = 'table'"] {
        for (kind, name) in found(conn, filter)? {
            conn.execute_batch(&format!("DROP {kind} \"{}\"", name.replace('"', "\"\"")))?;
        }
    }
    Ok(())
}

fn found(conn: &Connection, filter: &str) -> Result<Vec<(String, String)>, Fault> {
    let sql = format!(
        "SELECT type, name FROM sqlite_schema WHERE {filter} AND name NOT LIKE 'eskit\\_%' ESCAPE '\\' \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    );
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_table_goes_and_those_of_eskit_stay() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE eskit_view (n); CREATE TABLE \"odd \"\"name\" (id INTEGER PRIMARY KEY AUTOINCREMENT);
             CREATE TABLE parents (id INTEGER PRIMARY KEY); CREATE TABLE children (p REFERENCES parents (id));
             INSERT INTO parents VALUES (1); INSERT INTO children VALUES (1); CREATE INDEX i ON children (p);
             CREATE VIEW v AS SELECT * FROM parents; CREATE VIRTUAL TABLE words USING fts5(text);
             CREATE TRIGGER t AFTER INSERT ON parents BEGIN SELECT 1; END;",
        )
        .unwrap();
        conn.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
        drop_all(&conn).unwrap();
        conn.execute_batch("COMMIT").unwrap();
        assert_eq!(found(&conn, "1").unwrap(), []);
        let left: i64 = conn
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'eskit_view'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 1);
    }
}
