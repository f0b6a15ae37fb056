//! A log on PostgreSQL that is replaced by a backup while a program runs.

use std::sync::atomic::{AtomicI64, Ordering};

use eskit::prelude::*;
use eskit_postgres::testing::{self, Database};
use eskit_tests::restored::{
    Keeps, Restorable, a_seat_is_taken_in_the_log_that_is_there, each_model_must_be_of_the_log_that_is_there,
    money_that_is_gone_is_not_sent,
};

/// What follows the position is removed, as if a backup from then had been restored.
struct OnServer {
    database: Database,
    kept: AtomicI64,
}

impl OnServer {
    async fn new() -> Option<OnServer> {
        Some(OnServer { database: testing::database().await.unwrap()?, kept: AtomicI64::new(0) })
    }
}

impl Restorable for OnServer {
    type Store = PostgresStore;

    async fn open(&self) -> PostgresStore {
        PostgresStore::options().migrate(true).max_connections(4).connect(self.database.dsn()).await.unwrap()
    }

    async fn back_up(&self) {
        let head: i64 =
            sqlx::query_scalar("SELECT max(pos) FROM eskit.events").fetch_one(&self.database.pool()).await.unwrap();
        self.kept.store(head, Ordering::Relaxed);
    }

    async fn restore(&self) {
        let kept = self.kept.load(Ordering::Relaxed);
        let mut transaction = self.database.pool().begin().await.unwrap();
        for sql in ["DELETE FROM eskit.events WHERE pos > $1", "DELETE FROM eskit.tags WHERE pos > $1"] {
            sqlx::query(sql).bind(kept).execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }
}

#[tokio::test]
async fn money_that_is_gone_is_not_sent_on_postgres() {
    for keeps in Keeps::all() {
        let Some(log) = OnServer::new().await else { return };
        money_that_is_gone_is_not_sent(&log, &keeps).await;
    }
}

#[tokio::test]
async fn each_model_must_be_of_the_log_that_is_there_on_postgres() {
    for keeps in Keeps::all() {
        let Some(log) = OnServer::new().await else { return };
        each_model_must_be_of_the_log_that_is_there(&log, &keeps).await;
    }
}

#[tokio::test]
async fn a_seat_is_taken_in_the_log_that_is_there_on_postgres() {
    for keeps in Keeps::all() {
        let Some(log) = OnServer::new().await else { return };
        a_seat_is_taken_in_the_log_that_is_there(&log, &keeps).await;
    }
}
