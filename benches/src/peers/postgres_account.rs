//! The limit of PostgreSQL and its driver: the accounts of the rows that execute commands, in a log of eskit's schema that
//! is read and written by hand, without a look at the head, at conditions or at repeated ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use eskit::Timestamp;
use eskit::log::Part;
use eskit::store_kit::Envelope;
use eskit_postgres::testing::Cluster;
use futures_util::TryStreamExt;
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, MutexGuard};

use crate::account::{Account, EVENTS, accounts_per_second, complete, filled, recorded};
use crate::peers::postgres_insert::SCHEMA;
use crate::postgres::open;
use eskit_bench_harness::Failure;

/// As many connections as the peers have. No pool stands before them: it would look after each one that comes back.
const CONNECTIONS: usize = 10;

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
    connections: Vec<Mutex<PgConnection>>,
    accounts: usize,
    head: AtomicI64,
}

impl ByHand {
    /// Has eskit make the log and fill it.
    pub(crate) fn filled(runtime: &Runtime, cluster: &Cluster, accounts: usize) -> Result<Arc<ByHand>, Failure> {
        filled(runtime, open(runtime, cluster, SCHEMA)?, accounts)?;
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            connections.push(Mutex::new(runtime.block_on(PgConnection::connect(&cluster.dsn()))?));
        }
        let head = AtomicI64::new(i64::try_from(accounts * EVENTS)?);
        Ok(Arc::new(ByHand { connections, accounts, head }))
    }

    async fn connection(&self, client: u32) -> MutexGuard<'_, PgConnection> {
        self.connections[client as usize % CONNECTIONS].lock().await
    }

    /// One deposit on every account, each account by one of the clients; returns how many a second.
    pub(crate) fn deposits_per_second(self: &Arc<ByHand>, runtime: &Runtime, clients: usize) -> Result<f64, Failure> {
        let this = Arc::clone(self);
        accounts_per_second(runtime, self.accounts, clients, move |client, account| {
            let this = Arc::clone(&this);
            async move { deposit(&mut *this.connection(client).await, account, &this.head).await }
        })
    }

    /// Loads every account, one after the other, in one task; returns how many a second.
    pub(crate) fn loads_per_second(self: &Arc<ByHand>, runtime: &Runtime) -> Result<f64, Failure> {
        let this = Arc::clone(self);
        accounts_per_second(runtime, self.accounts, 1, move |client, account| {
            let this = Arc::clone(&this);
            async move { load(&mut *this.connection(client).await, account).await.map(drop) }
        })
    }

    /// Reads and decodes the whole log, in one task; returns how many events a second.
    pub(crate) fn events_per_second(self: &Arc<ByHand>, runtime: &Runtime) -> Result<f64, Failure> {
        let (this, started) = (Arc::clone(self), Instant::now());
        let events = runtime.block_on(runtime.spawn(async move {
            let mut account = Account::default();
            let mut events = 0_u32;
            let mut connection = this.connection(0).await;
            let mut payloads = sqlx::query_scalar::<_, Vec<u8>>(REPLAY).fetch(&mut *connection);
            while let Some(payload) = payloads.try_next().await? {
                account.apply(&payload)?;
                events += 1;
            }
            complete(&account)?;
            Ok::<u32, Failure>(events)
        }))??;
        Ok(f64::from(events) / started.elapsed().as_secs_f64())
    }
}

async fn load(connection: &mut PgConnection, account: u32) -> Result<i64, Failure> {
    let payloads: Vec<Vec<u8>> = sqlx::query_scalar(LOAD).bind(account.to_string()).fetch_all(connection).await?;
    let mut state = Account::default();
    for payload in &payloads {
        state.apply(payload)?;
    }
    complete(&state)?;
    Ok(i64::try_from(payloads.len())?)
}

async fn deposit(connection: &mut PgConnection, account: u32, head: &AtomicI64) -> Result<(), Failure> {
    let version = load(connection, account).await? + 1;
    let (event, now) = (recorded(account)?, Timestamp::now());
    let position = head.fetch_add(1, Ordering::Relaxed) + 1;
    let place = [position.to_be_bytes(), version.to_be_bytes()].concat();
    let mut envelope = Envelope::encode(&event, Part::WHOLE)?;
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
        .execute(connection)
        .await?;
    Ok(())
}
