use eskit_runtime::log::{EventId, LogId, Place};
use sqlx::types::Uuid;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::error::Fault;
use crate::sql::names::{EQ, Names};
use crate::sql::record::{column, position};

/// The checkpoint of a synchronous projection, in one row beside its tables, so that it is restored and removed with them.
const CREATE: &str = "\
CREATE TABLE {checkpoint} (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    log      uuid    NOT NULL,
    pos      bigint  NOT NULL,
    event_id uuid,
    events   text[]  NOT NULL
)";

const INSERT: &str = "INSERT INTO {checkpoint} (log, pos, events) VALUES ($1, 0, $2)";

/// Keeps the checkpoint in its place until the end of the transaction.
const ENTER: &str = "\
SELECT c.log, c.pos, c.event_id, (SELECT e.id FROM {events} e WHERE e.pos {EQ} c.pos), pg_catalog.txid_current(),
    pg_catalog.set_config('search_path', pg_catalog.concat(pg_catalog.quote_ident($1), ', public, pg_temp'), true)
FROM {checkpoint} c FOR UPDATE OF c";

/// The same for a reader, which keeps nothing in its place.
const LOOK: &str = "\
SELECT c.log, c.pos, c.event_id, (SELECT e.id FROM {events} e WHERE e.pos {EQ} c.pos), 0::pg_catalog.int8,
    pg_catalog.set_config('search_path', pg_catalog.concat(pg_catalog.quote_ident($1), ', public, pg_temp'), true)
FROM {checkpoint} c";

/// Moves the checkpoint, in the transaction in which the work began.
const MOVE: &str = "\
UPDATE {checkpoint} c SET pos = $1, event_id = $2 WHERE c.pos {EQ} $3 AND pg_catalog.txid_current() {EQ} $4";

const EVENTS: &str = "SELECT c.events, c.pos FROM {checkpoint} c FOR UPDATE OF c";

const SET_EVENTS: &str = "UPDATE {checkpoint} c SET events = $1";

/// The statements on the checkpoint of one read model.
pub(crate) struct Checkpoint {
    schema: String,
    create: String,
    insert: String,
    enter: String,
    look: String,
    r#move: String,
    events: String,
    set_events: String,
}

/// A checkpoint as it was found.
pub(crate) struct Found {
    pub(crate) log: LogId,
    pub(crate) at: Place,
    /// Whether the log holds the event at that place.
    pub(crate) is_held: bool,
    /// The transaction in which it was found.
    transaction: i64,
}

impl Found {
    /// Whether the transaction is still that in which it was found.
    pub(crate) async fn is_same(&self, conn: &mut PgConnection) -> Result<bool, Fault> {
        let sql = format!("SELECT pg_catalog.txid_current() {EQ} $1");
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(self.transaction).fetch_one(conn).await?)
    }
}

impl Checkpoint {
    /// That of the read model in this schema.
    pub(crate) fn new(names: &Names, schema: &str) -> Checkpoint {
        let table = format!("\"{}\".eskit_checkpoint", schema.replace('"', "\"\""));
        let sql = |template: &str| names.render(&template.replace("{checkpoint}", &table));
        Checkpoint {
            schema: schema.to_owned(),
            create: sql(CREATE),
            insert: sql(INSERT),
            enter: sql(ENTER),
            look: sql(LOOK),
            r#move: sql(MOVE),
            events: sql(EVENTS),
            set_events: sql(SET_EVENTS),
        }
    }

    /// Creates it at the start of a log.
    pub(crate) async fn create(&self, conn: &mut PgConnection, log: LogId, events: &[String]) -> Result<(), Fault> {
        sqlx::raw_sql(AssertSqlSafe(self.create.clone())).execute(&mut *conn).await?;
        sqlx::query(AssertSqlSafe(self.insert.clone())).bind(log.as_uuid()).bind(events).execute(conn).await?;
        Ok(())
    }

    /// Finds it, and keeps it until the end of the transaction.
    pub(crate) async fn enter(&self, conn: &mut PgConnection) -> Result<Option<Found>, Fault> {
        self.find(&self.enter, conn).await
    }

    /// Finds it.
    pub(crate) async fn look(&self, conn: &mut PgConnection) -> Result<Option<Found>, Fault> {
        self.find(&self.look, conn).await
    }

    async fn find(&self, sql: &str, conn: &mut PgConnection) -> Result<Option<Found>, Fault> {
        let query = sqlx::query(AssertSqlSafe(sql.to_owned())).bind(&self.schema);
        let Some(row) = query.fetch_optional(conn).await? else { return Ok(None) };
        let (log, pos, id): (Uuid, i64, Option<Uuid>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let there: Option<Uuid> = row.try_get(3)?;
        let at = Place { position: position(pos), id: id.map(EventId::from) };
        Ok(Some(Found {
            log: log.into(),
            at,
            is_held: pos == 0 || (id.is_some() && id == there),
            transaction: row.try_get(4)?,
        }))
    }

    /// Moves it from where it was found. Returns whether it did: not in another transaction.
    pub(crate) async fn r#move(&self, conn: &mut PgConnection, found: &Found, to: Place) -> Result<bool, Fault> {
        let query = sqlx::query(AssertSqlSafe(self.r#move.clone()))
            .bind(column(to.position))
            .bind(to.id.map(|id| id.as_uuid()))
            .bind(column(found.at.position))
            .bind(found.transaction);
        Ok(query.execute(conn).await?.rows_affected() == 1)
    }

    /// The wire names that its handlers took, and its position.
    pub(crate) async fn events(&self, conn: &mut PgConnection) -> Result<Option<(Vec<String>, i64)>, Fault> {
        Ok(sqlx::query_as(AssertSqlSafe(self.events.clone())).fetch_optional(conn).await?)
    }

    /// Records which wire names the handlers take.
    pub(crate) async fn set_events(&self, conn: &mut PgConnection, events: &[String]) -> Result<(), Fault> {
        sqlx::query(AssertSqlSafe(self.set_events.clone())).bind(events).execute(conn).await?;
        Ok(())
    }
}
