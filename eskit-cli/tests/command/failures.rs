//! What the program says of logs that it cannot open, and of readers that go away.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::process::Stdio;

use crate::support::{Ended, Folder, block_on, command, eskit_on, small_file};
use eskit_postgres::testing;
use rusqlite::Connection;

/// Runs a verb that reads and one that writes, and checks how both end.
#[track_caller]
fn refused(dsn: &str, code: i32, told: &str) -> Ended {
    let archive = eskit_on(dsn, &["streams", "archive", "order:o-1", "--yes"]);
    let stats = eskit_on(dsn, &["store", "stats"]);
    for ended in [&archive, &stats] {
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
        assert!(ended.err.starts_with("error: ") && ended.err.contains(told), "{ended:?}");
        // Functions of Rust are no remedy at a terminal.
        for function in ["(true)", "::", "(..)"] {
            assert!(!ended.err.contains(function), "{ended:?}");
        }
    }
    stats
}

#[test]
fn a_path_that_is_not_there_stays_so() {
    let folder = Folder::new("missing");
    refused(&folder.dsn("missing.db"), 5, "missing.db`\nhelp: check the path");
    refused(&folder.dsn("no/such/folder.db"), 5, "there is no file");
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0);
}

#[test]
fn a_file_of_another_program_stays_as_it_is() {
    let folder = Folder::new("foreign");
    Connection::open(folder.path("other.db")).unwrap().execute_batch("CREATE TABLE orders (id)").unwrap();
    std::fs::write(
        folder.path("text.db"),
        "this is no database, but a text that is long enough for a header".repeat(9),
    )
    .unwrap();
    std::fs::write(folder.path("empty.db"), "").unwrap();
    for (name, code, told) in [
        ("other.db", 1, "is a database of another program"),
        ("text.db", 1, "not a database"),
        ("empty.db", 4, "empty.db` is empty\nhelp: "),
    ] {
        let before = std::fs::read(folder.path(name)).unwrap();
        refused(&folder.dsn(name), code, told);
        assert!(std::fs::read(folder.path(name)).unwrap() == before, "{name} was written");
    }
}

/// A file of views is no log, and says so.
#[test]
fn a_file_of_views_is_told_from_one_of_another_program() {
    let folder = Folder::new("views-as-log");
    block_on(eskit::sqlite::SqliteViews::open(folder.path("views.db"))).unwrap();
    let ended = refused(
        &folder.dsn("views.db"),
        1,
        "views.db` is a catalogue of views, not a log\nhelp: open the file of the log",
    );
    assert!(!ended.err.contains("another program"), "{ended:?}");
}

/// A log that may not be written is the same refusal on both databases.
#[test]
fn what_may_not_be_written_ends_with_4() {
    let archive = &["streams", "archive", "order:o-1", "--yes"];
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    let dsn = block_on(async {
        let store = eskit::postgres::PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
        crate::support::small_log(&store).await;
        let views = eskit::postgres::PostgresViews::options().connect(database.dsn()).await.unwrap();
        let role = format!("reads_{}", std::process::id());
        for sql in [
            format!("CREATE ROLE {role} LOGIN"),
            format!("GRANT USAGE ON SCHEMA eskit, eskit_views TO {role}"),
            format!("GRANT SELECT ON ALL TABLES IN SCHEMA eskit, eskit_views TO {role}"),
        ] {
            eskit::postgres::sqlx::raw_sql(eskit::postgres::sqlx::AssertSqlSafe(sql))
                .execute(views.pool())
                .await
                .unwrap();
        }
        let (before, after) = database.dsn().split_once('@').unwrap();
        let (scheme, _) = before.split_once("://").unwrap();
        format!("{scheme}://{role}@{after}")
    });
    let ended = eskit_on(&dsn, archive);
    assert_eq!((ended.code, ended.out.as_str()), (4, ""), "{ended:?}");
    assert!(ended.err.contains("permission denied") && ended.err.contains("grant"), "{ended:?}");
    let mut cancel = command(&["work", "cancel", "reminders", "remind/1", "--yes"]);
    let ended: Ended = cancel.env("ESKIT_VIEWS", &dsn).output().unwrap().into();
    assert_eq!((ended.code, ended.out.as_str()), (4, ""), "{ended:?}");
    assert!(
        ended.err.contains("permission denied") && ended.err.contains("help: run as the owner: GRANT"),
        "{ended:?}"
    );
}

#[test]
fn a_newer_log_is_left_to_a_newer_program() {
    let folder = Folder::new("newer");
    let dsn = small_file(&folder);
    Connection::open(folder.path("small.db")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    refused(&dsn, 1, "has schema version 99, but this program knows versions up to");
}

/// The pages of the events are overwritten: what is opened without them fails when they are read.
#[test]
fn a_damaged_file_is_told() {
    let folder = Folder::new("damaged");
    let dsn = small_file(&folder);
    let mut file = std::fs::File::options().read(true).write(true).open(folder.path("small.db")).unwrap();
    let mut all = Vec::new();
    file.read_to_end(&mut all).unwrap();
    for page in 1..all.len() / 4096 {
        file.seek(SeekFrom::Start(page as u64 * 4096)).unwrap();
        file.write_all(&[0xa5; 4096]).unwrap();
    }
    drop(file);
    let verbs =
        [&["events", "search"][..], &["store", "stats"], &["store", "check"], &["streams", "list"], &["trace", "1"]];
    for verb in verbs {
        let ended = eskit_on(&dsn, verb);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{verb:?}: {ended:?}");
        assert!(ended.err.contains("malformed") || ended.err.contains("damaged"), "{ended:?}");
        assert!(!ended.err.contains("copy"), "{verb:?}: {ended:?}");
    }
}

#[test]
fn a_wrong_dsn_is_told_without_its_password() {
    for (dsn, code, told) in [
        ("mysql://u:secret@h/d", 2, "cannot connect to the DSN `mysql:..`"),
        ("app.db", 2, "without a scheme"),
        ("sqlit:app.db", 2, "the DSN `sqlit:..`: it names no store (did you mean `sqlite:`?)"),
        ("sqlite:app.db?mode=ro", 2, "those of SQLite have none"),
        ("memory:", 2, "`memory:` is always a new log"),
        ("sqlite:app.db\n", 2, "line break"),
        ("postgres://u:secret@127.0.0.1:1/d", 5, "cannot connect to `127.0.0.1:1`"),
        ("postgres://u:secret@h/d?sslmoed=require", 2, "the parameter"),
        ("postgres://u:sec@ret@h:port/d", 2, "the DSN cannot be read"),
    ] {
        let ended = refused(dsn, code, told);
        assert!(!ended.err.contains("secret") && !ended.err.contains("sec@ret"), "{ended:?}");
    }
}

#[test]
fn a_database_without_a_log_gets_none() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    refused(database.dsn(), 1, "eskit");
    // A second look finds the same: nothing was created.
    refused(database.dsn(), 1, "eskit");
}

/// `eskit .. | head -1`.
#[test]
fn a_reader_that_goes_away_has_read_enough() {
    let folder = Folder::new("pipe");
    let dsn = small_file(&folder);
    for verb in [&["events", "follow", "--after", "0", "--json"][..], &["events", "search"], &["--help"]] {
        let mut child =
            command(verb).env("ESKIT_STORE", &dsn).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        if verb[1..].first() == Some(&"follow") {
            // It notices with the next event.
            block_on(async {
                let store = eskit::sqlite::SqliteStore::open(folder.path("small.db")).await.unwrap();
                let event = eskit::log::NewEvent::json("test.Happened", "{}");
                eskit::EventStore::append(&store, eskit::log::Append::new(vec![event])).await.unwrap();
            });
        }
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{verb:?}: {ended:?}");
    }
}
