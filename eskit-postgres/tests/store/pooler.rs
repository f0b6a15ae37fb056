//! Behind PgBouncer: what is fit works, and what is not is refused.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::*;
use crate::views_support::*;
use eskit_postgres::testing::Database;
use eskit_postgres::{PostgresStore, PostgresViews};
use eskit_runtime::EventStore;
use eskit_runtime::log::{AppendError, Query, ReadOptions, StoreErrorKind};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// A pooler in front of a database; ends with its test.
struct Pooler {
    folder: PathBuf,
    child: Child,
    host: String,
    database: String,
}

/// The version of PgBouncer, if it is installed.
fn version() -> Option<(u32, u32)> {
    let output = Command::new(PROGRAM).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (major, rest) = text.strip_prefix("PgBouncer ")?.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether it can keep prepared statements apart.
fn keeps_statements() -> bool {
    version().is_some_and(|version| version >= (1, 21))
}

/// The user and the group who may enter this folder.
fn owner(folder: &Path) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(folder).unwrap();
    (metadata.uid(), metadata.gid())
}

impl Pooler {
    /// `None`, with a line that says so, where there is none, or where the server has no Unix socket.
    fn start(database: &Database, settings: &str) -> Option<Pooler> {
        let options = database.connect_options();
        let server = options.get_socket().and_then(|folder| folder.to_str()).unwrap_or(options.get_host()).to_owned();
        if version().is_none() || !server.starts_with('/') {
            let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!is_ci, "no pgbouncer found, and CI=true allows no skipping: install it");
            let _ = writeln!(std::io::stderr(), "skipped: no pgbouncer found");
            return None;
        }
        let (user, group) = owner(Path::new(&server));
        let folder =
            std::env::temp_dir().join(format!("eskit-pb-{}-{}", std::process::id(), options.get_database().unwrap()));
        std::fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
        let mut pooler = Pooler {
            child: Command::new("true").spawn().unwrap(),
            host: server,
            database: options.get_database().unwrap().to_owned(),
            folder,
        };
        pooler.configure(settings);
        chown(&pooler.folder, Some(user), Some(group)).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .arg("-q")
            .arg(pooler.folder.join("ini"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if user != owner(Path::new("/proc/self")).0 {
            command.uid(user).gid(group);
        }
        pooler.child = command.spawn().unwrap();
        for _ in 0..500 {
            if UnixStream::connect(pooler.folder.join(".s.PGSQL.6432")).is_ok() {
                return Some(pooler);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{}", std::fs::read_to_string(pooler.folder.join("log")).unwrap_or_default());
    }

    fn configure(&self, settings: &str) {
        let (folder, host) = (self.folder.display(), &self.host);
        let ini = format!(
            "[databases]\n* = host={host} port=5432 user=eskit\n[pgbouncer]\nlisten_port = 6432\nlisten_addr =\n\
             unix_socket_dir = {folder}\nlogfile = {folder}/log\nauth_type = any\ndefault_pool_size = 3\n{settings}\n"
        );
        std::fs::write(self.folder.join("ini"), ini).unwrap();
    }

    /// Reads the settings anew.
    fn reload(&self) {
        let done = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
        std::thread::sleep(Duration::from_millis(300));
    }

    fn dsn(&self) -> String {
        format!("postgres://eskit@localhost:6432/{}?host={}", self.database, self.folder.display())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// By transaction, without regard for prepared statements, which before 1.21 is the only way.
fn mixing_up() -> String {
    let keeps_none = if keeps_statements() { "max_prepared_statements = 0" } else { "" };
    format!("pool_mode = transaction\n{keeps_none}")
}

#[tokio::test]
async fn a_pooler_that_mixes_up_prepared_statements_is_refused() {
    let Some(fixture) = fixture().await else { return };
    let Some(pooler) = Pooler::start(&fixture.database, &mixing_up()) else { return };
    for _ in 0..3 {
        let error = PostgresStore::connect(&pooler.dsn()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unsupported, "{error}");
        let text = error.to_string();
        assert!(text.contains("\nhelp: ") && text.contains("`max_prepared_statements = 200`"), "{text}");
    }
}

#[tokio::test]
async fn a_pool_of_the_callers_is_told_what_the_pooler_needs() {
    let Some(fixture) = fixture().await else { return };
    let Some(pooler) = Pooler::start(&fixture.database, "pool_mode = session") else { return };
    let options: PgConnectOptions = pooler.dsn().parse().unwrap();
    let pool =
        PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(3)).connect_lazy_with(options);
    let text = PostgresStore::open(pool).await.unwrap_err().to_string();
    assert!(text.contains("unsupported startup parameter: extra_float_digits"), "{text}");
    assert!(text.contains("`ignore_startup_parameters`") && text.contains("extra_float_digits(None)"), "{text}");
}

#[tokio::test]
async fn a_pooler_that_is_fit_works() {
    let Some(fixture) = fixture().await else { return };
    let session = "pool_mode = session\ndefault_pool_size = 20";
    let by_transaction = "pool_mode = transaction\nmax_prepared_statements = 200";
    for settings in [Some(session), keeps_statements().then_some(by_transaction)].into_iter().flatten() {
        let Some(pooler) = Pooler::start(&fixture.database, settings) else { return };
        let store = PostgresStore::connect(&pooler.dsn()).await.unwrap();
        let appended = store.append(one(on(stream("a"), "e"))).await.unwrap();
        assert_eq!(fixture.store.head().await.unwrap().position, appended.last());
        let watching = tokio::spawn({
            let (store, last) = (store.clone(), appended.last());
            async move { store.watch(last.into()).await }
        });
        fixture.store.append(one(plain("e"))).await.unwrap();
        watching.await.unwrap().unwrap();
        store.close().await;
    }
}

/// Appends to a log, and reads it, for a while. Returns how much was answered and was right.
async fn use_log(store: PostgresStore, name: &'static str, caller: usize) -> usize {
    let mut answered = 0;
    for number in 0..60 {
        let event = tagged(name, &[("caller", &caller.to_string()), ("number", &(number % 3).to_string())]);
        match store.append(one(event)).await {
            Ok(_) => answered += 1,
            Err(AppendError::Store(_) | AppendError::UnknownOutcome(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
        let options = ReadOptions::default().limit(20);
        let options = if number % 2 == 0 { options } else { options.backward() };
        let queries = [Query::all(), with_tag("caller", "1").into(), with_tag("number", "1").into()];
        let query = &queries[number % 3];
        let Ok(page) = store.read(query, options).await else { continue };
        let mut positions = numbers(&page.events);
        if number % 2 == 1 {
            positions.reverse();
        }
        assert!(positions.is_sorted(), "{name}: {positions:?}");
        assert!(
            page.events.iter().all(|event| event.name == name && query.matches(event)),
            "an answer of another statement"
        );
        answered += 1;
    }
    answered
}

/// The pooler turns unfit under two programs that run: whatever they are answered is of their own log, and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_mixed_up_when_a_pooler_turns_unfit() {
    let Some(fixture) = fixture().await else { return };
    let Some(pooler) = Pooler::start(&fixture.database, "pool_mode = session\ndefault_pool_size = 20") else { return };
    let mut stores = Vec::new();
    for name in ["first", "second"] {
        let options = PostgresStore::options().schema(name).migrate(true).listen(false).retry_for(Duration::ZERO);
        stores.push((name, options.connect(&pooler.dsn()).await.unwrap()));
    }
    pooler.configure(&mixing_up());
    pooler.reload();
    let tasks: Vec<_> = (0..8)
        .map(|caller| {
            let (name, store) = &stores[caller % 2];
            tokio::spawn(use_log(store.clone(), name, caller))
        })
        .collect();
    let mut answered = 0;
    for task in tasks {
        answered += task.await.unwrap();
    }
    for name in ["first", "second"] {
        let direct = PostgresStore::options().schema(name).connect(fixture.database.dsn()).await.unwrap();
        let log = everything(&direct).await;
        assert_eq!(numbers(&log), (1..=log.len() as u64).collect::<Vec<_>>());
        assert!(log.iter().all(|event| event.name == name), "an event of the other program");
    }
    assert!(answered < 8 * 120, "the pooler mixed nothing up, so this tests nothing");
}

#[tokio::test]
async fn views_work_behind_a_pooler_that_is_fit() {
    let Some(fixture) = fixture().await else { return };
    let events = fixture.events(&["a", "b", "c", "d"]).await;
    let session = "pool_mode = session\ndefault_pool_size = 20";
    let by_transaction = "pool_mode = transaction\nmax_prepared_statements = 200";
    for settings in [Some(session), keeps_statements().then_some(by_transaction)].into_iter().flatten() {
        let Some(pooler) = Pooler::start(&fixture.database, settings) else { return };
        let options: PgConnectOptions = pooler.dsn().parse().unwrap();
        let pool = PgPoolOptions::new().max_connections(6).connect_lazy_with(options.extra_float_digits(None));
        let views = PostgresViews::options().lease(Duration::from_millis(600)).open(pool).await.unwrap();
        work(&views, &events).await;
        assert_eq!(rows(fixture.store.pool(), "course_list").await, [1, 2, 3, 4]);
        views.remove_version("parking", 1).await.unwrap();
        execute(fixture.store.pool(), "DROP SCHEMA course_list CASCADE; DROP SCHEMA eskit_views CASCADE").await;
    }
}
