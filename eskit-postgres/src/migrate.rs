use eskit_runtime::{StoreError, StoreErrorKind};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::error::Fault;
use crate::migrations::{self, PayloadType, SCHEMA_VERSION};
use crate::names::Names;

/// What a schema holds under the names of a log.
enum Found {
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

/// The tables of a log, besides that of its migrations.
const TABLES: [&str; 4] = ["events", "tags", "closed_streams", "head"];

async fn inspect(conn: &mut PgConnection, names: &Names) -> Result<Found, Fault> {
    let (notes, tables): (bool, bool) = sqlx::query_as(
        // The catalog's tables, not `to_regclass`, whose cache does not see what another transaction has just made.
        "SELECT count(*) FILTER (WHERE relname = $2) > 0, count(*) FILTER (WHERE relname = ANY ($3)) > 0
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1",
    )
    .bind(names.schema_name())
    .bind(names.table_name("migrations"))
    .bind(TABLES.map(|table| names.table_name(table)))
    .fetch_one(&mut *conn)
    .await?;
    if !notes {
        return Ok(if tables { Found::Foreign } else { Found::Nothing });
    }
    let sql = names.render("SELECT version, name, applied_at::text FROM {migrations} ORDER BY version");
    // Not prepared for later: the table may be another one by then.
    let applied = sqlx::query_as::<_, (i32, String, String)>(AssertSqlSafe(sql)).persistent(false);
    let applied = applied.fetch_all(&mut *conn).await;
    match applied.map_err(Fault::from) {
        Ok(applied) => Ok(match applied.last() {
            None if tables => Found::Foreign,
            None => Found::Nothing,
            Some((version, ..)) => match (1..).zip(&applied).find(|(expected, (found, ..))| expected != found) {
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

/// Checks that the log is there in the version that this program needs. Returns the type of its payloads.
pub(crate) async fn check(conn: &mut PgConnection, names: &Names) -> Result<PayloadType, StoreError> {
    let fail = |fault: Fault| fault.into_error("open", names);
    check_encoding(conn).await.map_err(fail)?;
    match inspect(conn, names).await.map_err(fail)? {
        Found::Log { version: SCHEMA_VERSION } => payload_type(conn, names).await.map_err(fail),
        Found::Log { version } if version > SCHEMA_VERSION => Err(newer(names, version)),
        Found::Log { version } => {
            let text = format!(
                "the log `{names}` has schema version {version}, this program needs {SCHEMA_VERSION}; \
                 run the migrations, or open with `migrate(true)`"
            );
            Err(StoreError::new(StoreErrorKind::Foreign, text))
        }
        Found::Nothing => {
            let text = format!("there is no log `{names}`; run the migrations, or open with `migrate(true)`");
            Err(StoreError::new(StoreErrorKind::Foreign, text))
        }
        Found::Gap { missing } => Err(gap(names, missing)),
        Found::Foreign => Err(foreign(names)),
    }
}

/// Applies the migrations that the database lacks, all or none. Others may do the same at the same time.
pub(crate) async fn migrate(conn: &mut PgConnection, names: &Names, payload: PayloadType) -> Result<(), StoreError> {
    let fail = |fault: Fault| fault.into_error("migrate", names);
    check_encoding(conn).await.map_err(fail)?;
    if let Found::Log { version: SCHEMA_VERSION } = inspect(conn, names).await.map_err(fail)? {
        return Ok(());
    }
    let mut transaction = conn.begin().await.map_err(|error| fail(error.into()))?;
    apply(&mut transaction, names, payload).await?;
    transaction.commit().await.map_err(|error| fail(error.into()))
}

async fn apply(conn: &mut PgConnection, names: &Names, payload: PayloadType) -> Result<(), StoreError> {
    let fail = |fault: Fault| fault.into_error("migrate", names);
    // Whatever the session's default is: each statement must see what was committed before it.
    run(conn, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned()).await.map_err(fail)?;
    // One migrator at a time, until the end of the transaction.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(names.channel())
        .execute(&mut *conn)
        .await
        .map_err(|error| fail(error.into()))?;
    let applied = match inspect(conn, names).await.map_err(fail)? {
        Found::Log { version } if version > SCHEMA_VERSION => return Err(newer(names, version)),
        Found::Gap { missing } => return Err(gap(names, missing)),
        Found::Foreign => return Err(foreign(names)),
        Found::Log { version } => version,
        Found::Nothing => {
            run(conn, migrations::beginning(names)).await.map_err(fail)?;
            0
        }
    };
    // What was made with one type of payload goes on with it.
    let payload = if applied == 0 { payload } else { payload_type(conn, names).await.map_err(fail)? };
    for migration in migrations::all(names, payload).into_iter().filter(|migration| migration.version > applied) {
        run(conn, migration.sql).await.map_err(fail)?;
    }
    Ok(())
}

/// Runs statements whose text holds nothing but templates and validated names.
async fn run(conn: &mut PgConnection, sql: String) -> Result<(), Fault> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

async fn check_encoding(conn: &mut PgConnection) -> Result<(), Fault> {
    let encoding: String =
        sqlx::query_scalar("SELECT current_setting('server_encoding')").fetch_one(&mut *conn).await?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Fault::Refused(format!("the database has the encoding {encoding}; create one with UTF8")))
}

async fn payload_type(conn: &mut PgConnection, names: &Names) -> Result<PayloadType, Fault> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT t.typname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE nspname = $1 AND relname = $2 AND attname = 'payload'",
    )
    .bind(names.schema_name())
    .bind(names.table_name("events"))
    .fetch_optional(&mut *conn)
    .await?;
    let found = found.unwrap_or_default();
    PayloadType::from_sql(&found)
        .ok_or_else(|| Fault::Damaged(format!("the column `payload` has the type `{found}`, which no version writes")))
}

fn newer(names: &Names, version: i32) -> StoreError {
    let text = format!(
        "the log `{names}` has schema version {version}, but this program knows versions up to {SCHEMA_VERSION}; \
         update the program"
    );
    StoreError::new(StoreErrorKind::Foreign, text)
}

fn gap(names: &Names, missing: i32) -> StoreError {
    let text = format!(
        "migration {missing} of the log `{names}` was not run, though later ones were; run it by hand: \
         `eskit_postgres::migrations()` has its text"
    );
    StoreError::new(StoreErrorKind::Foreign, text)
}

fn foreign(names: &Names) -> StoreError {
    let text =
        format!("tables of another program stand where the log `{names}` belongs; choose another schema or prefix");
    StoreError::new(StoreErrorKind::Foreign, text)
}
