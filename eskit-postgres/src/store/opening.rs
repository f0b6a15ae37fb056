use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::log::Place;
use sqlx::PgPool;
use tokio::sync::watch;

use crate::append::queue::Queue;
use crate::append::writer::Writer;
use crate::open::connect;
use crate::open::inspect::Log;
use crate::open::options::PostgresOptions;
use crate::open::pooler::{self, Way};
use crate::pool::background::Background;
use crate::pool::connections::Connections;
use crate::pool::watch::{Following, Heads};
use crate::sql::migrations::PayloadType;
use crate::sql::names::Names;
use crate::sql::statements::Statements;
use crate::store::{Ending, Inner, PostgresStore};

/// Connections that a pool made from a DSN may open.
const MAX_CONNECTIONS: u32 = 10;

impl PostgresOptions {
    /// Opens the log in the database of this pool. The store opens connections of its own as the pool says, and leaves those
    /// of the pool to the caller, whose it stays.
    ///
    /// # Errors
    /// `Invalid` for names that cannot be used, for a payload type other than the log's, and for a database whose encoding
    /// is not UTF8; `Unsupported` behind a pooler that mixes up prepared statements; `Corrupt` for a log of which a restore left
    /// out a part; `Foreign` when the log is missing or older and migrations were not asked for, when the database is newer
    /// than this program, or when the tables belong to another one; `Unavailable` when the server cannot be reached.
    pub async fn open(self, pool: PgPool) -> Result<PostgresStore, StoreError> {
        PostgresStore::open_with(pool, false, Background::start()?, self).await
    }

    /// Opens the log in the database that a DSN names: `postgres://user:password@host:port/database`, with the parameters of
    /// sqlx behind `?`, such as `host=/var/run/postgresql` for a Unix socket or `sslmode=require`, for which sqlx must be
    /// built with TLS.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`]; `Invalid` for a DSN that cannot be read or has a parameter that sqlx does not know.
    pub async fn connect(self, dsn: &str) -> Result<PostgresStore, StoreError> {
        let background = Background::start()?;
        let pool = {
            // A pool is made in a runtime, and the caller need not have one.
            let _entered = background.runtime().enter();
            connect::pool(dsn, self.max_connections.unwrap_or(MAX_CONNECTIONS))?
        };
        let reaching = pool.clone();
        let reached = background.run(async move { Ok(connect::reach(&reaching).await) }).await;
        reached.map_err(|fault| fault.into_failure("connect"))??;
        PostgresStore::open_with(pool, true, background, self).await
    }
}

impl PostgresStore {
    async fn open_with(
        pool: PgPool,
        owns_pool: bool,
        background: Background,
        options: PostgresOptions,
    ) -> Result<PostgresStore, StoreError> {
        let names = Names::new(&options.schema, &options.prefix)?;
        let opening = Parts::open(pool, names.clone(), options);
        let opened = background.run(async { Ok(opening.await) }).await;
        let parts = opened.map_err(|fault| fault.into_error("open", &names))??;
        let Parts { payload, connections, statements, heads, writer, queue } = parts;
        let (ended, has_ended) = watch::channel(false);
        let serving = Arc::clone(&writer).serve(Arc::clone(&queue));
        let runtime = background.runtime();
        runtime.spawn(async move {
            serving.await;
            ended.send_replace(true);
        });
        runtime.spawn(Arc::clone(&heads).follow());
        runtime.spawn(Arc::clone(&heads).announce_all());
        runtime.spawn(Arc::clone(&connections).tidy());
        let ending = Ending {
            queue: Arc::clone(&queue),
            has_ended,
            heads: Arc::clone(&heads),
            connections: Arc::clone(&connections),
        };
        let (mut pool_closing, ending_with_pool) = (connections.pool().close_event(), ending.clone());
        runtime.spawn(async move {
            (&mut pool_closing).await;
            ending_with_pool.run().await;
        });
        let changing = Arc::default();
        let inner = Inner {
            names,
            payload,
            statements,
            heads,
            background,
            connections,
            projections: Arc::clone(&writer.projections),
            writer,
            queue,
            changing,
            ending,
            owns_pool,
        };
        Ok(PostgresStore { inner: Arc::new(inner) })
    }
}

/// What a store is made of.
struct Parts {
    payload: PayloadType,
    connections: Arc<Connections>,
    statements: Arc<Statements>,
    heads: Arc<Heads>,
    writer: Arc<Writer>,
    queue: Arc<Queue>,
}

impl Parts {
    /// Checks the log, and migrates it if that is wanted. Must run on the store's thread.
    async fn open(pool: PgPool, names: Names, options: PostgresOptions) -> Result<Parts, StoreError> {
        let checking = tokio::time::timeout(options.call_timeout, pooler::check(&pool, &names));
        // A network that is silent is told of below.
        let way = checking.await.unwrap_or(Ok(Way::Own))?;
        let max_connections = options.max_connections.unwrap_or_else(|| pool.options().get_max_connections()).max(2);
        // Who listens holds a connection. A pooler that lends connections for a transaction would let another program listen.
        let listens = options.listen && max_connections > 2 && way == Way::Own;
        let others = max_connections - 1 - u32::from(listens);
        let connections = Arc::new(Connections::new(pool, others, options.call_timeout));
        let Log { id, payload } = options.inspect(&connections, &names).await?;
        let statements = Arc::new(Statements::new(&names, payload, id));
        let following = Following {
            channel: names.channel(),
            announces: options.listen,
            listens,
            poll_interval: options.poll_interval,
        };
        let heads = Arc::new(Heads::new(Arc::clone(&connections), Arc::clone(&statements), following));
        heads.ask(Place::START).await.map_err(|fault| fault.into_error("open", &names))?;
        let writer = Arc::new(Writer {
            names: names.clone(),
            connections: Arc::clone(&connections),
            statements: Arc::clone(&statements),
            heads: Arc::clone(&heads),
            projections: Arc::default(),
            wait_ms: options.lock_timeout.map(|timeout| i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1)),
            retry_for: options.retry_for,
        });
        let queue = Arc::new(Queue::new(options.queue_len, names));
        Ok(Parts { payload, connections, statements, heads, writer, queue })
    }
}
