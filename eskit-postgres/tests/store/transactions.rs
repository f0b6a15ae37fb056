//! Appends inside a transaction of the caller.

use std::time::Duration;

use crate::support::*;
use eskit_postgres::PostgresStore;
use eskit_runtime::EventStore;
use eskit_runtime::log::{
    Append, AppendError, Place, Position, StoreErrorKind, StreamChange, StreamInfo, StreamStatus,
};
use sqlx::{AssertSqlSafe, PgPool};

/// A table of the caller, in a schema of its own.
async fn read_model(pool: &PgPool) {
    sqlx::raw_sql("CREATE SCHEMA shop; CREATE TABLE shop.stock (item text PRIMARY KEY, left_over int)")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO shop.stock VALUES ('tea', 3)").execute(pool).await.unwrap();
}

const SELL: &str = "UPDATE shop.stock SET left_over = left_over - 1";

async fn left_over(pool: &PgPool) -> i32 {
    sqlx::query_scalar("SELECT left_over FROM shop.stock").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn events_and_tables_are_committed_together_or_not_at_all() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    read_model(store.pool()).await;
    for (commits, left, head) in [(false, 3, 0), (true, 2, 2)] {
        let mut transaction = store.pool().begin().await.unwrap();
        sqlx::query(SELL).execute(&mut *transaction).await.unwrap();
        let sold = store.in_transaction(&mut transaction).append(one(on(stream("a"), "shop.Sold"))).await.unwrap();
        assert_eq!(sold.positions, [Position::new(1)]);
        let paid = store.in_transaction(&mut transaction).append(one(on(stream("a"), "shop.Paid"))).await.unwrap();
        assert_eq!((paid.positions, paid.versions), (vec![Position::new(2)], vec![Some(2)]));
        if commits {
            transaction.commit().await.unwrap();
            assert_eq!(store.announce().await.unwrap().position, Position::new(2));
        } else {
            transaction.rollback().await.unwrap();
        }
        assert_eq!((left_over(store.pool()).await, store.head().await.unwrap().position), (left, Position::new(head)));
    }
    // Positions go on behind them, without a gap for what was rolled back.
    assert_eq!(store.append(one(plain("e"))).await.unwrap().last(), Position::new(3));
}

#[tokio::test]
async fn a_conflict_leaves_the_transaction_usable() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    read_model(store.pool()).await;
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    let mut transaction = store.pool().begin().await.unwrap();
    let stale = one(on(stream("a"), "e")).with(at_version(stream("a"), 0));
    let refused = store.in_transaction(&mut transaction).append(stale).await;
    assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    sqlx::query(SELL).execute(&mut *transaction).await.unwrap();
    let again = one(on(stream("a"), "e")).with(at_version(stream("a"), 1));
    store.in_transaction(&mut transaction).append(again).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!((left_over(store.pool()).await, store.head().await.unwrap().position), (2, Position::new(2)));
}

#[tokio::test]
async fn a_repeat_in_a_transaction_returns_the_original_positions() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let append = one(on(stream("a"), "e"));
    store.append(append.clone()).await.unwrap();
    let mut transaction = store.pool().begin().await.unwrap();
    let again = store.in_transaction(&mut transaction).append(append).await.unwrap();
    assert!(again.repeated);
    assert_eq!((again.positions, again.versions), (vec![Position::new(1)], vec![Some(1)]));
    transaction.commit().await.unwrap();
    assert_eq!(store.head().await.unwrap().position, Position::new(1));
}

/// From its append to its end the transaction has the turn, in every process.
#[tokio::test]
async fn others_wait_for_the_transaction_no_longer_than_their_timeout() {
    let Some(fixture) = fixture().await else { return };
    let options = PostgresStore::options().lock_timeout(Some(Duration::from_millis(50)));
    let hasty = options.connect(fixture.database.dsn()).await.unwrap();
    let patient = fixture.another().await;
    let mut transaction = fixture.store.pool().begin().await.unwrap();
    fixture.store.in_transaction(&mut transaction).append(one(plain("e"))).await.unwrap();

    let Err(AppendError::Store(error)) = hasty.append(one(plain("e"))).await else { panic!("the turn was taken") };
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(error.to_string().contains("holds the turn to append for longer than `lock_timeout`"), "{error}");
    let waiting = tokio::spawn(async move { patient.append(one(plain("e"))).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!waiting.is_finished());
    // Readers never wait.
    assert_eq!(fixture.store.head().await.unwrap().position, Position::START);
    transaction.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().last(), Position::new(2));
}

/// A retry meets a transaction that has failed, and must not hide why.
#[tokio::test]
async fn a_transaction_that_failed_says_why_until_it_is_rolled_back() {
    let Some(fixture) = fixture().await else { return };
    let store = &fixture.store;
    let mut holder = store.pool().begin().await.unwrap();
    store.in_transaction(&mut holder).append(one(plain("e"))).await.unwrap();
    let mut transaction = store.pool().begin().await.unwrap();
    sqlx::raw_sql("SET LOCAL lock_timeout = '20ms'; SAVEPOINT before").execute(&mut *transaction).await.unwrap();
    let inside = store.in_transaction(&mut transaction);
    let Err(AppendError::Store(error)) = inside.append(one(plain("e"))).await else { panic!("the turn was taken") };
    assert_eq!(error.kind(), StoreErrorKind::Busy, "{error}");
    for _ in 0..2 {
        let Err(AppendError::Store(error)) = inside.append(one(plain("e"))).await else { panic!("it has failed") };
        assert_eq!(error.kind(), StoreErrorKind::Other, "{error}");
        let error = error.to_string();
        assert!(error.contains("roll it back; it failed with: cannot append to the log"), "{error}");
        assert!(error.contains("holds the turn to append for longer") && error.matches("roll").count() == 1, "{error}");
    }
    let error = inside.head().await.unwrap_err();
    assert!(error.to_string().contains("holds the turn to append for longer"), "{error}");
    drop(inside);
    holder.rollback().await.unwrap();

    // Behind a savepoint the transaction goes on; what fails in it then has nothing to do with it.
    sqlx::raw_sql("ROLLBACK TO before").execute(&mut *transaction).await.unwrap();
    let inside = store.in_transaction(&mut transaction);
    inside.append(one(plain("e"))).await.unwrap();
    drop(inside);
    sqlx::raw_sql("SELECT 1 / 0").execute(&mut *transaction).await.unwrap_err();
    let inside = store.in_transaction(&mut transaction);
    for _ in 0..2 {
        let error = inside.head().await.unwrap_err().to_string();
        assert!(error.contains("failed earlier: roll it back") && error.matches("roll").count() == 1, "{error}");
    }
}

/// A transaction that keeps its first snapshot does not see what others append until it is its turn.
#[tokio::test]
async fn a_transaction_with_a_snapshot_of_its_own_may_read_only() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let begin = || store.pool().begin_with(AssertSqlSafe(format!("BEGIN ISOLATION LEVEL {level}")));
        let mut transaction = begin().await.unwrap();
        let inside = store.in_transaction(&mut transaction);
        assert_eq!(inside.head().await.unwrap().position, Position::new(1));
        assert_eq!(inside.stream_info(&stream("a")).await.unwrap().version, 1);
        let refused = inside.append(one(plain("e"))).await;
        let Err(AppendError::Store(error)) = refused else { panic!("{level}: {refused:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Unsupported, "{error}");
        let text = error.to_string();
        assert!(text.contains(level) && text.contains("`BEGIN ISOLATION LEVEL READ COMMITTED`"), "{text}");
        drop(inside);
        transaction.rollback().await.unwrap();
        let mut transaction = begin().await.unwrap();
        let inside = store.in_transaction(&mut transaction);
        let refused = inside.change_stream(&stream("a"), StreamChange::Archive).await.unwrap_err();
        assert!(refused.to_string().contains("`BEGIN ISOLATION LEVEL READ COMMITTED`"), "{refused}");
    }
    let mut transaction = store.pool().begin_with("BEGIN ISOLATION LEVEL READ UNCOMMITTED").await.unwrap();
    store.in_transaction(&mut transaction).append(one(plain("e"))).await.unwrap();
    transaction.commit().await.unwrap();
}

/// PostgreSQL answers the COMMIT of such a transaction with a ROLLBACK, which sqlx takes for success.
#[tokio::test]
async fn a_transaction_that_failed_is_not_committed_unnoticed() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    for fails in [true, false] {
        let mut transaction = store.pool().begin().await.unwrap();
        store.in_transaction(&mut transaction).append(one(plain("e"))).await.unwrap();
        if fails {
            sqlx::raw_sql("SELECT 1 / 0").execute(&mut *transaction).await.unwrap_err();
            let error = store.commit(transaction).await.unwrap_err();
            assert!(error.to_string().contains("the transaction failed earlier: roll it back"), "{error}");
            assert!(everything(&store).await.is_empty());
        } else {
            store.commit(transaction).await.unwrap();
            assert_eq!(everything(&store).await.len(), 1);
        }
    }
    // What is given back to the pool is in no transaction.
    store.append(one(plain("e"))).await.unwrap();
    assert_eq!(everything(&store).await.len(), 2);
}

/// A row that is replaced leaves a dead version, which later appends walk for as long as any transaction is held.
#[tokio::test]
async fn an_append_replaces_no_row_and_a_refused_one_writes_nothing() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    let mut transaction = store.pool().begin().await.unwrap();
    for append in [one(on(stream("a"), "e")), Append::new(vec![plain("e"), plain("e")])] {
        let refused = append.with(at_version(stream("a"), 7));
        let answer = store.in_transaction(&mut transaction).append(refused).await;
        assert!(matches!(answer, Err(AppendError::Conflict(_))), "{answer:?}");
    }
    let sql = "SELECT pg_current_xact_id_if_assigned() IS NULL";
    assert!(sqlx::query_scalar::<_, bool>(sql).fetch_one(&mut *transaction).await.unwrap());
    for append in [one(on(stream("a"), "e")), Append::new(vec![plain("e"), plain("e")])] {
        store.in_transaction(&mut transaction).append(append).await.unwrap();
    }
    let sql = "SELECT sum(n_tup_ins)::bigint, sum(n_tup_upd + n_tup_del)::bigint \
               FROM pg_stat_xact_user_tables WHERE schemaname = 'eskit'";
    let written: (i64, i64) = sqlx::query_as(sql).fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(written, (3, 0));
}

#[tokio::test]
async fn streams_are_changed_and_looked_at_in_a_transaction() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    for commits in [false, true] {
        let mut transaction = store.pool().begin().await.unwrap();
        let inside = store.in_transaction(&mut transaction);
        let status = inside.change_stream(&stream("a"), StreamChange::Archive).await.unwrap();
        assert_eq!(inside.stream_info(&stream("a")).await.unwrap(), StreamInfo::new(1, status.clone()));
        assert_eq!(store.stream_info(&stream("a")).await.unwrap(), StreamInfo::new(1, StreamStatus::Open));
        let refused = inside.append(one(on(stream("a"), "e"))).await;
        assert!(matches!(refused, Err(AppendError::StreamClosed(_))), "{refused:?}");
        drop(inside);
        if commits {
            transaction.commit().await.unwrap();
            assert_eq!(store.stream_info(&stream("a")).await.unwrap().status, status);
        }
    }
}

/// Who begins a transaction gets a connection, after callers of the store needed all at once and while they still do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_is_left_to_others_too() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let begin = || tokio::time::timeout(Duration::from_secs(5), store.pool().begin());
    let watching = {
        let store = store.clone();
        tokio::spawn(async move { store.watch(Place::START).await })
    };
    let readers: Vec<_> = (0..32)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { while store.head().await.unwrap() == Place::START {} })
        })
        .collect();
    for _ in 0..20 {
        begin().await.expect("the callers of the store took all connections").unwrap();
    }
    store.append(one(plain("e"))).await.unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
    begin().await.expect("the store kept all connections").unwrap();
    watching.abort();
}
