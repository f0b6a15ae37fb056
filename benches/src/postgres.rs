//! A private PostgreSQL server on the disk to measure, as durable as in production.

use std::str::FromStr;
use std::sync::Arc;

use eskit_postgres::PostgresStore;
use eskit_postgres::testing::Cluster;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::runtime::Runtime;

use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;

/// Why a row is skipped where no server can be had.
pub(crate) const NOT_FOUND: &str = "no postgres found";

/// Starts a server that waits for the disk at each commit; `None` when no PostgreSQL is installed.
pub(crate) fn start(context: &Context) -> Result<Option<Cluster>, Failure> {
    let options = Cluster::options().durable(true).setting("synchronous_commit", "on").parent(context.folder());
    Ok(options.start()?)
}

/// Creates a database of this name for another library, and returns its DSN.
pub(crate) fn create_database(runtime: &Runtime, cluster: &Cluster, name: &str) -> Result<String, Failure> {
    let options = PgConnectOptions::from_str(&cluster.dsn())?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE \"{name}\""))).execute(&mut connection).await?;
        Ok::<(), Failure>(())
    })?;
    Ok(options.database(name).to_url_lossy().to_string())
}

/// Opens a store on this server whose tables lie in this schema.
pub(crate) fn open(runtime: &Runtime, cluster: &Cluster, schema: &str) -> Result<Arc<PostgresStore>, Failure> {
    let options = PostgresStore::options().schema(schema).migrate(true);
    Ok(Arc::new(runtime.block_on(options.connect(&cluster.dsn()))?))
}
