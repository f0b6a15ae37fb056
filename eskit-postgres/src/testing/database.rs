use std::io::Write as _;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};

use crate::testing::cluster::Cluster;
use crate::testing::error::TestError;

/// The DSN of a server that is used instead of a private one.
const SERVER_VARIABLE: &str = "ESKIT_TEST_POSTGRES";

/// The server of this process.
enum Server {
    /// A server that runs already, by its DSN.
    Named(String),
    /// Stops with the process: what is static is never dropped, but its warden notices.
    Private(Cluster),
    /// None, since PostgreSQL is not installed.
    Missing,
}

fn server() -> Result<&'static Server, TestError> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let start = || {
        if let Ok(dsn) = std::env::var(SERVER_VARIABLE) {
            return Ok(Server::Named(dsn));
        }
        let cluster = Cluster::options().start().map_err(|error| error.to_string())?;
        Ok(cluster.map_or(Server::Missing, Server::Private))
    };
    SERVER.get_or_init(start).as_ref().map_err(TestError::new)
}

/// A database of one test, empty and with the encoding UTF8; removed when it is dropped.
#[derive(Debug)]
pub struct Database {
    name: String,
    dsn: String,
    options: PgConnectOptions,
    maintenance: PgConnectOptions,
}

/// A fresh database; `None`, with a line that says so on the standard error output, when there is no PostgreSQL.
///
/// # Errors
/// When the server does not start or cannot be reached, and when there is none although `CI` is `true`.
pub async fn database() -> Result<Option<Database>, TestError> {
    // Starting the first time takes a while, and blocks.
    let found = tokio::task::spawn_blocking(server).await.map_err(|error| TestError::new(error.to_string()))??;
    match found {
        Server::Named(dsn) => Database::create(dsn).await.map(Some),
        Server::Private(cluster) => Database::create(&cluster.dsn()).await.map(Some),
        Server::Missing => missing().map(|()| None),
    }
}

/// Says that a test is skipped, past the capture of its output.
fn missing() -> Result<(), TestError> {
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        return Err(TestError::new(
            "no postgres found, and CI=true allows no skipping; install PostgreSQL, or name a server in ESKIT_TEST_POSTGRES",
        ));
    }
    let thread = std::thread::current();
    let _ = writeln!(std::io::stderr(), "skipped: no postgres found ({})", thread.name().unwrap_or("test"));
    Ok(())
}

impl Database {
    async fn create(dsn: &str) -> Result<Database, TestError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let fail = |error: sqlx::Error| TestError::new(format!("cannot create a database for the test: {error}"));
        let maintenance = PgConnectOptions::from_str(dsn).map_err(fail)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("eskit_test_{}_{number}_{:08x}", std::process::id(), random());
        let mut connection = PgConnection::connect_with(&maintenance).await.map_err(fail)?;
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map_err(fail)?;
        connection.close().await.map_err(fail)?;
        let options = maintenance.clone().database(&name);
        Ok(Database { dsn: options.to_url_lossy().into(), name, options, maintenance })
    }

    /// The DSN of the database.
    pub fn dsn(&self) -> &str {
        &self.dsn
    }

    /// How to connect to the database.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// A pool of connections to the database.
    pub fn pool(&self) -> PgPool {
        PgPoolOptions::new().max_connections(10).connect_lazy_with(self.options.clone())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let maintenance = self.maintenance.clone();
        let remove = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&maintenance).await.ok()?;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.ok()?;
                connection.close().await.ok()
            })
        };
        // On a thread of its own, since this one may be at work for a runtime already. A failure leaves a database behind.
        let _ = std::thread::spawn(remove).join();
    }
}

/// A number that other processes hardly use too.
fn random() -> u32 {
    let id = eskit_runtime::log::EventId::new();
    id.as_bytes()[12..].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
