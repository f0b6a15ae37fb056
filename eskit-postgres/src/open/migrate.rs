use eskit_runtime::StoreError;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::error::Fault;
use crate::open::inspect::{self, Found};
use crate::sql::migrations::{self, PIN_PATH, PayloadType, SCHEMA_VERSION};
use crate::sql::names::Names;

/// Applies the migrations that the database lacks, all or none. Others may do the same at the same time.
pub(crate) async fn migrate(
    connection: &mut PgConnection,
    names: &Names,
    payload: PayloadType,
) -> Result<(), StoreError> {
    let fail = |fault: Fault| fault.into_error("migrate", names);
    inspect::check_encoding(&mut *connection).await.map_err(fail)?;
    if let Found::Log { version: SCHEMA_VERSION } = inspect::inspect(&mut *connection, names).await.map_err(fail)? {
        return Ok(());
    }
    // Whatever the session's default is: each statement must see what was committed before it.
    let begun = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await;
    let mut transaction = begun.map_err(|error| fail(error.into()))?;
    apply(&mut transaction, names, payload).await?;
    transaction.commit().await.map_err(|error| fail(error.into()))
}

async fn apply(conn: &mut PgConnection, names: &Names, payload: PayloadType) -> Result<(), StoreError> {
    let fail = |fault: Fault| fault.into_error("migrate", names);
    run(conn, PIN_PATH.to_owned()).await.map_err(fail)?;
    // One migrator at a time, until the end of the transaction.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(names.channel())
        .execute(&mut *conn)
        .await
        .map_err(|error| fail(error.into()))?;
    let applied = match inspect::inspect(conn, names).await.map_err(fail)? {
        Found::Log { version } if version > SCHEMA_VERSION => return Err(inspect::newer(names, version)),
        Found::Gap { missing } => return Err(inspect::gap(names, missing)),
        Found::Foreign => return Err(inspect::foreign(names)),
        Found::Log { version } => version,
        Found::Nothing => {
            run(conn, migrations::beginning(names)).await.map_err(fail)?;
            0
        }
    };
    // What was made with one type of payload goes on with it.
    let payload = if applied == 0 { payload } else { inspect::payload_type(conn, names).await.map_err(fail)? };
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
