//! What the tests share: a store in a database of its own, and what those of every store share.

use std::future::{Future, poll_fn};
use std::task::Poll;

use eskit_postgres::testing::{self, Database};
use eskit_postgres::{PostgresOptions, PostgresStore};

pub(crate) use events::*;

#[path = "../../../../tests/stores/events.rs"]
mod events;

/// A database of one test, and a store with the default names in it.
pub(crate) struct Fixture {
    pub(crate) store: PostgresStore,
    pub(crate) database: Database,
}

/// A fixture, or nothing where there is no PostgreSQL and the test is skipped.
pub(crate) async fn fixture() -> Option<Fixture> {
    fixture_with(PostgresStore::options()).await
}

pub(crate) async fn fixture_with(options: PostgresOptions) -> Option<Fixture> {
    let database = testing::database().await.unwrap()?;
    let store = options.migrate(true).connect(database.dsn()).await.unwrap();
    Some(Fixture { store, database })
}

impl Fixture {
    /// One more store on the same log, with connections of its own, as another process would have it.
    pub(crate) async fn another(&self) -> PostgresStore {
        PostgresStore::connect(self.database.dsn()).await.unwrap()
    }
}

/// Polls a future, as often as it is woken, but no more than so many times; then it is dropped.
pub(crate) async fn give_up_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (Box::pin(future), polls);
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
