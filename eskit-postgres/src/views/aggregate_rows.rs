//! The rows of an aggregate, in the table `rows` of its read model.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Bound;

use eskit_runtime::Timestamp;
use eskit_runtime::log::Position;
use eskit_runtime::model::AggregateType;
use eskit_runtime::rows::{IndexValue, RowRange, RowSelect, RowTxAsync, StoredRow, index_column, other_index};
use eskit_runtime::subscription::HandleError;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::error::Fault;
use crate::handlers::tx::Tx;

use super::inner::Inner;
use super::schema::quoted;

/// The columns of indexed fields of the table `rows` in the schema of the transaction; all of its columns, to tell it from no table.
const COLUMNS: &str = "\
SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(
        pg_catalog.concat(pg_catalog.quote_ident(pg_catalog.current_schema()), '.rows'))::pg_catalog.oid
    AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped";

impl RowTxAsync for Tx {
    async fn load_rows<'a>(
        &'a mut self,
        of: &'static AggregateType,
        keys: &'a [String],
    ) -> Result<Vec<StoredRow>, HandleError> {
        self.create(of).await?;
        let rows = sqlx::query("SELECT key, state::text, position, changed_at FROM rows WHERE key = ANY ($1)")
            .bind(keys)
            .fetch_all(&mut **self)
            .await;
        rows.and_then(|rows| rows.iter().map(stored).collect()).map_err(HandleError::new)
    }

    async fn save_rows(&mut self, of: &'static AggregateType, rows: Vec<StoredRow>) -> Result<(), HandleError> {
        let (mut keys, mut states) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let (mut positions, mut times) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let mut index = vec![Vec::with_capacity(rows.len()); of.index.len()];
        for row in rows {
            self.changed(&row.key);
            keys.push(row.key);
            states.push(row.state);
            positions.push(row.position.get().cast_signed());
            times.push(row.changed_at.as_micros());
            for (column, value) in index.iter_mut().zip(row.index) {
                column.push(value.as_bytes().to_vec());
            }
        }
        let mut query = sqlx::query(AssertSqlSafe(save_sql(of))).bind(keys).bind(states).bind(positions).bind(times);
        for column in index {
            query = query.bind(column);
        }
        query.execute(&mut **self).await.map(drop).map_err(HandleError::new)
    }
}

impl Tx {
    /// Creates the table and its indexes, if they are missing.
    async fn create(&mut self, of: &'static AggregateType) -> Result<(), HandleError> {
        let found: Vec<String> = sqlx::query_scalar(COLUMNS).fetch_all(&mut **self).await.map_err(HandleError::new)?;
        if found.is_empty() {
            let created = sqlx::raw_sql(AssertSqlSafe(create_sql(of))).execute(&mut **self).await;
            return created.map(drop).map_err(HandleError::new);
        }
        let found: BTreeSet<String> = found.into_iter().filter(|column| column.starts_with("by_")).collect();
        if found == columns(of).collect() { Ok(()) } else { Err(HandleError::new(other_index(of))) }
    }
}

fn columns(of: &AggregateType) -> impl Iterator<Item = String> + '_ {
    of.index.iter().map(|field| index_column(field))
}

/// Keys and states are sorted and kept by their bytes, whatever the collation of the database is.
fn create_sql(of: &AggregateType) -> String {
    let fields: String = columns(of).map(|column| format!(", {column} bytea NOT NULL")).collect();
    let mut sql = format!(
        "CREATE TABLE rows (key text COLLATE \"C\" PRIMARY KEY, state json NOT NULL, position bigint NOT NULL, \
         changed_at bigint NOT NULL{fields});"
    );
    for column in columns(of) {
        // Writing to a text cannot fail.
        let _ = write!(sql, "CREATE INDEX ON rows ({column}, key);");
    }
    sql
}

fn save_sql(of: &AggregateType) -> String {
    let names: String = columns(of).map(|column| format!(", {column}")).collect();
    let places: String = (0..of.index.len()).map(|at| format!(", ${}::bytea[]", at + 5)).collect();
    let set: String = columns(of).map(|column| format!(", {column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO rows (key, state, position, changed_at{names}) \
         SELECT n.key, n.state::json, n.position, n.changed_at{named} \
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]{places}) AS n(key, state, position, changed_at{names}) \
         ON CONFLICT (key) DO UPDATE SET state = excluded.state, position = excluded.position, changed_at = excluded.changed_at{set}",
        named = columns(of).map(|column| format!(", n.{column}")).collect::<String>()
    )
}

fn stored(row: &PgRow) -> sqlx::Result<StoredRow> {
    Ok(StoredRow {
        key: row.try_get(0)?,
        state: row.try_get(1)?,
        position: Position::new(row.try_get::<i64, _>(2)?.cast_unsigned()),
        changed_at: Timestamp::from_micros(row.try_get(3)?),
        index: Vec::new(),
    })
}

/// A row with the value by which it is sorted.
fn sorted(row: &PgRow) -> sqlx::Result<StoredRow> {
    Ok(StoredRow { index: vec![IndexValue::from_bytes(row.try_get(4)?)], ..stored(row)? })
}

/// The rows that are selected, in their order.
pub(crate) async fn select(
    inner: &Inner,
    of: &'static AggregateType,
    select: &RowSelect,
) -> Result<Vec<StoredRow>, Fault> {
    let mut conn = inner.pool.acquire().await?;
    let Some(table) = table(inner, &mut conn, of).await? else { return Ok(Vec::new()) };
    let mut terms = Terms::new(of, select);
    let order = select.order;
    let by = order.field.and_then(|field| of.index.get(field)).map(|field| index_column(field));
    let (beyond, direction) = if order.is_descending { ("<", "DESC") } else { (">", "ASC") };
    if let Some((value, key)) = &select.after {
        let key = terms.text(key);
        let term = match &by {
            Some(by) => format!("({by}, key) {beyond} ({}, {key})", terms.bytes(value.as_bytes())),
            None => format!("key {beyond} {key}"),
        };
        terms.all.push(term);
    }
    let value = by.as_deref().unwrap_or("''::pg_catalog.bytea");
    let order = by.as_ref().map(|by| format!("{by} {direction}, ")).unwrap_or_default();
    let sql = format!(
        "SELECT key, state::text, position, changed_at, {value} FROM {table}{} ORDER BY {order}key {direction} LIMIT {}",
        terms.filter(),
        select.limit
    );
    let rows = terms.query(sql).fetch_all(&mut *conn).await?;
    Ok(rows.iter().map(sorted).collect::<sqlx::Result<_>>()?)
}

/// How many rows are selected.
pub(crate) async fn count(inner: &Inner, of: &'static AggregateType, select: &RowSelect) -> Result<u64, Fault> {
    let mut conn = inner.pool.acquire().await?;
    let Some(table) = table(inner, &mut conn, of).await? else { return Ok(0) };
    let terms = Terms::new(of, select);
    let sql = format!("SELECT pg_catalog.count(*) FROM {table}{}", terms.filter());
    let row = terms.query(sql).fetch_one(&mut *conn).await?;
    Ok(row.try_get::<i64, _>(0)?.cast_unsigned())
}

/// The table of the version that readers see; `None` if there is no such version, or no row yet.
async fn table(inner: &Inner, conn: &mut PgConnection, of: &AggregateType) -> Result<Option<String>, Fault> {
    let row = sqlx::query(inner.statements.active.safe()).bind(of.slug).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let (schema, is_there): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
    Ok(is_there.then(|| format!("{}.rows", quoted(&schema))))
}

/// The terms of a filter, and the values of their places.
#[derive(Default)]
struct Terms {
    all: Vec<String>,
    values: Vec<Value>,
}

enum Value {
    Text(String),
    Bytes(Vec<u8>),
}

impl Terms {
    fn new(of: &AggregateType, select: &RowSelect) -> Terms {
        let mut terms = Terms::default();
        if let Some(key) = &select.key {
            let place = terms.text(key);
            terms.all.push(format!("key = {place}"));
        }
        for RowRange { field, from, to } in &select.ranges {
            let Some(field) = of.index.get(*field) else { continue };
            for (bound, inclusive, exclusive) in [(from, ">=", ">"), (to, "<=", "<")] {
                let (sign, value) = match bound {
                    Bound::Included(value) => (inclusive, value),
                    Bound::Excluded(value) => (exclusive, value),
                    Bound::Unbounded => continue,
                };
                let place = terms.bytes(value.as_bytes());
                terms.all.push(format!("{} {sign} {place}", index_column(field)));
            }
        }
        terms
    }

    fn text(&mut self, value: &str) -> String {
        self.values.push(Value::Text(value.to_owned()));
        format!("${}", self.values.len())
    }

    fn bytes(&mut self, value: &[u8]) -> String {
        self.values.push(Value::Bytes(value.to_vec()));
        format!("${}", self.values.len())
    }

    fn filter(&self) -> String {
        if self.all.is_empty() { String::new() } else { format!(" WHERE {}", self.all.join(" AND ")) }
    }

    fn query(self, sql: String) -> sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments> {
        self.values.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Bytes(bytes) => query.bind(bytes),
        })
    }
}
