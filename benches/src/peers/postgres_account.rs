//! The limit of PostgreSQL and its driver: the accounts of the rows that execute commands, in a log of eskit's schema that
//! is read and written by hand, without a look at the head, at conditions or at repeated ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use eskit::{Envelope, Timestamp};
use eskit_postgres::testing::Cluster;
use futures_util::TryStreamExt;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::runtime::Runtime;

use crate::account::{Account, EVENTS, complete, filled, recorded};
use crate::peers::postgres_insert::SCHEMA;
use crate::postgres::open;
use eskit_benches::Failure;

/// As many connections as the peers have.
const CONNECTIONS: u32 = 10;

const LOAD: &str =
    "SELECT payload FROM by_hand.events WHERE stream_type = 'account' AND stream_id = $1 ORDER BY version";
const REPLAY: &str = "SELECT payload FROM by_hand.events ORDER BY pos";
const INSERT: &str = "\
WITH tag AS (INSERT INTO by_hand.tags (tag, type, pos) VALUES ('account:' || $4, $3, $1))
INSERT INTO by_hand.events (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload)
VALUES ($1, $2, $3, 'account', $4, $5, 0, $6, $7, $8)";

/// What these limits are called in the table.
pub(crate) const NAME: &str = "a SELECT and an INSERT by hand";
pub(crate) const READS: &str = "a SELECT by hand";

/// Accounts of [`EVENTS`] events each.
pub(crate) struct ByHand {
    pool: PgPool,
    accounts: u32,
    head: AtomicI64,
}

impl ByHand {
    /// Has eskit make the log and fill it.
    pub(crate) fn filled(runtime: &Runtime, cluster: &Cluster, accounts: usize) -> Result<Arc<ByHand>, Failure> {
        filled(runtime, open(runtime, cluster, SCHEMA)?, accounts)?;
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
        let pool = runtime.block_on(pool.connect(&cluster.dsn()))?;
        let head = AtomicI64::new(i64::try_from(accounts * EVENTS)?);
        Ok(Arc::new(ByHand { pool, accounts: u32::try_from(accounts)?, head }))
    }

    /// One deposit on every account, each account by one of the clients; returns how many a second.
    pub(crate) fn deposits_per_second(self: &Arc<ByHand>, runtime: &Runtime, clients: usize) -> Result<f64, Failure> {
        let started = Instant::now();
        runtime.block_on(async {
            let client = |client| {
                let this = Arc::clone(self);
                tokio::spawn(async move {
                    for account in (client..this.accounts).step_by(clients) {
                        this.deposit(account).await?;
                    }
                    Ok::<(), Failure>(())
                })
            };
            let tasks: Vec<_> = (0..u32::try_from(clients)?).map(client).collect();
            for task in tasks {
                task.await??;
            }
            Ok::<(), Failure>(())
        })?;
        Ok(f64::from(self.accounts) / started.elapsed().as_secs_f64())
    }

    /// Loads every account, one after the other, in one task; returns how many a second.
    pub(crate) fn loads_per_second(self: &Arc<ByHand>, runtime: &Runtime) -> Result<f64, Failure> {
        let (this, started) = (Arc::clone(self), Instant::now());
        runtime.block_on(runtime.spawn(async move {
            for account in 0..this.accounts {
                this.load(account).await?;
            }
            Ok::<(), Failure>(())
        }))??;
        Ok(f64::from(self.accounts) / started.elapsed().as_secs_f64())
    }

    /// Reads and decodes the whole log, in one task; returns how many events a second.
    pub(crate) fn events_per_second(self: &Arc<ByHand>, runtime: &Runtime) -> Result<f64, Failure> {
        let (this, started) = (Arc::clone(self), Instant::now());
        let events = runtime.block_on(runtime.spawn(async move {
            let mut account = Account::default();
            let mut events = 0_u32;
            let mut payloads = sqlx::query_scalar::<_, Vec<u8>>(REPLAY).fetch(&this.pool);
            while let Some(payload) = payloads.try_next().await? {
                account.apply(&payload)?;
                events += 1;
            }
            complete(&account)?;
            Ok::<u32, Failure>(events)
        }))??;
        Ok(f64::from(events) / started.elapsed().as_secs_f64())
    }

    async fn load(&self, account: u32) -> Result<i64, Failure> {
        let payloads: Vec<Vec<u8>> = sqlx::query_scalar(LOAD).bind(account.to_string()).fetch_all(&self.pool).await?;
        let mut state = Account::default();
        for payload in &payloads {
            state.apply(payload)?;
        }
        complete(&state)?;
        Ok(i64::try_from(payloads.len())?)
    }

    async fn deposit(&self, account: u32) -> Result<(), Failure> {
        let version = self.load(account).await? + 1;
        let (event, now) = (recorded(account)?, Timestamp::now());
        let position = self.head.fetch_add(1, Ordering::Relaxed) + 1;
        let place = [position.to_be_bytes(), version.to_be_bytes()].concat();
        let mut envelope = Envelope::encode(&event)?;
        Envelope::stamp(&mut envelope, now);
        sqlx::query(INSERT)
            .bind(position)
            .bind(event.id.as_uuid())
            .bind(event.name.as_str())
            .bind(account.to_string())
            .bind(version)
            .bind(now.as_micros())
            .bind([place, envelope].concat())
            .bind(event.payload)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
