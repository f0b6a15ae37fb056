//! eventcore on eventcore-postgres.

use std::hint::black_box;

use eventcore::{Command, CommandError, CommandLogic, Event, NewEvents, RetryPolicy, StreamId, execute};
use eventcore_postgres::PostgresEventStore;
use eventcore_types::{BatchSize, EventFilter, EventPage, EventReader, EventStore};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::{Failure, Library, NOTE, NotPositive};

/// How many events a page of the replay holds; the default of its projections.
const PAGE_EVENTS: usize = 1000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum AccountEvent {
    Deposited { account: StreamId, amount: i64, note: String },
}

impl Event for AccountEvent {
    fn stream_id(&self) -> &StreamId {
        let AccountEvent::Deposited { account, .. } = self;
        account
    }

    fn event_type_name() -> &'static str {
        "AccountEvent"
    }
}

#[derive(Default)]
struct Account {
    balance: i64,
}

impl Account {
    fn deposited(&mut self, event: &AccountEvent) {
        let AccountEvent::Deposited { amount, .. } = event;
        self.balance += amount;
    }
}

#[derive(Command)]
struct Deposit {
    #[stream]
    account: StreamId,
    amount: i64,
    times: usize,
}

impl CommandLogic for Deposit {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, mut state: Account, event: &AccountEvent) -> Account {
        state.deposited(event);
        state
    }

    fn handle(&self, state: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        // Without a use of the state nothing would have to be folded.
        if self.amount <= 0 || black_box(state.balance) < 0 {
            return Err(CommandError::BusinessRuleViolation(Box::new(NotPositive)));
        }
        let event =
            || AccountEvent::Deposited { account: self.account.clone(), amount: self.amount, note: NOTE.to_owned() };
        Ok((0..self.times).map(|_| event()).collect::<Vec<_>>().into())
    }
}

struct EventCore {
    store: PostgresEventStore,
}

pub(crate) async fn open(pool: PgPool) -> Result<impl Library, Failure> {
    let store = PostgresEventStore::from_pool(pool);
    store.migrate().await;
    Ok(EventCore { store })
}

fn stream(account: usize) -> Result<StreamId, Failure> {
    Ok(StreamId::try_new(format!("account-{account}"))?)
}

impl Library for EventCore {
    async fn deposit(&self, account: usize, times: usize) -> Result<(), Failure> {
        let command = Deposit { account: stream(account)?, amount: 5, times };
        execute(&self.store, command, RetryPolicy::new()).await?;
        Ok(())
    }

    async fn load(&self, account: usize) -> Result<i64, Failure> {
        let mut events = self.store.read_stream::<AccountEvent>(stream(account)?).await?;
        let mut account = Account::default();
        while let Some(event) = events.next().await {
            account.deposited(&event?);
        }
        Ok(account.balance)
    }

    async fn replay(&self) -> Result<usize, Failure> {
        let mut page = EventPage::first(BatchSize::new(PAGE_EVENTS));
        let mut events = 0;
        loop {
            let read = self.store.read_events::<AccountEvent>(EventFilter::all(), page).await?;
            events += read.len();
            match read.last() {
                Some((_, position)) => page = EventPage::after(*position, BatchSize::new(PAGE_EVENTS)),
                None => return Ok(events),
            }
            black_box(read);
        }
    }
}
