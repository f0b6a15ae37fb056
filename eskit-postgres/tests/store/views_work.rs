//! Items of work in PostgreSQL: under the isolation of others, and behind each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::*;
use eskit_postgres::sqlx::{self, PgPool};
use eskit_postgres::{PostgresViews, sqlx::Connection};
use eskit_runtime::Timestamp;
use eskit_runtime::work::{ClaimWork, ListWork, NewWork, Outcome, Settled, Work, WorkItem};
use tokio::task::JoinSet;

fn item(id: &str, key: &str) -> NewWork {
    let (id, key, kind) = (id.to_owned(), key.to_owned(), "test".to_owned());
    NewWork { id, key, kind, event: None, payload: None, due: Timestamp::from_micros(0) }
}

async fn claim(views: &PostgresViews, limit: u32) -> Vec<WorkItem> {
    let (kinds, now) = (vec!["test".to_owned()], Timestamp::now());
    views.claim_work("queue", ClaimWork { kinds, now, limit, lease: Duration::from_secs(600) }).await.unwrap().items
}

async fn done(views: &PostgresViews, items: &[WorkItem]) -> Vec<bool> {
    let end = |item: &WorkItem| Settled { id: item.id.clone(), epoch: item.epoch, outcome: Outcome::Done };
    views.settle_work("queue", items.iter().map(end).collect()).await.unwrap()
}

async fn count(pool: &PgPool, filter: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM eskit_views.work WHERE {filter}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await.unwrap()
}

/// Does items until the list is empty, and notes them by key.
async fn work(views: PostgresViews, limit: u32, seen: Arc<Mutex<BTreeMap<String, Vec<u64>>>>) {
    loop {
        let items = claim(&views, limit).await;
        for item in &items {
            seen.lock().unwrap().entry(item.key.clone()).or_default().push(item.number);
        }
        assert!(!done(&views, &items).await.contains(&false));
        if items.is_empty() {
            if views.list_work("queue", ListWork { limit: 1, ..ListWork::default() }).await.unwrap().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Runs tasks side by side, until the first one panics.
async fn together(tasks: impl Iterator<Item = impl Future<Output = ()> + Send + 'static>) {
    let mut tasks: JoinSet<()> = tasks.collect();
    let all = async { while tasks.join_next().await.transpose().unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("every item is done in time");
}

/// Checks that these many items were done once, those of each key in order.
fn check(seen: &Mutex<BTreeMap<String, Vec<u64>>>, expected: usize) {
    let seen = seen.lock().unwrap();
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), expected);
    for (key, numbers) in &*seen {
        assert!(
            numbers.is_sorted_by(|one, other| one < other),
            "the items of {key} were done in the order {numbers:?}"
        );
    }
}

#[tokio::test]
async fn sessions_that_begin_with_another_isolation_claim_each_item_once() {
    let Some(fixture) = fixture().await else { return };
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(8).after_connect(|connection, _| {
        let sql = "SET default_transaction_isolation = 'repeatable read'";
        Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(drop) })
    });
    let pool = options.connect_with((*fixture.database.pool().connect_options()).clone()).await.unwrap();
    let views = PostgresViews::open(pool).await.unwrap();
    let items = (0..300).map(|number| item(&number.to_string(), &(number % 90).to_string()));
    views.add_work("queue", items.collect()).await.unwrap();
    let seen = Arc::default();
    together((1..=8).map(|limit| work(views.clone(), limit, Arc::clone(&seen)))).await;
    check(&seen, 300);
}

#[tokio::test]
async fn items_that_wait_behind_others_leave_the_line_and_come_back() {
    let Some(fixture) = fixture().await else { return };
    let (pool, views) = (fixture.database.pool(), PostgresViews::open(fixture.database.pool()).await.unwrap());
    let behind = (0..100).map(|number| item(&format!("one/{number}"), "one"));
    let others = (0..50).map(|number| item(&format!("other/{number}"), &number.to_string()));
    views.add_work("queue", behind.chain(others).collect()).await.unwrap();
    let first = claim(&views, 1).await;
    assert_eq!(first[0].id, "one/0");
    // The first claim of all looked for them.
    assert_eq!((count(&pool, "in_line").await, count(&pool, "NOT in_line").await), (51, 99));
    // Whoever removes the one before lets the next one in, however it is removed.
    assert_eq!(done(&views, &first).await, [true]);
    assert!(views.drop_work("queue", "one/1").await.unwrap());
    assert_eq!(count(&pool, "in_line AND key = 'one'").await, 1);
    let seen = Arc::default();
    together((1..=4).map(|limit| work(views.clone(), limit, Arc::clone(&seen)))).await;
    check(&seen, 148);
}

#[tokio::test]
async fn an_item_that_a_transaction_is_closing_is_neither_claimed_nor_waited_for() {
    let Some(fixture) = fixture().await else { return };
    let (pool, views) = (fixture.database.pool(), PostgresViews::open(fixture.database.pool()).await.unwrap());
    views.add_work("queue", vec![item("a", "1"), item("b", "1"), item("c", "2"), item("d", "3")]).await.unwrap();
    let held = claim(&views, 2).await;
    assert_eq!((held[0].id.as_str(), held[1].id.as_str()), ("a", "c"));
    let mut other = pool.acquire().await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    let sql = "DELETE FROM eskit_views.work WHERE id IN ('a', 'd'); UPDATE eskit_views.work SET in_line = true WHERE id = 'b'";
    sqlx::raw_sql(sql).execute(&mut *transaction).await.unwrap();
    // Neither the next item of its key, nor the one that is being removed.
    assert_eq!(claim(&views, 10).await, []);
    let both = held.iter().map(|item| (item.id.clone(), item.epoch)).collect();
    let renewed =
        tokio::time::timeout(Duration::from_secs(5), views.renew_work("queue", both, Duration::from_secs(600)));
    assert_eq!(renewed.await.expect("a renewal waits for nobody").unwrap(), [true, true]);
    transaction.commit().await.unwrap();
    assert_eq!(done(&views, &held).await, [false, true]);
    let next = claim(&views, 10).await;
    assert_eq!(next.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["b"]);
}
