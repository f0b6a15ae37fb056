//! disintegrate on disintegrate-postgres.

use std::time::Duration;

use async_trait::async_trait;
use disintegrate::serde::json::Json;
use disintegrate::{
    Decision, Event, EventListener, EventSourcedStateStore, EventStore, LoadState, NoSnapshot, PersistedEvent,
    StateMutate, StateQuery, StreamItem, StreamQuery, query,
};
use disintegrate_postgres::{
    PgDecisionMaker, PgEventId, PgEventListener, PgEventListenerConfig, PgEventStore, decision_maker,
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::sync::{Mutex, oneshot, watch};
use tokio::task::JoinHandle;

use crate::{Failure, Library, NOTE, NotPositive, execute_sql};

/// What `disintegrate_postgres::Migrator` 4.0 executes. One literal is changed: `0xFFFFFFFF`, which PostgreSQL reads from
/// version 16 on, is `4294967295` here.
const TABLES: &[&str] = &[
    "CREATE SEQUENCE IF NOT EXISTS seq_event_event_id",
    "CREATE TABLE IF NOT EXISTS event (
       event_id BIGINT PRIMARY KEY DEFAULT nextval('seq_event_event_id'),
       event_type VARCHAR(255),
       payload BYTEA,
       inserted_at TIMESTAMP DEFAULT now()
     )",
    "CREATE INDEX IF NOT EXISTS idx_event_type_btree ON event(event_type)",
    "CREATE OR REPLACE FUNCTION event_store_current_epoch()
     RETURNS BIGINT AS $$
     DECLARE
         persisted_event_id BIGINT;
         pending_event_id BIGINT;
         db_id INT;
     BEGIN
         SELECT COALESCE(MAX(event_id), 0) INTO persisted_event_id FROM event;
         SELECT oid INTO db_id FROM pg_database WHERE datname = current_database();

         SELECT MIN((l3.objid::bigint << 32) + l2.objid::bigint)
         INTO pending_event_id
         FROM pg_locks l1
         INNER JOIN pg_locks l2 ON l1.pid = l2.pid
         INNER JOIN pg_locks l3 ON l1.pid = l3.pid
         WHERE
             l1.classid = db_id
             AND l2.classid = 1
             AND l3.classid = 2
             AND l1.locktype = 'advisory';

         RETURN LEAST(COALESCE(pending_event_id, persisted_event_id), persisted_event_id);
     END;
     $$ LANGUAGE plpgsql",
    "CREATE OR REPLACE FUNCTION event_store_begin_epoch()
     RETURNS void AS $$
     DECLARE
         id BIGINT;
         db_id INT;
     BEGIN
         SELECT last_value INTO id FROM seq_event_event_id;
         SELECT oid INTO db_id FROM pg_database WHERE datname = current_database();

         PERFORM pg_try_advisory_xact_lock_shared(db_id, 0);
         PERFORM pg_try_advisory_xact_lock_shared(1, (id & 4294967295)::bit(32)::integer);
         PERFORM pg_try_advisory_xact_lock_shared(2, (id >> 32)::bit(32)::integer);
     END;
     $$ LANGUAGE plpgsql",
    "ALTER TABLE event ADD COLUMN IF NOT EXISTS account_id TEXT",
    "CREATE INDEX IF NOT EXISTS idx_event_account_id ON event (account_id) WHERE account_id IS NOT NULL",
];

#[derive(Clone, Debug, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(AccountEvent, [Deposited])]
enum DomainEvent {
    Deposited {
        #[id]
        account_id: String,
        amount: i64,
        note: String,
    },
}

#[derive(Clone, Default, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent)]
struct Account {
    #[id]
    account_id: String,
    balance: i64,
}

impl StateMutate for Account {
    fn mutate(&mut self, event: AccountEvent) {
        let AccountEvent::Deposited { amount, .. } = event;
        self.balance += amount;
    }
}

struct Deposit {
    account_id: String,
    amount: i64,
    times: usize,
}

impl Decision for Deposit {
    type Event = DomainEvent;
    type StateQuery = Account;
    type Error = NotPositive;

    fn state_query(&self) -> Account {
        account(&self.account_id)
    }

    fn process(&self, _: &Account) -> Result<Vec<DomainEvent>, NotPositive> {
        if self.amount <= 0 {
            return Err(NotPositive);
        }
        let event = || DomainEvent::Deposited {
            account_id: self.account_id.clone(),
            amount: self.amount,
            note: NOTE.to_owned(),
        };
        Ok((0..self.times).map(|_| event()).collect())
    }
}

fn account(account_id: &str) -> Account {
    Account { account_id: account_id.to_owned(), balance: 0 }
}

type Store = PgEventStore<DomainEvent, Json<DomainEvent>>;

/// What its listener needs, as `disintegrate_postgres::Migrator` 4.0 creates it, and the read model.
const LISTENER: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS event_listener (
       id TEXT PRIMARY KEY,
       last_processed_event_id BIGINT,
       updated_at TIMESTAMP DEFAULT now()
     )",
    "CREATE OR REPLACE FUNCTION notify_event_listener()
     RETURNS TRIGGER AS $$
     BEGIN
        PERFORM pg_notify('new_events', NEW.event_type);
        RETURN new;
     END;
     $$ LANGUAGE plpgsql",
    "CREATE OR REPLACE TRIGGER event_insert_trigger
       AFTER INSERT ON event
       FOR EACH ROW
       EXECUTE function notify_event_listener()",
    "CREATE TABLE IF NOT EXISTS balances (account_id TEXT PRIMARY KEY, balance BIGINT NOT NULL)",
];

/// How often it looks for events, beside being notified.
const POLL: Duration = Duration::from_millis(50);

/// Adds each deposit to a row.
struct Balances {
    pool: PgPool,
    query: StreamQuery<PgEventId, DomainEvent>,
    handled: watch::Sender<PgEventId>,
}

#[async_trait]
impl EventListener<PgEventId, DomainEvent> for Balances {
    type Error = sqlx::Error;

    fn id(&self) -> &'static str {
        "balances"
    }

    fn query(&self) -> &StreamQuery<PgEventId, DomainEvent> {
        &self.query
    }

    async fn handle(&self, event: PersistedEvent<PgEventId, DomainEvent>) -> Result<(), sqlx::Error> {
        let id = event.id();
        let DomainEvent::Deposited { account_id, amount, .. } = event.into_inner();
        let upsert = "INSERT INTO balances VALUES ($1, $2) \
                      ON CONFLICT (account_id) DO UPDATE SET balance = balances.balance + excluded.balance";
        sqlx::query(upsert).bind(account_id).bind(amount).execute(&self.pool).await?;
        self.handled.send_replace(id);
        Ok(())
    }
}

/// A listener that runs.
struct Following {
    handled: watch::Receiver<PgEventId>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), disintegrate_postgres::Error>>,
}

struct Disintegrate {
    pool: PgPool,
    following: Mutex<Option<Following>>,
    decisions: PgDecisionMaker<DomainEvent, Json<DomainEvent>, NoSnapshot>,
    states: EventSourcedStateStore<PgEventId, DomainEvent, Store, NoSnapshot>,
    store: Store,
}

pub(crate) async fn open(pool: PgPool) -> Result<impl Library, Failure> {
    execute_sql(&pool, TABLES).await?;
    let store = PgEventStore::new_uninitialized(pool.clone(), Json::default());
    Ok(Disintegrate {
        pool,
        following: Mutex::default(),
        decisions: decision_maker(store.clone(), NoSnapshot),
        states: EventSourcedStateStore::new(store.clone(), NoSnapshot),
        store,
    })
}

impl Library for Disintegrate {
    async fn deposit(&self, account: usize, times: usize) -> Result<(), Failure> {
        // Its appends are serializable transactions, which the database may refuse though no other command was on this
        // account; its documentation leaves it to the caller to try again.
        for _ in 0..100 {
            let decision = Deposit { account_id: account.to_string(), amount: 5, times };
            match self.decisions.make(decision).await {
                Ok(_) => return Ok(()),
                Err(disintegrate::DecisionError::StateStore(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err("a hundred attempts were refused".into())
    }

    async fn load(&self, account: usize) -> Result<i64, Failure> {
        let loaded = self.states.load(self::account(&account.to_string())).await?;
        Ok(loaded.state().balance)
    }

    async fn replay(&self) -> Result<usize, Failure> {
        let query = query!(DomainEvent);
        let (mut stream, mut events) = (self.store.stream::<DomainEvent>(&query), 0);
        while let Some(item) = stream.next().await {
            if let StreamItem::Event(event) = item? {
                std::hint::black_box(event);
                events += 1;
            }
        }
        Ok(events)
    }

    async fn project(&self) -> Result<usize, Failure> {
        execute_sql(&self.pool, LISTENER).await?;
        execute_sql(&self.pool, &["TRUNCATE balances", "DELETE FROM event_listener"]).await?;
        self.follow().await?;
        self.has_followed().await?;
        let events: i64 = sqlx::query_scalar("SELECT count(*) FROM event").fetch_one(&self.pool).await?;
        let sum: i64 = sqlx::query_scalar("SELECT sum(balance)::bigint FROM balances").fetch_one(&self.pool).await?;
        if sum == 5 * events {
            Ok(usize::try_from(events)?)
        } else {
            Err(format!("{sum} was deposited in {events}").into())
        }
    }

    async fn follow(&self) -> Result<(), Failure> {
        let (handled, receiver) = watch::channel(0);
        let (stop, stopped) = oneshot::channel();
        let balances = Balances { pool: self.pool.clone(), query: query!(DomainEvent), handled };
        let listener = PgEventListener::builder(self.store.clone())
            .uninitialized()
            .register_listener(balances, PgEventListenerConfig::poller(POLL).with_notifier());
        let task = tokio::spawn(listener.start_with_shutdown(async move { drop(stopped.await) }));
        *self.following.lock().await = Some(Following { handled: receiver, stop, task });
        Ok(())
    }

    async fn has_followed(&self) -> Result<(), Failure> {
        let Some(Following { mut handled, stop, task }) = self.following.lock().await.take() else {
            return Err("it does not follow the log".into());
        };
        let last: PgEventId = sqlx::query_scalar("SELECT max(event_id) FROM event").fetch_one(&self.pool).await?;
        handled.wait_for(|id| *id >= last).await?;
        let _ = stop.send(());
        task.await??;
        Ok(())
    }
}
