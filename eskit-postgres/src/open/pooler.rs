use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, PgPool};

use crate::error::Fault;
use crate::sql::names::Names;

/// How often to look whether one connection to the server serves two of ours. A pooler that has little to do hands out the one
/// that it used last, so the first look tells; one that has much to do changes them under us.
const LOOKS: usize = 3;

/// How the connections of a pool lead to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Each of them has a connection of the server to itself.
    Own,
    /// Through a pooler that lends them one for each transaction, and keeps their prepared statements apart.
    ByTransaction,
}

/// Finds out whether a pooler stands in between, and refuses one that mixes up prepared statements: what is sent would then be
/// run as a statement of another program.
pub(crate) async fn check(pool: &PgPool, names: &Names) -> Result<Way, StoreError> {
    let options = pool.connect_options();
    // If no connection can be opened, opening those of the pool reports why.
    let Ok(mut first) = PgConnection::connect_with(&options).await else { return Ok(Way::Own) };
    let answer = match is_direct(&mut first, &options).await {
        Ok(false) => look(first, &options).await,
        Ok(true) => first.close().await.map(|()| Way::Own).map_err(Fault::from),
        Err(fault) => Err(fault),
    };
    match answer {
        Ok(way) => Ok(way),
        Err(fault) if is_mixed_up(&fault) => {
            let text = format!(
                "cannot open the log `{names}`: the connections lead through a pooler that hands them out by transaction and mixes \
                 up prepared statements\nhelp: in PgBouncer 1.21 or newer set `max_prepared_statements = 200`; in an older one, \
                 `pool_mode = session`"
            );
            Err(StoreError::new(StoreErrorKind::Unsupported, text))
        }
        Err(_) => Ok(Way::Own),
    }
}

/// Whether the server does not know a statement that was prepared, or knows another one by its name.
fn is_mixed_up(fault: &Fault) -> bool {
    matches!(fault, Fault::Damaged(_)) || matches!(fault.code(), "26000" | "42P05" | "08P01")
}

async fn look(mut first: PgConnection, options: &PgConnectOptions) -> Result<Way, Fault> {
    let Ok(mut second) = PgConnection::connect_with(options).await else { return Ok(Way::Own) };
    let mut way = Way::Own;
    let mut before = None;
    for _ in 0..LOOKS {
        // Each is the first statement of its connection, so both have the same name.
        let process = serving(&mut first, "SELECT pg_catalog.pg_backend_pid(), $1").await?;
        let mut transaction = second.begin().await?;
        let other = serving(&mut transaction, "SELECT pg_catalog.pg_backend_pid(), $1 WHERE true").await?;
        transaction.commit().await?;
        if process == other || before.is_some_and(|before| before != process) {
            way = Way::ByTransaction;
        }
        before = Some(process);
    }
    first.close().await?;
    second.close().await?;
    Ok(way)
}

/// Whether both ends of the connection are the same Unix socket, as far as its number tells: then there is no need to look.
async fn is_direct(conn: &mut PgConnection, options: &PgConnectOptions) -> Result<bool, Fault> {
    let is_socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    if !is_socket {
        return Ok(false);
    }
    let sql = "SELECT pg_catalog.current_setting('port') WHERE pg_catalog.inet_server_port() IS NULL";
    let port = sqlx::raw_sql(sql).fetch_optional(conn).await?;
    let port = port.map(|row| sqlx::Row::try_get::<String, _>(&row, 0)).transpose()?;
    Ok(port.is_some_and(|port| port == options.get_port().to_string()))
}

/// The process of the server that runs a prepared statement.
async fn serving(conn: &mut PgConnection, sql: &'static str) -> Result<i32, Fault> {
    let meant = i64::from(std::process::id());
    let (process, found): (i32, i64) = sqlx::query_as(sql).bind(meant).fetch_one(conn).await?;
    if found == meant { Ok(process) } else { Err(Fault::Damaged("another statement answered".to_owned())) }
}
