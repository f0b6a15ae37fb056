//! The rows of an aggregate, in the table `rows` of its read model.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Bound;

use eskit_runtime::Timestamp;
use eskit_runtime::log::Position;
use eskit_runtime::model::AggregateType;
use eskit_runtime::rows::{IndexValue, RowRange, RowSelect, RowTx, StoredRow, index_column, other_index};
use eskit_runtime::subscription::HandleError;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use crate::handlers::tx::Tx;

impl RowTx for Tx {
    fn load_rows(&mut self, of: &'static AggregateType, keys: &[String]) -> Result<Vec<StoredRow>, HandleError> {
        create(self, of).map_err(HandleError::new)?;
        let load = || -> rusqlite::Result<Vec<StoredRow>> {
            let mut statement =
                self.prepare_cached("SELECT key, state, position, changed_at FROM rows WHERE key = ?1")?;
            let mut rows = Vec::new();
            for key in keys {
                rows.extend(statement.query_row([key], stored).optional()?);
            }
            Ok(rows)
        };
        load().map_err(HandleError::new)
    }

    fn save_rows(&mut self, of: &'static AggregateType, rows: Vec<StoredRow>) -> Result<(), HandleError> {
        let sql = save_sql(of);
        for row in rows {
            let key = row.key.clone();
            let values = [
                Value::Text(row.key),
                Value::Text(row.state),
                Value::Integer(row.position.get().cast_signed()),
                Value::Integer(row.changed_at.as_micros()),
            ];
            let index = row.index.into_iter().map(|value| Value::Blob(value.as_bytes().to_vec()));
            let mut statement = self.prepare_cached(&sql).map_err(HandleError::new)?;
            statement.execute(params_from_iter(values.into_iter().chain(index))).map_err(HandleError::new)?;
            drop(statement);
            self.changed(key);
        }
        Ok(())
    }
}

/// Creates the table and its indexes, if they are missing.
fn create(conn: &Connection, of: &'static AggregateType) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if !is_there(conn)? {
        let columns: String = of.index.iter().map(|field| format!(", {} BLOB NOT NULL", index_column(field))).collect();
        let mut sql = format!(
            "CREATE TABLE rows (key TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL, position INTEGER NOT NULL, \
             changed_at INTEGER NOT NULL{columns});"
        );
        for field in of.index {
            let column = index_column(field);
            // Writing to a text cannot fail.
            let _ = write!(sql, "CREATE INDEX rows_{column} ON rows ({column}, key);");
        }
        conn.execute_batch(&sql)?;
    }
    if indexed(conn)? == wanted(of) { Ok(()) } else { Err(other_index(of).into()) }
}

/// The columns of the indexed fields that the table has.
fn indexed(conn: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    conn.prepare_cached(INDEXED)?.query_map([], |row| row.get(0))?.collect()
}

/// Those that it should have.
fn wanted(of: &AggregateType) -> BTreeSet<String> {
    of.index.iter().map(|field| index_column(field)).collect()
}

const INDEXED: &str = "SELECT name FROM pragma_table_info('rows') WHERE substr(name, 1, 3) = 'by_'";

fn is_there(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'rows'")?.exists([])
}

fn save_sql(of: &AggregateType) -> String {
    let columns = || of.index.iter().map(|field| index_column(field));
    let names: String = columns().map(|column| format!(", {column}")).collect();
    let places: String = (0..of.index.len()).map(|at| format!(", ?{}", at + 5)).collect();
    let set: String = columns().map(|column| format!(", {column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO rows (key, state, position, changed_at{names}) VALUES (?1, ?2, ?3, ?4{places}) ON CONFLICT (key) DO UPDATE \
         SET state = excluded.state, position = excluded.position, changed_at = excluded.changed_at{set}"
    )
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredRow> {
    Ok(StoredRow {
        key: row.get(0)?,
        state: row.get(1)?,
        position: Position::new(row.get::<_, i64>(2)?.cast_unsigned()),
        changed_at: Timestamp::from_micros(row.get(3)?),
        index: Vec::new(),
    })
}

/// A row with the value by which it is sorted.
fn sorted(row: &Row<'_>) -> rusqlite::Result<StoredRow> {
    Ok(StoredRow { index: vec![IndexValue::from_bytes(row.get(4)?)], ..stored(row)? })
}

/// The rows that are selected, in their order; `None` if the table has an index on other fields.
pub(super) fn select(
    conn: &Connection,
    of: &'static AggregateType,
    select: &RowSelect,
) -> rusqlite::Result<Option<Vec<StoredRow>>> {
    if !is_there(conn)? {
        return Ok(Some(Vec::new()));
    }
    if !indexed(conn)?.is_superset(&wanted(of)) {
        return Ok(None);
    }
    let (mut filter, mut values) = filter(of, select);
    let order = select.order;
    let by = order.field.and_then(|field| of.index.get(field)).map(|field| index_column(field));
    let (beyond, direction) = if order.is_descending { ("<", "DESC") } else { (">", "ASC") };
    if let Some((value, key)) = &select.after {
        match &by {
            Some(by) => {
                filter.push(format!("({by}, key) {beyond} (?, ?)"));
                values.push(Value::Blob(value.as_bytes().to_vec()));
            }
            None => filter.push(format!("key {beyond} ?")),
        }
        values.push(Value::Text(key.clone()));
    }
    values.push(Value::Integer(i64::try_from(select.limit).unwrap_or(i64::MAX)));
    let value = by.as_deref().unwrap_or("x''");
    let order = by.as_ref().map(|by| format!("{by} {direction}, ")).unwrap_or_default();
    let sql = format!(
        "SELECT key, state, position, changed_at, {value} FROM rows{} ORDER BY {order}key {direction} LIMIT ?",
        where_all(&filter)
    );
    conn.prepare_cached(&sql)?.query_map(params_from_iter(values), sorted)?.collect::<Result<_, _>>().map(Some)
}

/// How many rows are selected; `None` if the table has an index on other fields.
pub(super) fn count(
    conn: &Connection,
    of: &'static AggregateType,
    select: &RowSelect,
) -> rusqlite::Result<Option<u64>> {
    if !is_there(conn)? {
        return Ok(Some(0));
    }
    if !indexed(conn)?.is_superset(&wanted(of)) {
        return Ok(None);
    }
    let (filter, values) = filter(of, select);
    let sql = format!("SELECT count(*) FROM rows{}", where_all(&filter));
    conn.prepare_cached(&sql)?
        .query_row(params_from_iter(values), |row| Ok(Some(row.get::<_, i64>(0)?.cast_unsigned())))
}

fn where_all(filter: &[String]) -> String {
    if filter.is_empty() { String::new() } else { format!(" WHERE {}", filter.join(" AND ")) }
}

/// The terms for key and ranges, and the values of their places.
fn filter(of: &AggregateType, select: &RowSelect) -> (Vec<String>, Vec<Value>) {
    let (mut terms, mut values) = (Vec::new(), Vec::new());
    if let Some(key) = &select.key {
        terms.push("key = ?".to_owned());
        values.push(Value::Text(key.clone()));
    }
    for RowRange { field, from, to } in &select.ranges {
        let Some(field) = of.index.get(*field) else { continue };
        let column = index_column(field);
        for (bound, inclusive, exclusive) in [(from, ">=", ">"), (to, "<=", "<")] {
            let (sign, value) = match bound {
                Bound::Included(value) => (inclusive, value),
                Bound::Excluded(value) => (exclusive, value),
                Bound::Unbounded => continue,
            };
            terms.push(format!("{column} {sign} ?"));
            values.push(Value::Blob(value.as_bytes().to_vec()));
        }
    }
    (terms, values)
}
