//! cqrs-es on postgres-es.

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use cqrs_es::{Aggregate, AggregateContext, DomainEvent, EventStore};
use postgres_es::{PostgresCqrs, PostgresEventRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::{Failure, Library, NOTE, NotPositive, execute_sql};

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

#[derive(Default, Serialize, Deserialize)]
struct Account {
    balance: i64,
}

struct Deposit {
    amount: i64,
    times: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum AccountEvent {
    Deposited { amount: i64, note: String },
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        "Deposited".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = Deposit;
    type Event = AccountEvent;
    type Error = NotPositive;
    type Services = ();

    async fn handle(&mut self, command: Deposit, (): &(), sink: &EventSink<Self>) -> Result<(), NotPositive> {
        if command.amount <= 0 {
            return Err(NotPositive);
        }
        for _ in 0..command.times {
            sink.write(AccountEvent::Deposited { amount: command.amount, note: NOTE.to_owned() }, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        let AccountEvent::Deposited { amount, .. } = event;
        self.balance += amount;
    }
}

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
        Ok(self.framework.execute(&account.to_string(), Deposit { amount: 5, times }).await?)
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
