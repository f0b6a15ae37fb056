//! Synchronous projections in a SQLite log: read models that commit with the append.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cases::{self, Switches, Target};
use crate::support::{everything, numbers, one, plain};
use crate::target::{self, Log, Rows};
use eskit_runtime::log::{Append, AppendError, NewEvent, StoreErrorKind};
use eskit_runtime::subscription::SynchronousError;
use eskit_runtime::{EventStore, StoreError};
use eskit_sqlite::rusqlite::Connection;
use eskit_sqlite::{SqliteOptions, SqliteStore};

cases::cases!(Log);

const CHILD_FILE: &str = "ESKIT_SQLITE_TEST_SYNCHRONOUS_FILE";

fn sql(text: &str) -> Append {
    one(plain("test.Sql").with_payload(text))
}

async fn with(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path).await.unwrap().with_projection(Rows::<1>(Switches::default())).await
}

async fn start(case: &str) -> (Log, SqliteStore) {
    let log = Log::start(case).await.unwrap();
    let store = with(&log.folder.file("log.db")).await.unwrap();
    (log, store)
}

async fn positions(store: &SqliteStore) -> Vec<u64> {
    Log::rows::<1>(store).await.unwrap().into_iter().map(|(position, _)| position).collect()
}

fn failed(result: Result<eskit_runtime::log::Appended, AppendError>) -> String {
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
async fn handlers_cannot_touch_the_log_nor_the_transaction() {
    let (_log, store) = start("authorizer").await;
    store.append(one(plain("test.Row"))).await.unwrap();
    let of_log = "is a table of the log";
    let refused = [
        ("DELETE FROM events", of_log),
        ("UPDATE Tags_Recent SET tag = ''", of_log),
        ("INSERT INTO settled VALUES (9)", of_log),
        ("UPDATE mark_even SET number = 0", of_log),
        ("DROP TABLE closed_streams", of_log),
        ("DROP INDEX events_id", of_log),
        ("ALTER TABLE log RENAME TO gone", of_log),
        ("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM rows_1; END", of_log),
        (
            "CREATE TRIGGER t AFTER INSERT ON rows_1 BEGIN DELETE FROM events; END; INSERT INTO rows_1 VALUES (9, '')",
            of_log,
        ),
        ("CREATE TABLE IF NOT EXISTS tags (a)", of_log),
        ("UPDATE eskit_projections SET pos = 0", "is a table of eskit"),
        ("COMMIT", "may not begin or end a transaction"),
        ("ATTACH ':memory:' AS other", "may not attach"),
        ("PRAGMA synchronous = OFF", "may not set `PRAGMA synchronous`"),
    ];
    for (text, why) in refused {
        let error = failed(store.append(sql(text)).await);
        assert!(error.contains(why), "{text}: {error}");
    }
    // It may read the log, and it may use a savepoint.
    store
        .append(sql("SAVEPOINT a; INSERT INTO rows_1 SELECT pos + 100, type FROM events; ROLLBACK TO a"))
        .await
        .unwrap();
    assert_eq!(numbers(&everything(&store).await), [1, 2]);
    assert_eq!(positions(&store).await, [1]);
}

#[tokio::test]
async fn what_ends_the_transaction_costs_no_other_caller_its_append() {
    let (_log, store) = start("ended").await;
    store.append(one(plain("test.Row"))).await.unwrap();
    // The first ends it by a conflict and goes on to write; the second breaks a constraint that only the commit checks.
    let ended = "INSERT OR ROLLBACK INTO rows_1 VALUES (1, 'again'); INSERT INTO rows_1 VALUES (1000, 'after')";
    let deferred = "INSERT INTO children VALUES (7)";
    for (name, text, why) in [
        ("test.Sql", ended, "ended the transaction"),
        ("test.SwallowsSql", ended, "ended the transaction"),
        ("test.Sql", deferred, "cannot be committed, so nothing was appended: FOREIGN KEY"),
    ] {
        let before = store.head().await.unwrap().position.get();
        let bad = plain(name).with_payload(text);
        let running: Vec<_> = (0..20)
            .map(|number| {
                let (store, bad) = (store.clone(), bad.clone());
                let event = if number % 7 == 3 { bad.with_id(plain("").id) } else { plain("test.Row") };
                tokio::spawn(async move { (event.name.clone(), store.append(one(event)).await) })
            })
            .collect();
        for one in running {
            match one.await.unwrap() {
                (name, result) if name == "test.Row" => assert!(result.is_ok(), "{result:?}"),
                (_, result) => {
                    let error = failed(result);
                    assert!(error.contains(why), "{error}");
                }
            }
        }
        assert_eq!(store.head().await.unwrap().position.get(), before + 17);
        assert_eq!(positions(&store).await, (1..=before + 17).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn tables_of_the_log_and_of_other_versions_are_not_taken() {
    let (log, store) = start("names").await;
    let error = log.open().await.with_projection(target::Tags).await.unwrap_err();
    assert!(error.to_string().contains("`tags` is a table of the log"), "{error}");
    let error = log.open().await.with_projection(target::Again).await.unwrap_err();
    let text = error.to_string();
    for part in ["`rows_1` is a table of version 1", "`rows_1_2`", "remove_projection(\"rows\", 1)"] {
        assert!(text.contains(part), "{text}");
    }
    store.append(one(plain("test.Row"))).await.unwrap();
    assert_eq!(positions(&store).await, [1]);
}

#[tokio::test]
async fn a_read_cannot_write_and_a_store_for_reading_can_read() {
    let (log, store) = start("reads").await;
    store.append(one(plain("test.Row"))).await.unwrap();
    let write = store.read_projection::<Rows<1>, _>(|conn| conn.execute("DELETE FROM rows_1", [])).await;
    assert_eq!(write.unwrap_err().kind(), StoreErrorKind::ReadOnly);
    let path = log.folder.file("log.db");
    let reader = SqliteOptions::new().read_only(true).open(&path).await.unwrap();
    assert_eq!(positions(&reader).await, [1]);
    let error = reader.with_projection(Rows::<1>(Switches::default())).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly, "{error}");
    // Closed in order, the log is one file again.
    store.close().await;
    assert!(!log.folder.file("log.db-wal").exists());
}

#[tokio::test]
async fn a_restored_backup_goes_on_and_a_checkpoint_ahead_of_the_log_is_noticed() {
    let (log, store) = start("restored").await;
    store.append(one(plain("test.Row"))).await.unwrap();
    let copy = log.folder.file("copy.db");
    store.backup(&copy).await.unwrap();
    store.append(one(plain("test.Row"))).await.unwrap();
    let restored = with(&copy).await.unwrap();
    restored.append(Append::new(vec![plain("test.Row"); 2].into_iter().map(fresh).collect())).await.unwrap();
    assert_eq!(positions(&restored).await, [1, 2, 3]);
    // Its place in a log of other events, and beyond the end of one.
    for change in ["id = x'00000000000000000000000000000001', pos = 2", "pos = 900"] {
        let conn = Connection::open(&copy).unwrap();
        conn.execute_batch(&format!("UPDATE eskit_projections SET {change}")).unwrap();
        for error in [
            restored.append(one(plain("test.Row"))).await.map(drop).map_err(|error| match error {
                AppendError::Store(error) => error,
                other => panic!("{other}"),
            }),
            Log::rows::<1>(&restored).await.map(drop),
            with(&copy).await.map(drop),
        ] {
            let error = error.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Replaced, "{error}");
            assert!(error.to_string().contains("remove_projection"), "{error}");
        }
    }
    let plain_store = SqliteStore::open(&copy).await.unwrap();
    assert!(plain_store.remove_projection(cases::NAME, 1).await.unwrap());
    assert_eq!(positions(&with(&copy).await.unwrap()).await, [1, 2, 3]);
}

fn fresh(event: NewEvent) -> NewEvent {
    event.with_id(plain("").id)
}

fn spawn(file: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "synchronous::child_appends_until_it_is_killed", "--ignored", "--nocapture"])
        .env(CHILD_FILE, file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "runs as a child of `kills_leave_each_event_with_its_row`"]
async fn child_appends_until_it_is_killed() {
    let store = with(Path::new(&std::env::var_os(CHILD_FILE).unwrap())).await.unwrap();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                while store.append(Append::new((0..3).map(|_| plain("test.Row")).collect())).await.is_ok() {}
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn kills_leave_each_event_with_its_row() {
    let log = Log::start("kills").await.unwrap();
    let path = log.folder.file("log.db");
    // What has to be built first, so that some kills fall into that.
    let store = log.open().await;
    for _ in 0..20 {
        store.append(Append::new((0..1000).map(|_| plain("test.Row")).collect())).await.unwrap();
    }
    let mut heads = vec![store.head().await.unwrap().position.get()];
    for round in 0..10 {
        let mut child = spawn(&path);
        tokio::time::sleep(Duration::from_millis(60 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let store = log.open().await;
        let head = store.head().await.unwrap().position.get();
        let conn = Connection::open(&path).unwrap();
        let left =
            "SELECT (SELECT pos FROM eskit_projections), (SELECT count(*) FROM rows_1), (SELECT max(pos) FROM rows_1)";
        // Before the first kill, it may not even have begun.
        if let Ok((at, rows, last)) =
            conn.query_row(left, [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)))
        {
            assert_eq!((rows, last), (at, Some(at).filter(|at| *at > 0)), "round {round}");
            assert!(at == head.cast_signed() || head == heads[0], "an append was committed without its rows");
        }
        heads.push(head);
    }
    assert!(heads.last() > heads.first(), "nothing was appended: {heads:?}");
    let head = heads[heads.len() - 1];
    assert_eq!(positions(&with(&path).await.unwrap()).await, (1..=head).collect::<Vec<_>>());
}
