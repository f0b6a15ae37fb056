//! cqrs-es on postgres-es.

#[path = "../../../src/peers/cqrs_account.rs"]
mod account;

use account::{Account, AccountEvent, Deposit};
use cqrs_es::persist::{GenericQuery, PersistedEventRepository, PersistedEventStore, QueryReplay};
use cqrs_es::{AggregateContext, EventEnvelope, EventStore, Query, View};
use postgres_es::{PostgresCqrs, PostgresEventRepository, PostgresViewRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::{Failure, Library, execute_sql};

/// The table of postgres-es' own `init.sql`.
const EVENTS: &str = "CREATE TABLE events (
  aggregate_type text                         NOT NULL,
  aggregate_id   text                         NOT NULL,
  sequence       bigint CHECK (sequence >= 0) NOT NULL,
  event_type     text                         NOT NULL,
  event_version  text                         NOT NULL,
  payload        json                         NOT NULL,
  metadata       json                         NOT NULL,
  PRIMARY KEY (aggregate_type, aggregate_id, sequence)
)";

/// The table of a view, as its `init.sql` has it.
const BALANCES: &str = "CREATE TABLE balances (
  view_id text                         NOT NULL,
  version bigint CHECK (version >= 0) NOT NULL,
  payload json                         NOT NULL,
  PRIMARY KEY (view_id)
)";

/// The balance of an account, as a read model.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Balance {
    balance: i64,
}

impl View<Account> for Balance {
    fn update(&mut self, event: &EventEnvelope<Account>) {
        let AccountEvent::Deposited { amount, .. } = &event.payload;
        self.balance += amount;
    }
}

type Balances = GenericQuery<PostgresViewRepository<Balance, Account>, Balance, Account>;

fn balances(pool: &PgPool) -> Balances {
    let mut query = GenericQuery::new(PostgresViewRepository::new("balances", pool.clone()).into());
    query.use_error_handler(Box::new(|error| eprintln!("{error}")));
    query
}

struct Cqrs {
    framework: PostgresCqrs<Account>,
    store: PersistedEventStore<PostgresEventRepository, Account>,
    // The size of the channel that its documentation shows.
    repository: PostgresEventRepository,
    pool: PgPool,
}

/// `has_views` says whether each command updates the balances.
pub(crate) async fn open(pool: PgPool, has_views: bool) -> Result<impl Library, Failure> {
    execute_sql(&pool, &[EVENTS, BALANCES]).await?;
    let queries: Vec<Box<dyn Query<Account>>> = if has_views { vec![Box::new(balances(&pool))] } else { Vec::new() };
    Ok(Cqrs {
        framework: postgres_cqrs(pool.clone(), queries, ()),
        store: PersistedEventStore::new_event_store(PostgresEventRepository::new(pool.clone())),
        repository: PostgresEventRepository::new(pool.clone()).with_streaming_channel_size(1000),
        pool,
    })
}

impl Library for Cqrs {
    async fn deposit(&self, account: usize, times: usize) -> Result<(), Failure> {
        Ok(self.framework.execute(&account.to_string(), Deposit::new(times)).await?)
    }

    async fn load(&self, account: usize) -> Result<i64, Failure> {
        let mut context = self.store.load_aggregate(&account.to_string()).await?;
        Ok(context.aggregate().balance)
    }

    async fn replay(&self) -> Result<usize, Failure> {
        let (mut stream, mut events) = (self.repository.stream_all_events::<Account>().await?, 0);
        while let Some(event) = stream.next::<Account>(&[]).await {
            std::hint::black_box(event?);
            events += 1;
        }
        Ok(events)
    }

    async fn project(&self) -> Result<usize, Failure> {
        execute_sql(&self.pool, &["TRUNCATE balances"]).await?;
        let repository = PostgresEventRepository::new(self.pool.clone()).with_streaming_channel_size(1000);
        QueryReplay::new(repository, balances(&self.pool)).replay_all().await?;
        let events: i64 = sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(&self.pool).await?;
        let sum = "SELECT sum((payload->>'balance')::bigint)::bigint FROM balances";
        let sum: i64 = sqlx::query_scalar(sum).fetch_one(&self.pool).await?;
        if sum == 5 * events {
            Ok(usize::try_from(events)?)
        } else {
            Err(format!("{sum} was deposited in {events}").into())
        }
    }
}
