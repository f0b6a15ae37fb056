//! cqrs-es on postgres-es.

#[path = "../../../src/peers/cqrs_account.rs"]
mod account;

use account::{Account, Deposit};
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use cqrs_es::{AggregateContext, EventStore};
use postgres_es::{PostgresCqrs, PostgresEventRepository, postgres_cqrs};
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

struct Cqrs {
    framework: PostgresCqrs<Account>,
    store: PersistedEventStore<PostgresEventRepository, Account>,
    // The size of the channel that its documentation shows.
    repository: PostgresEventRepository,
}

pub(crate) async fn open(pool: PgPool) -> Result<impl Library, Failure> {
    execute_sql(&pool, &[EVENTS]).await?;
    Ok(Cqrs {
        framework: postgres_cqrs(pool.clone(), Vec::new(), ()),
        store: PersistedEventStore::new_event_store(PostgresEventRepository::new(pool.clone())),
        repository: PostgresEventRepository::new(pool).with_streaming_channel_size(1000),
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
}
