//! Two processes with the same processors, which are killed again and again: each order is shipped and packed once, and no effect is left
//! out.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::prelude::*;
use eskit::processor::{Acted, Effect};
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit::subscription::Apply;
use eskit::testing::TestClock;
use eskit::work::{ListWork, Todo, Work};
use eskit_postgres::testing;

use crate::shop::{Pack, Paid, Pay, Ship, Shipped, order_of, packed, shipped};

pub(crate) const LOG: &str = "ESKIT_TEST_PROCESSORS_LOG";
pub(crate) const FOLDER: &str = "ESKIT_TEST_PROCESSORS_FOLDER";
/// By how many seconds the clock of the process is off.
const SHIFT: &str = "ESKIT_TEST_PROCESSORS_SHIFT";
pub(crate) const TEST: &str = "killed::a_process_that_is_killed";
const ORDERS: u64 = 200;

/// Ships what was paid, and sends mail when it is shipped, for which it takes its time. Packs what was paid, as a to-do.
pub(crate) struct Mailing {
    folder: PathBuf,
}

/// Notes an effect.
pub(crate) fn note(folder: &Path, name: &str, key: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(folder.join(name))?;
    // In one write, so that two processes do not mix their lines.
    file.write_all(format!("{key}\n").as_bytes())
}

#[processor(name = "mailing-and-shipping", from = "beginning")]
impl Mailing {
    #[on(refused = "fail")]
    fn paid(&self, event: &Paid) -> Ship {
        Ship { order: event.order }
    }

    #[on]
    async fn shipped(&self, _: &Shipped, cx: &mut Effect<'_>) -> io::Result<()> {
        note(&self.folder, "sent", cx.key())?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(())
    }

    #[todo]
    fn to_pack(&self, event: &Paid) -> Todo<u64, u64> {
        Todo::new(event.order, event.order)
    }

    #[work(workers = 4)]
    async fn pack(&self, order: &u64, cx: &mut Effect<'_>) -> io::Result<Pack> {
        note(&self.folder, "packed", cx.key())?;
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(Pack { order: *order })
    }
}

/// The keys of the effects of this name, each with how often it was.
pub(crate) fn noted(folder: &Path, name: &str) -> BTreeMap<String, u32> {
    let mut keys = BTreeMap::new();
    for key in fs::read_to_string(folder.join(name)).unwrap_or_default().lines() {
        *keys.entry(key.to_owned()).or_default() += 1;
    }
    keys
}

pub(crate) async fn on_sqlite(folder: &Path) -> (AnyStore, SqliteViews) {
    let store = SqliteStore::open(folder.join("log.db")).await.unwrap();
    (AnyStore::new(store), SqliteViews::open(folder.join("views.db")).await.unwrap())
}

pub(crate) async fn on_postgres(dsn: &str) -> (AnyStore, PostgresViews) {
    let store = eskit::connect(dsn).await.unwrap();
    let pool = store.downcast_ref::<PostgresStore>().unwrap().pool().clone();
    (store, PostgresViews::options().lease(Duration::from_secs(1)).open(pool).await.unwrap())
}

/// A program whose clock is off by so many seconds.
pub(crate) async fn start(
    (store, views): (AnyStore, impl Apply<Acted<Mailing>> + Work),
    folder: &Path,
    shift: i64,
) -> eskit::Running<AnyStore> {
    let app = App::new(store).with_processor(Mailing { folder: folder.to_owned() }, views);
    let time = Timestamp::from_micros(Timestamp::now().as_micros() + shift * 1_000_000);
    let app = if shift == 0 { app } else { app.with_clock(&TestClock::at(time)) };
    app.start().await.unwrap()
}

/// What a process does that is to be killed; nothing where no test has started it.
#[tokio::test]
async fn a_process_that_is_killed() {
    let (Ok(log), Ok(folder)) = (std::env::var(LOG), std::env::var(FOLDER)) else { return };
    let (folder, shift) = (Path::new(&folder), std::env::var(SHIFT).map_or(0, |shift| shift.parse().unwrap()));
    let _app = match log.as_str() {
        "sqlite" => start(on_sqlite(folder).await, folder, shift).await,
        dsn => start(on_postgres(dsn).await, folder, shift).await,
    };
    std::future::pending::<()>().await;
}

/// A process that ends with this value.
pub(crate) struct Killed(Child);

impl Killed {
    /// A process that runs this test.
    pub(crate) fn spawn(test: &str, log: &str, folder: &Path) -> Killed {
        Killed::spawn_at(test, log, folder, 0)
    }

    /// One whose clock is off by so many seconds.
    pub(crate) fn spawn_at(test: &str, log: &str, folder: &Path, shift: i64) -> Killed {
        let mut process = Process::new(std::env::current_exe().unwrap());
        process.args(["--exact", test]).env(LOG, log).env(FOLDER, folder).env(SHIFT, shift.to_string());
        Killed(process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

pub(crate) fn wait_for_more(folder: &Path, name: &str, more: usize) {
    wait_for(folder, name, noted(folder, name).len() + more);
}

pub(crate) fn wait_for(folder: &Path, name: &str, count: usize) {
    let begun = Instant::now();
    while noted(folder, name).len() < count {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is {name} any more, before {count}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What happened to the processes and to their server.
#[derive(Clone, Copy, Default)]
pub(crate) struct Trouble {
    pub(crate) kills: u32,
    pub(crate) restarts: u32,
}

/// Pays the orders, and kills one process after another while another one stands by. Returns how many were killed.
async fn kill(app: &App<AnyStore>, log: &str, folder: &Path) -> Trouble {
    for order in 1..=ORDERS {
        app.execute(Pay { order }).await.unwrap();
    }
    let (mut running, mut kills) = (Killed::spawn(TEST, log, folder), 0);
    for more in [1, 7, 20, 30, 40] {
        wait_for_more(folder, "sent", more);
        let next = Killed::spawn(TEST, log, folder);
        running = next;
        kills += 1;
    }
    drop(running);
    Trouble { kills: kills + 1, restarts: 0 }
}

/// Each order was shipped and packed once. An effect was repeated only by a kill in its middle, or by a restart: of those that two
/// processes were doing, a few times each, until the server was there again.
pub(crate) async fn check(app: &App<AnyStore>, folder: &Path, paid: u64, Trouble { kills, restarts }: Trouble) {
    let interrupted = kills + 10 * restarts;
    for (name, events, most) in
        [("sent", shipped(app).await, interrupted), ("packed", packed(app).await, 4 * interrupted)]
    {
        let mut orders: Vec<u64> = events.iter().map(order_of).collect();
        orders.sort_unstable();
        assert_eq!(orders, (1..=paid).collect::<Vec<_>>(), "{name}");
        let noted = noted(folder, name);
        assert_eq!(noted.len() as u64, paid, "{name}");
        let again: u32 = noted.values().map(|times| times - 1).sum();
        assert!(again <= most, "{again} were {name} again, after {kills} kills and {restarts} restarts");
    }
}

/// Waits until a new process has done what the others have left, their claims included.
pub(crate) async fn finish(app: &App<AnyStore>, running: eskit::Running<AnyStore>) {
    let (head, begun) = (app.store().head().await.unwrap(), Instant::now());
    running.caught_up::<Mailing>(head).within(Duration::from_secs(60)).await.unwrap();
    let todos = running.todos::<Mailing>().unwrap();
    while !todos.list(ListWork::default()).await.unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", running.work_health());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await.unwrap();
}

pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("processors").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn kills_lose_and_repeat_nothing_on_sqlite() {
    let folder = folder("sqlite");
    let app = App::new(on_sqlite(&folder).await.0);
    let trouble = kill(&app, "sqlite", &folder).await;
    finish(&app, start(on_sqlite(&folder).await, &folder, 0).await).await;
    check(&app, &folder, ORDERS, trouble).await;
}

#[tokio::test]
async fn kills_lose_and_repeat_nothing_on_postgres() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let folder = folder("postgres");
    let app = App::new(on_postgres(database.dsn()).await.0);
    let trouble = kill(&app, database.dsn(), &folder).await;
    finish(&app, start(on_postgres(database.dsn()).await, &folder, 0).await).await;
    check(&app, &folder, ORDERS, trouble).await;
}
