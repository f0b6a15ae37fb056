use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use sqlx::PgPool;

use crate::open::inspect::Log;
use crate::open::{inspect, migrate};
use crate::pool::connections::{Connections, Purpose};
use crate::sql::migrations::{DEFAULT_SCHEMA, PayloadType};
use crate::sql::names::Names;

/// Appends that one store may queue.
const QUEUE_LEN_MAX: usize = 1 << 20;

/// How to open a [`PostgresStore`](crate::PostgresStore).
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
/// # async fn example(pool: sqlx::PgPool) -> Result<(), eskit::StoreError> {
/// use eskit::postgres::PostgresStore;
///
/// let store = PostgresStore::options().schema("app").table_prefix("es_").migrate(true).open(pool).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    pub(crate) schema: String,
    pub(crate) prefix: String,
    pub(crate) payload: Option<PayloadType>,
    pub(crate) migrate: bool,
    pub(crate) queue_len: usize,
    pub(crate) lock_timeout: Option<Duration>,
    pub(crate) retry_for: Duration,
    pub(crate) listen: bool,
    pub(crate) poll_interval: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_connections: Option<u32>,
}

impl Default for PostgresOptions {
    fn default() -> PostgresOptions {
        PostgresOptions {
            schema: DEFAULT_SCHEMA.to_owned(),
            prefix: String::new(),
            payload: None,
            migrate: false,
            queue_len: 4096,
            lock_timeout: Some(Duration::from_secs(10)),
            retry_for: Duration::from_secs(10),
            listen: true,
            poll_interval: Duration::from_millis(250),
            call_timeout: Duration::from_secs(30),
            max_connections: None,
        }
    }
}

impl PostgresOptions {
    /// The defaults: schema `eskit` without a prefix, no migration, 4,096 queued appends, 10 s for the turn to append and
    /// for an append whose connection broke, 30 s for each call, and listening to other processes, with a look every 250 ms
    /// besides.
    pub fn new() -> PostgresOptions {
        PostgresOptions::default()
    }

    /// The schema that holds the log's tables and functions: `a-z`, `0-9` and `_`. Read models may live in any other one.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> PostgresOptions {
        self.schema = schema.into();
        self
    }

    /// What the name of every table, index and function begins with: `a-z`, `0-9` and `_`. With it, several logs share one
    /// schema.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> PostgresOptions {
        self.prefix = prefix.into();
        self
    }

    /// The column type of payloads. A log that exists keeps the one it was made with; asking for another one is an error.
    #[must_use]
    pub fn payload_type(mut self, payload: PayloadType) -> PostgresOptions {
        self.payload = Some(payload);
        self
    }

    /// Whether to run the migrations that the database lacks when the store is opened. Without, they are run by
    /// [`PostgresOptions::run_migrations`] or by other tools from [`migrations`](crate::migrations()).
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> PostgresOptions {
        self.migrate = migrate;
        self
    }

    /// How many appends the store takes in, those that are being written included: 1 to 1,048,576; values outside are brought
    /// inside. Further ones wait for a place. What was taken in is still written when the store is closed.
    #[must_use]
    pub fn queue_len(mut self, appends: usize) -> PostgresOptions {
        self.queue_len = appends.clamp(1, QUEUE_LEN_MAX);
        self
    }

    /// How long an append waits for another process, or for a transaction of [`PostgresStore::in_transaction`](crate::PostgresStore::in_transaction), before it fails
    /// as busy. `None` leaves it to the `lock_timeout` of the session, as in such a transaction itself.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Option<Duration>) -> PostgresOptions {
        self.lock_timeout = timeout;
        self
    }

    /// How long to find out what became of an append whose connection broke, by appending it again with the same ids, at least
    /// once. After that its outcome is reported as unknown. An append that the server undid in favour of another transaction is
    /// appended again for as long.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> PostgresOptions {
        self.retry_for = time;
        self
    }

    /// Whether to tell other processes of appends and to listen to theirs, with `NOTIFY` and `LISTEN`. While somebody waits
    /// in `watch`, listening takes one connection. A store that may open only two, and one behind a pooler that hands out
    /// connections by transaction, does not listen.
    #[must_use]
    pub fn listen(mut self, listen: bool) -> PostgresOptions {
        self.listen = listen;
        self
    }

    /// How often to look for appends of other processes while somebody waits in `watch`, whether or not something was heard;
    /// at least 1 ms, and at most the [`call_timeout`](PostgresOptions::call_timeout). Appends of this store are seen at once.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> PostgresOptions {
        self.poll_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How many connections the store may open for itself, at least 2: one of them is for appends alone, and one listens if
    /// there are three. The default is what the pool may open. A pool that is made from a DSN may open as many again, for
    /// transactions of the caller; without this option, 10.
    #[must_use]
    pub fn max_connections(mut self, connections: u32) -> PostgresOptions {
        self.max_connections = Some(connections.max(2));
        self
    }

    /// How long the server may take to answer one call, besides the wait for the turn to append; at least 1 ms. After that the
    /// connection is closed, and what changes nothing is asked once more, and an append sent once more with the same ids, on a
    /// new one. It must be longer than the longest read takes: connections that a firewall has forgotten are noticed by
    /// nothing else.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> PostgresOptions {
        self.call_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Runs the migrations that the database lacks, all or none, in one transaction. Others may do the same at the same time.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub async fn run_migrations(&self, pool: &PgPool) -> Result<(), StoreError> {
        let names = Names::new(&self.schema, &self.prefix)?;
        let fail = |error: sqlx::Error| crate::error::Fault::from(error).into_error("migrate", &names);
        // Whoever gives up midway leaves no connection in a transaction to the pool.
        let mut connection = pool.acquire().await.map_err(fail)?.detach();
        migrate::migrate(&mut connection, &names, self.payload.unwrap_or_default()).await
    }

    /// Checks the log, and migrates it if that is wanted.
    pub(crate) async fn inspect(&self, connections: &Arc<Connections>, names: &Names) -> Result<Log, StoreError> {
        let taken = connections.take(Purpose::Append).await;
        let mut connection = taken.map_err(|fault| fault.into_error("open", names))?;
        if self.migrate {
            migrate::migrate(&mut connection, names, self.payload.unwrap_or_default()).await?;
        }
        let log = inspect::check(&mut connection, names).await?;
        connection.give_back(&Ok(()));
        match self.payload {
            Some(wanted) if wanted != log.payload => {
                let text = format!(
                    "the log `{names}` keeps payloads as `{}`, not as `{}`; leave the option out, or choose another schema",
                    log.payload.sql(),
                    wanted.sql()
                );
                Err(StoreError::new(StoreErrorKind::Invalid, text))
            }
            _ => Ok(log),
        }
    }
}
