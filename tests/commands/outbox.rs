//! Commands that a program without events puts into a queue, together with its own writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use eskit::log::{Query, ReadOptions, StoreErrorKind};
use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::prelude::*;
use eskit::processor::OnRefused;
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit::work::{ListWork, QueueItem, Work as _};
use eskit::{EnqueueError, QueueOptions, StoreError};
use eskit_postgres::testing;
use sqlx::PgPool;

use super::shop::{OrderPlaced, PlaceOrder, ShipOrder, ShopCommand, place};

const LOG: &str = "ESKIT_TEST_OUTBOX_LOG";
const FOLDER: &str = "ESKIT_TEST_OUTBOX_FOLDER";
const QUEUE: &str = "shop-commands";

/// A program with a table of invoices, each of which places an order.
struct Program {
    app: App<AnyStore>,
    tables: Tables,
}

enum Tables {
    Sqlite(rusqlite::Connection, SqliteViews),
    Postgres(PgPool, PostgresViews),
}

/// How a transaction ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Commit,
    RollBack,
}

impl Program {
    /// Opens the program on the log `sqlite` in a folder, or on a database of PostgreSQL.
    async fn open(log: &str, folder: &Path) -> Program {
        let options = QueueOptions::on_refused(OnRefused::Fail);
        if log == "sqlite" {
            let file = folder.join("app.db");
            let connection = rusqlite::Connection::open(&file).unwrap();
            connection.busy_timeout(Duration::from_secs(10)).unwrap();
            connection.execute_batch("CREATE TABLE IF NOT EXISTS invoices (number INTEGER PRIMARY KEY)").unwrap();
            let views = SqliteViews::open(folder.join("views.db")).await.unwrap().with_outbox(file).await.unwrap();
            let store = AnyStore::new(SqliteStore::open(folder.join("log.db")).await.unwrap());
            let app = App::new(store).with_queue::<ShopCommand>(QUEUE, views.clone(), options);
            return Program { app, tables: Tables::Sqlite(connection, views) };
        }
        let store = eskit::connect(log).await.unwrap();
        let pool = store.downcast_ref::<PostgresStore>().unwrap().pool().clone();
        sqlx::raw_sql("CREATE TABLE IF NOT EXISTS invoices (number bigint PRIMARY KEY)").execute(&pool).await.unwrap();
        let views = PostgresViews::open(pool.clone()).await.unwrap();
        let app = App::new(store).with_queue::<ShopCommand>(QUEUE, views.clone(), options);
        Program { app, tables: Tables::Postgres(pool, views) }
    }

    /// Writes an invoice, and puts the command that places its order into the queue.
    async fn invoice(&mut self, number: u64, end: End) {
        let item = self.app.enqueue(place(number)).idempotency_key(format!("place:{number}")).into_item().unwrap();
        assert_eq!(item.queue, QUEUE);
        match &mut self.tables {
            Tables::Sqlite(connection, views) => {
                let transaction = connection.transaction().unwrap();
                transaction.execute("INSERT INTO invoices (number) VALUES (?1)", [number.cast_signed()]).unwrap();
                views.enqueue_in(&transaction, item).unwrap();
                if end == End::Commit { transaction.commit().unwrap() } else { transaction.rollback().unwrap() }
            }
            Tables::Postgres(pool, views) => {
                let mut transaction = pool.begin().await.unwrap();
                let insert = sqlx::query("INSERT INTO invoices (number) VALUES ($1)").bind(number.cast_signed());
                insert.execute(&mut *transaction).await.unwrap();
                assert!(views.enqueue_in(&mut transaction, item).await.unwrap());
                let is_committed = end == End::Commit;
                if is_committed { transaction.commit().await } else { transaction.rollback().await }.unwrap();
            }
        }
    }

    /// The numbers of all invoices.
    async fn invoices(&self) -> BTreeSet<u64> {
        let sql = "SELECT number FROM invoices";
        let numbers: Vec<i64> = match &self.tables {
            Tables::Sqlite(connection, _) => {
                let mut statement = connection.prepare(sql).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
            }
            Tables::Postgres(pool, _) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
        };
        numbers.into_iter().map(i64::cast_unsigned).collect()
    }

    /// The orders that were placed, in order.
    async fn placed(&self) -> Vec<u64> {
        let page = self.app.store().read(&Query::all(), ReadOptions::default().limit(10_000)).await.unwrap();
        page.events.iter().map(|event| event.decode::<OrderPlaced>().unwrap().order).collect()
    }

    /// Waits until as many orders were placed.
    async fn until_placed(&self, count: usize) {
        let wait = async {
            let mut head = eskit::log::Place::START;
            while self.placed().await.len() < count {
                head = self.app.store().watch(head).await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap();
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("outbox-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What holds on both databases, in one process.
async fn committed_together_or_not_at_all(log: &str, folder: &Path) {
    let mut program = Program::open(log, folder).await;
    program.invoice(1, End::RollBack).await;
    program.invoice(2, End::Commit).await;
    let running = program.app.clone().start().await.unwrap();
    program.until_placed(1).await;
    // Workers that run already hear of what is committed.
    program.invoice(3, End::RollBack).await;
    program.invoice(4, End::Commit).await;
    program.until_placed(2).await;
    assert_eq!((program.placed().await, program.invoices().await), (vec![2, 4], BTreeSet::from([2, 4])));
    running.stop().await.unwrap();
    assert_eq!(running.queue(QUEUE).unwrap().list(ListWork::default()).await.unwrap(), []);
}

#[tokio::test]
async fn in_sqlite_both_are_committed_or_neither() {
    committed_together_or_not_at_all("sqlite", &folder("rollback")).await;
}

#[tokio::test]
async fn in_postgres_both_are_committed_or_neither() {
    let Some(database) = testing::database().await.unwrap() else { return };
    committed_together_or_not_at_all(database.dsn(), Path::new("")).await;
}

/// What a process does that is to be killed: it writes invoices; nothing where no test has started it.
#[tokio::test]
async fn a_process_that_is_killed() {
    let (Ok(log), Ok(folder)) = (std::env::var(LOG), std::env::var(FOLDER)) else { return };
    let mut program = Program::open(&log, Path::new(&folder)).await;
    let first = program.invoices().await.last().map_or(1, |last| last + 1);
    // Not for ever, in case nothing kills it soon.
    for number in first..first + 200 {
        program.invoice(number, if number % 3 == 0 { End::RollBack } else { End::Commit }).await;
    }
}

/// A process that ends with this value.
struct Killed(Child);

impl Killed {
    fn spawn(log: &str, folder: &Path) -> Killed {
        let mut process = Process::new(std::env::current_exe().unwrap());
        process.args(["outbox::a_process_that_is_killed", "--exact"]).env(LOG, log).env(FOLDER, folder);
        Killed(process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Kills processes amid their transactions, while another one works on the queue.
async fn a_kill_loses_and_repeats_nothing(log: &str, folder: &Path) {
    let program = Program::open(log, folder).await;
    let running = program.app.clone().start().await.unwrap();
    for more in [1, 3, 10, 20] {
        let (before, writer) = (program.invoices().await.len(), Killed::spawn(log, folder));
        while program.invoices().await.len() < before + more {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(writer);
    }
    let invoices = program.invoices().await;
    program.until_placed(invoices.len()).await;
    let placed = program.placed().await;
    assert_eq!(placed.len(), invoices.len(), "{placed:?}");
    assert_eq!(BTreeSet::from_iter(placed), invoices);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_sqlite_a_kill_loses_and_repeats_nothing() {
    a_kill_loses_and_repeats_nothing("sqlite", &folder("killed")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_postgres_a_kill_loses_and_repeats_nothing() {
    let Some(database) = testing::database().await.unwrap() else { return };
    a_kill_loses_and_repeats_nothing(database.dsn(), Path::new("")).await;
}

fn ids(items: &[eskit::work::WorkItem]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

#[tokio::test]
async fn a_second_command_with_a_key_is_left_out() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let program = Program::open(database.dsn(), Path::new("")).await;
    let Tables::Postgres(pool, views) = &program.tables else { return };
    let item = || program.app.enqueue(place(1)).idempotency_key("place:1").into_item().unwrap();
    let mut transaction = pool.begin().await.unwrap();
    assert!(views.enqueue_in(&mut transaction, item()).await.unwrap());
    assert!(!views.enqueue_in(&mut transaction, item()).await.unwrap());
    // No other connection sees it before the commit.
    assert_eq!(views.list_work(QUEUE, ListWork::default()).await.unwrap(), []);
    transaction.commit().await.unwrap();
    assert_eq!(ids(&views.list_work(QUEUE, ListWork::default()).await.unwrap()), ["place:1"]);
}

/// A kill after commands were put into their queue, and before they were removed from the outbox.
#[tokio::test]
async fn what_is_in_the_queue_already_is_taken_out_of_the_outbox() {
    let folder = folder("taken");
    let mut program = Program::open("sqlite", &folder).await;
    program.invoice(1, End::Commit).await;
    program.invoice(2, End::Commit).await;
    let item = program.app.enqueue(place(1)).idempotency_key("place:1").into_item().unwrap().item;
    let Tables::Sqlite(connection, views) = &program.tables else { return };
    assert_eq!(views.add_work(QUEUE, vec![item]).await.unwrap(), 1);
    let running = program.app.clone().start().await.unwrap();
    program.until_placed(2).await;
    running.stop().await.unwrap();
    assert_eq!(program.placed().await.len(), 2);
    let left: i64 = connection.query_row("SELECT count(*) FROM eskit_outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_cannot_be_enqueued_is_refused_with_the_remedy() {
    let folder = folder("refused");
    let said = |error: StoreError| (error.kind(), error.to_string().lines().next_back().unwrap().to_owned());
    let views = SqliteViews::open(folder.join("views.db")).await.unwrap();
    let app = App::new(MemoryStore::new()).with_queue::<PlaceOrder>(
        QUEUE,
        views.clone(),
        QueueOptions::on_refused(OnRefused::Fail),
    );
    let item = || app.enqueue(place(1)).into_item().unwrap();
    let mut other = rusqlite::Connection::open_in_memory().unwrap();
    let refused = views.enqueue_in(&other.transaction().unwrap(), item()).unwrap_err();
    let help = "help: open them with `SqliteViews::open(..).await?.with_outbox(\"app.db\")`";
    assert_eq!(said(refused), (StoreErrorKind::Invalid, help.to_owned()));

    let file = folder.join("app.db");
    let missing = views.clone().with_outbox(&file).await.unwrap_err();
    assert_eq!(missing.kind(), StoreErrorKind::Unavailable, "{missing}");
    let foreign = views.clone().with_outbox(folder.join("views.db")).await.unwrap_err();
    assert_eq!(
        said(foreign),
        (StoreErrorKind::Foreign, "help: name the file with the tables of the program".to_owned())
    );
    let mut connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE invoices (number INTEGER)").unwrap();
    let views = views.with_outbox(&file).await.unwrap().with_outbox(&file).await.unwrap();
    fs::copy(&file, folder.join("copy.db")).unwrap();
    let second = views.clone().with_outbox(folder.join("copy.db")).await.unwrap_err();
    assert_eq!(said(second), (StoreErrorKind::Invalid, "help: leave one of them out".to_owned()));

    let elsewhere = views.enqueue_in(&other.transaction().unwrap(), item()).unwrap_err();
    assert_eq!(said(elsewhere), (StoreErrorKind::Invalid, "help: begin it on a connection to that file".to_owned()));
    let transaction = connection.transaction().unwrap();
    let long = QueueItem { item: eskit::work::NewWork { id: "x".repeat(1025), ..item().item }, ..item() };
    assert_eq!(views.enqueue_in(&transaction, long).unwrap_err().kind(), StoreErrorKind::Invalid);
    views.enqueue_in(&transaction, item()).unwrap();
    transaction.commit().unwrap();

    let none = app.enqueue(ShipOrder { order: 1 }).into_item().unwrap_err();
    assert!(matches!(none, EnqueueError::NoQueue { .. }), "{none}");
}
