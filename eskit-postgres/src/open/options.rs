use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use sqlx::PgPool;

use crate::open::inspect::Log;
use crate::open::{inspect, migrate};
use crate::pool::connections::{Connections, Purpose};
use crate::sql::migrations::PayloadType;
use crate::sql::names::{DEFAULT_SCHEMA, Names};

/// Appends that one store may queue.
const QUEUE_LEN_MAX: usize = 1 << 20;

/// Options for opening a [`PostgresStore`](crate::PostgresStore).
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

    /// The schema for the log's tables and functions: `a-z`, `0-9` and `_`. Keep read models in another schema.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> PostgresOptions {
        self.schema = schema.into();
        self
    }

    /// A prefix for the name of every table, index and function: `a-z`, `0-9` and `_`. With prefixes, several logs can share one
    /// schema.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> PostgresOptions {
        self.prefix = prefix.into();
        self
    }

    /// The column type of payloads. An existing log keeps its type; opening it with another one is an error.
    #[must_use]
    pub fn payload_type(mut self, payload: PayloadType) -> PostgresOptions {
        self.payload = Some(payload);
        self
    }

    /// Whether opening the store runs the missing migrations. Otherwise, run them with [`PostgresOptions::run_migrations`], or with
    /// other tools from [`migrations`](crate::migrations()).
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> PostgresOptions {
        self.migrate = migrate;
        self
    }

    /// How many appends may be queued, including those that are being written: 1 to 1,048,576. Other values are clamped. When the
    /// queue is full, further appends wait for a place in it. Queued appends are still written when the store is closed.
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

    /// How long to repeat an append whose connection broke, with the same ids, to find out its outcome. It is repeated at least
    /// once; after this time, its outcome is reported as unknown. An append that the server rolled back in favour of another
    /// transaction is repeated for as long.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> PostgresOptions {
        self.retry_for = time;
        self
    }

    /// Whether to notify other processes of appends and to listen to theirs, with `NOTIFY` and `LISTEN`. While a call of `watch`
    /// waits, listening takes one connection. A store does not listen if it may open only two connections, or behind a pooler
    /// that assigns connections per transaction.
    #[must_use]
    pub fn listen(mut self, listen: bool) -> PostgresOptions {
        self.listen = listen;
        self
    }

    /// How often to look for appends of other processes while a call of `watch` waits, even without a notification; at least 1 ms,
    /// and at most the [`call_timeout`](PostgresOptions::call_timeout). Appends of this store are seen at once.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> PostgresOptions {
        self.poll_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How many connections the store may open for itself, at least 2. One of them is only for appends; with three or more, one
    /// listens. The default is the limit of the pool. A pool that is created from a DSN may open as many again for your own
    /// transactions; without this option, 10.
    #[must_use]
    pub fn max_connections(mut self, connections: u32) -> PostgresOptions {
        self.max_connections = Some(connections.max(2));
        self
    }

    /// How long the server may take to answer one call, not counting the wait for the lock for appends; at least 1 ms. After that,
    /// the connection is closed, and the call is sent once more on a new one: a read again, or an append with the same ids. It
    /// must be longer than the longest read. This is the only way to notice a connection that a firewall has dropped.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> PostgresOptions {
        self.call_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Runs the missing migrations in one transaction. Several processes may do this at the same time.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub async fn run_migrations(&self, pool: &PgPool) -> Result<(), StoreError> {
        let names = Names::new(&self.schema, &self.prefix)?;
        let fail = |error: sqlx::Error| crate::error::Fault::from(error).into_error("migrate", &names);
        // A caller that gives up midway returns no connection with an open transaction to the pool.
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
