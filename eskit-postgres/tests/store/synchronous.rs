//! Synchronous projections in a PostgreSQL log: read models that commit with the append.

use crate::cases::{self, ROW, Switches, Target, described};
use crate::support::{one, plain};
use crate::target::{Log, Rows, positions};
use eskit_postgres::sqlx::{self, Connection};
use eskit_postgres::{PostgresStore, PostgresViews, Tx};
use eskit_runtime::log::{AppendError, Appended, NewEvent, StoreErrorKind};
use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{
    HandleAsync, HandleError, Handled, OnError, Subscriber, SubscriberType, Subscription, SynchronousError, Views,
};
use eskit_runtime::{EventStore, RecordedEvent};

cases::cases!(Log);

fn event(name: &str, payload: &str) -> NewEvent {
    plain(name).with_payload(payload)
}

async fn with(log: &Log) -> PostgresStore {
    Log::with::<1>(log.open().await, &Switches::default()).await.unwrap()
}

async fn rows(store: &PostgresStore) -> Vec<u64> {
    Log::rows::<1>(store).await.unwrap().into_iter().map(|(position, _)| position).collect()
}

fn failed(result: Result<Appended, AppendError>) -> String {
    match result {
        Err(AppendError::Store(error)) => {
            let told = SynchronousError::of(&error).unwrap();
            assert!(matches!(told, SynchronousError::Failed { .. }), "{told:?}");
            error.to_string()
        }
        other => panic!("the append was not refused, but {other:?}"),
    }
}

#[tokio::test]
async fn what_fails_the_transaction_costs_no_other_caller_its_append() {
    let Some(log) = Log::start("").await else { return };
    let store = with(&log).await;
    store.append(one(plain("test.Row"))).await.unwrap();
    for (name, payload, why) in [
        ("test.Sql", "SELECT no_such_column", "no_such_column"),
        ("test.Sql", "INSERT INTO rows VALUES (1, 'again')", "rows_pkey"),
        ("test.SwallowsSql", "SELECT no_such_column", "the handler went on"),
        ("test.Sql", "INSERT INTO children VALUES (7)", "cannot be committed, so nothing was appended"),
    ] {
        let before = store.head().await.unwrap().position.get();
        let running: Vec<_> = (0..20)
            .map(|number| {
                let (store, bad) = (store.clone(), event(name, payload));
                let event = if number % 7 == 3 { bad } else { plain("test.Row") };
                tokio::spawn(async move { (event.name.clone(), store.append(one(event)).await) })
            })
            .collect();
        for one in running {
            match one.await.unwrap() {
                (name, result) if name == "test.Row" => assert!(result.is_ok(), "{payload}: {result:?}"),
                (_, result) => {
                    let error = failed(result);
                    assert!(error.contains(why), "{error}");
                }
            }
        }
        assert_eq!(store.head().await.unwrap().position.get(), before + 17);
        assert_eq!(rows(&store).await, (1..=before + 17).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_handler_that_ends_the_transaction_is_named() {
    let Some(log) = Log::start("").await else { return };
    let store = with(&log).await;
    // What it committed cannot be undone; the next append meets the event again.
    for event in [event("test.Sql", "COMMIT"), plain("test.Row")] {
        let text = match store.append(one(event)).await {
            Err(AppendError::UnknownOutcome(error)) => error.to_string(),
            other => panic!("expected an unknown outcome, not {other:?}"),
        };
        assert!(text.contains("`rows` version 1 ended the transaction") && text.contains("help:"), "{text}");
    }
}

#[tokio::test]
async fn a_transaction_of_the_caller_cannot_append() {
    let Some(log) = Log::start("").await else { return };
    let (store, without) = (with(&log).await, log.open().await);
    let mut transaction = store.pool().begin().await.unwrap();
    let error = store.in_transaction(&mut transaction).append(one(plain("test.Row"))).await.unwrap_err();
    assert!(matches!(&error, AppendError::Store(error) if error.kind() == StoreErrorKind::Unsupported), "{error}");
    assert!(error.to_string().contains("help: append through the store"), "{error}");
    assert_eq!(store.in_transaction(&mut transaction).head().await.unwrap().position.get(), 0);
    transaction.rollback().await.unwrap();
    // Of a store that does not have it, it can, and the next append handles the event.
    let mut transaction = without.pool().begin().await.unwrap();
    without.in_transaction(&mut transaction).append(one(plain("test.Row"))).await.unwrap();
    without.commit(transaction).await.unwrap();
    store.append(one(plain("test.Row"))).await.unwrap();
    assert_eq!(rows(&store).await, [1, 2]);
}

#[tokio::test]
async fn a_restored_log_is_noticed() {
    let Some(log) = Log::start("").await else { return };
    let store = with(&log).await;
    for _ in 0..3 {
        store.append(one(plain("test.Row"))).await.unwrap();
    }
    store.close().await;
    let pool = log.fixture.database.pool();
    sqlx::raw_sql("DELETE FROM eskit.tags WHERE pos = 3; DELETE FROM eskit.events WHERE pos = 3")
        .execute(&pool)
        .await
        .unwrap();
    let without = log.open().await;
    for _ in 0..2 {
        let error = Log::with::<1>(log.open().await, &Switches::default()).await.expect_err("it is ahead of the log");
        assert_eq!(error.kind(), StoreErrorKind::Replaced, "{error}");
        assert!(error.to_string().contains("position 3") && error.to_string().contains("remove_projection"), "{error}");
        // The second time, another event is there.
        without.append(one(plain("test.Row"))).await.unwrap();
    }
    assert_eq!(Log::rows::<1>(&without).await.unwrap_err().kind(), StoreErrorKind::Replaced);
    assert!(Log::remove(&without, 1).await.unwrap());
    assert_eq!(rows(&with(&log).await).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn readers_cannot_write_and_schemas_of_others_are_left_alone() {
    let Some(log) = Log::start("").await else { return };
    let store = with(&log).await;
    let mut reading = store.read_projection::<Rows<1>>().await.unwrap();
    let error = sqlx::raw_sql("DELETE FROM rows").execute(&mut *reading).await.unwrap_err();
    assert!(error.to_string().contains("read-only transaction"), "{error}");
    drop(reading);
    let pool = log.fixture.database.pool();
    sqlx::raw_sql("CREATE SCHEMA rows__2").execute(&pool).await.unwrap();
    let error = Log::with::<2>(log.open().await, &Switches::default()).await.expect_err("the schema is another's");
    assert_eq!(error.kind(), StoreErrorKind::Foreign, "{error}");
    // Views keep the second version that they see in a schema of the same name.
    let views = PostgresViews::open(pool.clone()).await.unwrap();
    let id = store.log_id().await.unwrap();
    for subscription in [Subscription::of::<Rows<3>>(id), Subscription::of::<Rows<4>>(id)] {
        views.claim(&subscription).await.unwrap();
    }
    let error = Log::with::<4>(log.open().await, &Switches::default()).await.expect_err("views have the schema");
    assert_eq!(error.kind(), StoreErrorKind::Foreign, "{error}");
    assert!(error.to_string().contains("in views"), "{error}");
    assert_eq!(Log::remove(&store, 4).await.unwrap_err().kind(), StoreErrorKind::Foreign);
}

/// Uses a savepoint, and the same text as [`Rows`] for a table of other types.
struct Savepoints;

impl Subscriber for Savepoints {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: "savepoints",
        ..described(1, OnError::Stop, "CREATE TABLE notes (pos bigint PRIMARY KEY)")
    };
    const EVENTS: EventTypes = ROW;
}

impl HandleAsync<Tx> for Savepoints {
    async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        let mut inner = tx.begin().await.map_err(HandleError::new)?;
        let _ = sqlx::raw_sql("SELECT no_such_column").execute(&mut *inner).await;
        inner.rollback().await.map_err(HandleError::new)?;
        let query = sqlx::query("INSERT INTO notes VALUES ($1)").bind(event.position.get().cast_signed());
        query.execute(&mut **tx).await.map(drop).handled()?;
        let mut inner = tx.begin().await.map_err(HandleError::new)?;
        sqlx::raw_sql("DELETE FROM notes WHERE pos = 0").execute(&mut *inner).await.map_err(HandleError::new)?;
        inner.commit().await.map_err(HandleError::new)?;
        Ok(true)
    }
}

#[tokio::test]
async fn several_projections_run_in_one_append_and_may_use_savepoints() {
    let Some(log) = Log::start("").await else { return };
    let store = with(&log).await.with_projection(Savepoints).await.unwrap();
    store.append(one(plain("test.Row"))).await.unwrap();
    // One that refuses undoes what the other wrote.
    failed(store.append(one(event("test.Fails", ""))).await);
    failed(store.append(eskit_runtime::log::Append::new(vec![plain("test.Row"), plain("test.Panics")])).await);
    store.append(one(plain("test.Row"))).await.unwrap();
    let mut reading = store.read_projection::<Savepoints>().await.unwrap();
    assert_eq!(positions(&mut reading, "notes").await, [1, 2]);
    assert_eq!(positions(&mut reading, "rows__1.rows").await, [1, 2]);
}

#[tokio::test]
async fn logs_of_one_database_have_the_same_projection_each_for_itself() {
    let Some(log) = Log::start("").await else { return };
    let with_names = |schema: &str, prefix: &str| {
        let options = PostgresStore::options().schema(schema).table_prefix(prefix).migrate(true);
        let opening = options.open(log.fixture.database.pool());
        async move { opening.await.unwrap().with_projection(Savepoints).await.unwrap() }
    };
    let long = "l".repeat(62);
    let names = [("eskit", ""), ("eskit", "p_"), ("acme", ""), (&*(long.clone() + "1"), ""), (&*(long + "2"), "")];
    for (number, (schema, prefix)) in names.into_iter().enumerate() {
        let store = with_names(schema, prefix).await;
        for _ in 0..=number {
            store.append(one(plain("test.Row"))).await.unwrap();
        }
    }
    for (number, (schema, prefix)) in names.into_iter().enumerate() {
        let mut reading = with_names(schema, prefix).await.read_projection::<Savepoints>().await.unwrap();
        let expected: Vec<u64> = (1..).take(number + 1).collect();
        assert_eq!(positions(&mut reading, "notes").await, expected, "{schema} {prefix}");
    }
    let mut reading = log.fixture.database.pool().acquire().await.unwrap();
    for (table, count) in [("savepoints__1.notes", 1), ("p_savepoints__1.notes", 2), ("acme_savepoints__1.notes", 3)] {
        assert_eq!(positions(&mut reading, table).await.len(), count, "{table}");
    }
}
