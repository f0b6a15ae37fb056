use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::store_kit::Envelope;
use sqlx::types::Uuid;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::error::Fault;
use crate::sql::migrations::{PayloadType, SCHEMA_VERSION};
use crate::sql::names::{EQ, GT, Names};

/// What a schema holds under the names of a log.
pub(crate) enum Found {
    Nothing,
    Log {
        version: i32,
    },
    /// A migration was not applied, though later ones were.
    Gap {
        missing: i32,
    },
    Foreign,
}

/// A log that is there, whole, and in the version that this program needs.
pub(crate) struct Log {
    pub(crate) id: Uuid,
    pub(crate) payload: PayloadType,
}

/// The tables of a log, besides that of its migrations.
const TABLES: [&str; 4] = ["log", "events", "tags", "closed_streams"];

/// Everything else that an append or a read relies on.
const INDEXES: [&str; 8] = [
    "log_pkey",
    "events_pkey",
    "events_id",
    "events_stream",
    "events_type",
    "events_stream_type",
    "tags_pkey",
    "closed_streams_pkey",
];
const FUNCTIONS: [&str; 7] =
    ["take_turn_v1", "expect_v1", "log_v1", "newest_v1", "first_version_v1", "append_v1", "append_one_v1"];

/// How far back from its end a log is looked at when it is opened.
const END_EVENTS: i64 = 100;

pub(crate) async fn inspect(conn: &mut PgConnection, names: &Names) -> Result<Found, Fault> {
    // The catalog's tables, not `to_regclass`, whose cache does not see what another transaction has just made.
    let sql = format!(
        "SELECT pg_catalog.count(*) FILTER (WHERE c.relname {EQ} $2) {GT} 0,
             pg_catalog.count(*) FILTER (WHERE c.relname {EQ} ANY ($3)) {GT} 0
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {EQ} c.relnamespace WHERE n.nspname {EQ} $1"
    );
    let (notes, tables): (bool, bool) = sqlx::query_as(AssertSqlSafe(sql))
        .bind(names.schema_name())
        .bind(names.table_name("migrations"))
        .bind(TABLES.map(|table| names.table_name(table)))
        .fetch_one(&mut *conn)
        .await?;
    if !notes {
        return Ok(if tables { Found::Foreign } else { Found::Nothing });
    }
    match applied(conn, names).await {
        Ok(applied) => Ok(match applied.last() {
            None if tables => Found::Foreign,
            None => Found::Nothing,
            Some(version) => match (1..).zip(&applied).find(|(expected, found)| expected != *found) {
                // What a later version of this program numbers is its own affair.
                Some((missing, _)) if *version <= SCHEMA_VERSION => Found::Gap { missing },
                _ => Found::Log { version: *version },
            },
        }),
        // A table of that name with other columns, or of other types.
        Err(fault) if matches!(fault.code(), "42703" | "42883" | "42804") => Ok(Found::Foreign),
        Err(Fault::Sqlx(sqlx::Error::ColumnDecode { .. })) => Ok(Found::Foreign),
        Err(fault) => Err(fault),
    }
}

/// The versions of the migrations that were applied. Not prepared: the table may be another one later.
async fn applied(conn: &mut PgConnection, names: &Names) -> Result<Vec<i32>, Fault> {
    let sql = names.render("SELECT version, name, applied_at::pg_catalog.text FROM {migrations} ORDER BY version");
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(conn).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Checks that the log is there, whole as far as a look at its end tells, and in the version that this program needs.
pub(crate) async fn check(conn: &mut PgConnection, names: &Names) -> Result<Log, StoreError> {
    let fail = |fault: Fault| fault.into_error("open", names);
    check_encoding(conn).await.map_err(fail)?;
    match inspect(conn, names).await.map_err(fail)? {
        Found::Log { version: SCHEMA_VERSION } => {}
        Found::Log { version } if version > SCHEMA_VERSION => return Err(newer(names, version)),
        Found::Log { version } => {
            let text = format!(
                "the log `{names}` has schema version {version}, this program needs {SCHEMA_VERSION}; \
                 run the migrations, or open with `migrate(true)`"
            );
            return Err(StoreError::new(StoreErrorKind::Foreign, text));
        }
        Found::Nothing => {
            let text = format!("there is no log `{names}`; run the migrations, or open with `migrate(true)`");
            return Err(StoreError::new(StoreErrorKind::Foreign, text));
        }
        Found::Gap { missing } => return Err(gap(names, missing)),
        Found::Foreign => return Err(foreign(names)),
    }
    check_objects(conn, names).await.map_err(fail)?;
    check_end(conn, names).await.map_err(fail)?;
    let payload = payload_type(conn, names).await.map_err(fail)?;
    Ok(Log { id: id(conn, names).await.map_err(fail)?, payload })
}

pub(crate) async fn check_encoding(conn: &mut PgConnection) -> Result<(), Fault> {
    let encoding: String =
        sqlx::query_scalar("SELECT pg_catalog.current_setting('server_encoding')").fetch_one(&mut *conn).await?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Fault::Refused(format!("the database has the encoding {encoding}; create one with UTF8")))
}

/// Notices what a restore left out, and functions that name the tables of another schema.
async fn check_objects(conn: &mut PgConnection, names: &Names) -> Result<(), Fault> {
    let all = [&TABLES[..], &INDEXES, &FUNCTIONS].concat();
    let wanted: Vec<String> = all.iter().map(|name| names.table_name(name)).collect();
    let sql = format!(
        "SELECT c.relname::pg_catalog.text, true FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid {EQ} c.relnamespace
             LEFT JOIN pg_catalog.pg_index i ON i.indexrelid {EQ} c.oid
         WHERE n.nspname {EQ} $1 AND c.relname {EQ} ANY ($2) AND coalesce(i.indisvalid, true)
         UNION ALL SELECT p.proname::pg_catalog.text,
             p.proname {EQ} ANY ($3) OR pg_catalog.strpos(p.prosrc, $4) {GT} 0
             FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid {EQ} p.pronamespace
         WHERE n.nspname {EQ} $1 AND p.proname {EQ} ANY ($2)"
    );
    let query = sqlx::query_as::<_, (String, bool)>(AssertSqlSafe(sql)).bind(names.schema_name()).bind(&wanted);
    let without_tables = ["take_turn_v1", "expect_v1"].map(|name| names.table_name(name));
    let found = query
        .bind(without_tables)
        .bind(format!("{}.\"{}", names.schema(), names.table_name("")))
        .fetch_all(conn)
        .await?;
    let is_found = |name: &&String| found.iter().any(|(found, _)| found == *name);
    let missing: Vec<String> = wanted.iter().filter(|name| !is_found(name)).map(|name| format!("`{name}`")).collect();
    if !missing.is_empty() {
        return Err(incomplete(names, &format!("the schema `{}` lacks {}", names.schema_name(), missing.join(", "))));
    }
    if found.iter().all(|(_, is_own)| *is_own) {
        return Ok(());
    }
    let (schema, migrations) = (names.schema_name(), names.qualified("migrations"));
    Err(Fault::Damaged(format!(
        "the functions of the schema `{schema}` name the tables of another one, since it was renamed\nhelp: give it its old name, \
         or make its functions anew: DELETE FROM {migrations} WHERE version > 1, then run the migrations"
    )))
}

/// Notices events of which positions or tags were not restored, at the end of the log.
async fn check_end(conn: &mut PgConnection, names: &Names) -> Result<(), Fault> {
    let sql = names.render("SELECT e.pos, e.type, e.envelope FROM {events} e ORDER BY e.pos DESC LIMIT $1");
    let query = sqlx::query_as::<_, (i64, String, Vec<u8>)>(AssertSqlSafe(sql)).bind(END_EVENTS);
    let end = query.fetch_all(&mut *conn).await?;
    let gap = end.windows(2).find(|pair| pair[0].0 != pair[1].0 + 1);
    if let Some([(after, ..), (before, ..)]) = gap {
        return Err(incomplete(names, &format!("the events between the positions {before} and {after} are missing")));
    }
    let is_whole_log = end.len() < usize::try_from(END_EVENTS).unwrap_or_default();
    if let Some((first, ..)) = end.last().filter(|(first, ..)| is_whole_log && *first != 1) {
        return Err(incomplete(names, &format!("the events before position {first} are missing")));
    }
    let (mut tags, mut types, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    for (pos, name, envelope) in &end {
        // Before it, the position and the version.
        let envelope = envelope.get(16..).and_then(Envelope::parse);
        for tag in envelope.iter().flat_map(Envelope::tags) {
            tags.push(tag);
            types.push(name.as_str());
            positions.push(*pos);
        }
    }
    let sql = names.render(
        "SELECT w.pos FROM unnest($1, $2, $3) AS w(tag, type, pos) WHERE NOT EXISTS (
             SELECT FROM {tags} t WHERE t.tag {EQ} w.tag AND t.type {EQ} w.type AND t.pos {EQ} w.pos OFFSET 0) LIMIT 1",
    );
    let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).bind(tags).bind(types).bind(positions);
    match query.fetch_optional(conn).await? {
        Some(pos) => {
            let table = names.table_name("tags");
            Err(incomplete(
                names,
                &format!("the tags of the event at position {pos} are missing from the table `{table}`"),
            ))
        }
        None => Ok(()),
    }
}

pub(crate) async fn payload_type(conn: &mut PgConnection, names: &Names) -> Result<PayloadType, Fault> {
    let sql = format!(
        "SELECT t.typname::pg_catalog.text FROM pg_catalog.pg_attribute a
         JOIN pg_catalog.pg_type t ON t.oid {EQ} a.atttypid JOIN pg_catalog.pg_class c ON c.oid {EQ} a.attrelid
         JOIN pg_catalog.pg_namespace n ON n.oid {EQ} c.relnamespace
         WHERE n.nspname {EQ} $1 AND c.relname {EQ} $2 AND a.attname {EQ} 'payload'"
    );
    let found: Option<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(names.schema_name())
        .bind(names.table_name("events"))
        .fetch_optional(&mut *conn)
        .await?;
    let found = found.unwrap_or_default();
    PayloadType::from_sql(&found)
        .ok_or_else(|| Fault::Damaged(format!("the column `payload` has the type `{found}`, which no version writes")))
}

async fn id(conn: &mut PgConnection, names: &Names) -> Result<Uuid, Fault> {
    let sql = names.render("SELECT l.id FROM {log} l");
    let found: Option<Uuid> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_optional(conn).await?;
    found.ok_or_else(|| {
        let log = names.qualified("log");
        Fault::Damaged(format!(
            "the table `{}` has lost its row\nhelp: restore the schema `{}` from one backup as a whole; where all else is \
             there, give the log a new id: INSERT INTO {log} (id) VALUES (pg_catalog.gen_random_uuid())",
            names.table_name("log"),
            names.schema_name()
        ))
    })
}

fn incomplete(names: &Names, what: &str) -> Fault {
    let schema = names.schema_name();
    Fault::Damaged(format!(
        "{what}, as after a partial restore\nhelp: restore the schema `{schema}` from one backup as a whole"
    ))
}

pub(crate) fn newer(names: &Names, version: i32) -> StoreError {
    let text = format!(
        "the log `{names}` has schema version {version}, but this program knows versions up to {SCHEMA_VERSION}; \
         update the program"
    );
    StoreError::new(StoreErrorKind::Foreign, text)
}

pub(crate) fn gap(names: &Names, missing: i32) -> StoreError {
    let text = format!(
        "migration {missing} of the log `{names}` was not run, though later ones were; run it by hand: \
         `eskit_postgres::migrations()` has its text"
    );
    StoreError::new(StoreErrorKind::Foreign, text)
}

pub(crate) fn foreign(names: &Names) -> StoreError {
    let text =
        format!("tables of another program stand where the log `{names}` belongs; choose another schema or prefix");
    StoreError::new(StoreErrorKind::Foreign, text)
}
