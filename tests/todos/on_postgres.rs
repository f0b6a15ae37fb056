//! To-dos on PostgreSQL: pages and batches lock keys in one order.

use std::time::Duration;

use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::prelude::*;
use eskit::work::{ListWork, Todo};
use eskit_postgres::testing;
use sqlx::{Connection as _, PgConnection};

use crate::invoices::{InvoicePaid, InvoiceSent, Pay, Send};

struct Later;

#[processor(name = "later", from = "beginning")]
impl Later {
    #[todo]
    fn sent(&self, event: &InvoiceSent, at: &Timestamp) -> Todo<u64, ()> {
        Todo::new(event.invoice, ()).due(*at + Duration::from_secs(3600))
    }

    #[done]
    fn paid(&self, event: &InvoicePaid) -> u64 {
        event.invoice
    }

    #[work]
    async fn nothing(&self, _: &()) {}
}

/// The events close key 2 and then key 1. Another transaction holds key 1, as a batch does that settles both: it must get key 2 too.
#[tokio::test]
async fn a_page_locks_the_keys_that_it_closes_in_one_order() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let store = eskit::connect(database.dsn()).await.unwrap();
    let pool = store.downcast_ref::<PostgresStore>().unwrap().pool().clone();
    let views = PostgresViews::open(pool).await.unwrap();
    let app = App::new(store).with_processor(Later, views).start().await.unwrap();
    for invoice in 1..=2 {
        app.execute(Send { invoice }).await.unwrap();
    }
    let todos = app.todos::<Later>().unwrap();
    let count = async || todos.list(ListWork::default()).await.unwrap().len();
    while count().await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.pause::<Later>().unwrap();
    while app.health()[0].state != eskit::subscription::State::Paused {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for invoice in [2, 1] {
        app.execute(Pay { invoice }).await.unwrap();
    }

    let lock = "SELECT number FROM eskit_views.work WHERE list = 'later' AND key = $1 FOR UPDATE NOWAIT";
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'";
    let mut settling = PgConnection::connect(database.dsn()).await.unwrap();
    let mut settling = settling.begin().await.unwrap();
    sqlx::query(lock).bind("1").execute(&mut *settling).await.unwrap();
    app.resume::<Later>().unwrap();
    let mut looking = PgConnection::connect(database.dsn()).await.unwrap();
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut looking).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let locked = sqlx::query(lock).bind("2").execute(&mut *settling).await;
    assert!(locked.is_ok(), "the page holds key 2 while it waits for key 1: {locked:?}");
    settling.commit().await.unwrap();
    while count().await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.stop().await.unwrap();
}
