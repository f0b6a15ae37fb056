//! Logs that are moved: into another store, and to and from a file.

use std::process::{Command, Stdio};

use crate::support::{Folder, block_on, command, eskit, eskit_on, golden, ok_on, scrub, small_file};
use eskit::EventStore;
use eskit::log::{Append, NewEvent, Position};
use eskit::postgres::PostgresStore;
use eskit::sqlite::SqliteStore;
use eskit_postgres::testing;
use rusqlite::Connection;

const SEARCH: [&str; 3] = ["events", "search", "--json"];

/// The commands with what they print, without what differs from run to run.
fn told(from: &str, to: &str, commands: &[&[&str]]) -> String {
    let mut all = String::new();
    for arguments in commands {
        let with_to = [arguments, &["--to", to][..]].concat();
        let ended = eskit_on(from, &with_to);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{arguments:?}: {ended:?}");
        let own = |line: &&str| !line.starts_with("log  ") && !line.starts_with("sha256  ");
        let out: String = ended.out.lines().filter(own).map(|line| format!("{line}\n")).collect();
        all.push_str(&format!("$ eskit {}\n{}\n", arguments.join(" "), scrub(&out, &["log", "sha256"])));
    }
    all
}

/// The same on each pair of stores: what the verbs print, and what the copy then answers.
fn copies(from: &str, to: &str) {
    let found = told(
        from,
        to,
        &[
            &["migrate", "--yes", "--verify", "--batch-size", "2"],
            &["migrate", "--yes", "--verify", "--json"],
            &["migrate", "--dry-run"],
            &["store", "check"],
            &["store", "check", "--json"],
        ],
    );
    golden("migrate.txt", &found);
    assert_eq!(ok_on(to, &SEARCH), ok_on(from, &SEARCH));
    assert_eq!(ok_on(to, &["streams", "list", "--json"]), ok_on(from, &["streams", "list", "--json"]));
}

#[test]
fn a_dry_run_into_a_file_that_is_not_there_makes_none() {
    let folder = Folder::new("dry-run");
    let (from, to) = (small_file(&folder), folder.dsn("copy.db"));
    let ended = eskit_on(&from, &["migrate", "--dry-run", "--to", &to, "--json"]);
    assert!(ended.code == 0 && ended.out.contains(r#""dry_run":true"#), "{ended:?}");
    assert!(!folder.path("copy.db").exists());
    // What the copy would refuse is refused.
    let ended = eskit_on(&from, &["migrate", "--dry-run", "--to", &format!("{to}?mode=rwc")]);
    assert!(ended.code != 0 && ended.err.contains("has parameters"), "{ended:?}");
}

/// What `store check` and `migrate` say once something was appended to the copy.
fn goes_apart(from: &str, to: &str, store: &impl EventStore) {
    block_on(store.append(Append::new(vec![NewEvent::json("a.B", "{}")]))).unwrap();
    let ended = eskit_on(from, &["store", "check", "--to", to]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.contains("the first log has nothing at position 10"), "{ended:?}");
    let ended = eskit_on(from, &["migrate", "--to", to, "--yes"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.err.contains("help: copy into an empty store"), "{ended:?}");
}

#[test]
fn a_log_is_copied_and_compared_on_sqlite() {
    let folder = Folder::new("migrate");
    let (from, to) = (small_file(&folder), folder.dsn("copy.db"));
    copies(&from, &to);
    let store = block_on(SqliteStore::open(folder.path("copy.db"))).unwrap();
    goes_apart(&from, &to, &store);
    block_on(store.close());
}

#[test]
fn a_log_is_copied_and_compared_on_postgres() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    let folder = Folder::new("migrate-postgres");
    let from = small_file(&folder);
    copies(&from, database.dsn());
    let store = block_on(PostgresStore::connect(database.dsn())).unwrap();
    goes_apart(&from, database.dsn(), &store);
    block_on(store.close());
}

#[test]
fn a_log_is_copied_in_another_format_and_back() {
    let folder = Folder::new("recode");
    let (from, cbor, json) = (small_file(&folder), folder.dsn("cbor.db"), folder.dsn("json.db"));
    let recode = |from: &str, to: &str, format| {
        let ended = eskit_on(from, &["migrate", "--to", to, "--recode-to", format, "--verify", "--yes"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        ok_on(to, &SEARCH)
    };
    let in_cbor = recode(&from, &cbor, "cbor");
    assert!(in_cbor.contains("application/cbor") && !ok_on(&from, &SEARCH).contains("application/cbor"), "{in_cbor}");
    assert_eq!(recode(&cbor, &json, "json"), ok_on(&from, &SEARCH));
    // Without the option, the copy is another one.
    let ended = eskit_on(&from, &["store", "check", "--to", &cbor]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.contains("the events at position 1 differ: content type"), "{ended:?}");
    let ended = eskit_on(&from, &["migrate", "--to", &cbor, "--recode-to", "xml", "--yes"]);
    assert!(ended.code == 2 && ended.err.contains("[possible values: json, cbor]"), "{ended:?}");
}

#[test]
fn a_log_goes_through_a_file() {
    let folder = Folder::new("backup");
    let from = small_file(&folder);
    let (file, lines) = (folder.path("log.eskit"), folder.path("log.ndjson"));
    let [file, lines] = [&file, &lines].map(|path| path.to_str().unwrap());
    let told = ok_on(&from, &["backup", file, "--json"]);
    golden("backup.txt", &scrub(&told, &["log", "file_bytes"]));
    assert!(ok_on(&from, &["backup", lines, "--json-lines"]).contains("events written  9"));
    assert_eq!(std::fs::read_to_string(lines).unwrap().lines().count(), 12, "head, 8 appends, 3 streams.. and end");
    let ended = eskit_on(&from, &["backup", file]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.err.contains("help: "), "{ended:?}");
    for (path, name) in [(file, "restored.db"), (lines, "from-lines.db")] {
        let checked = eskit(&["restore", path, "--dry-run"]);
        assert_eq!(checked.code, 0, "{checked:?}");
        assert!(checked.out.contains("events to copy     9"), "{checked:?}");
        let copy = folder.dsn(name);
        let restored = eskit(&["restore", path, "--to", &copy, "--yes", "--json"]);
        assert_eq!(restored.code, 0, "{restored:?}");
        assert!(restored.out.contains(r#""events":9,"streams":3,"dry_run":false"#), "{restored:?}");
        assert_eq!(ok_on(&copy, &SEARCH), ok_on(&from, &SEARCH));
    }
    // One byte of a block is another one.
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let ended = eskit(&["restore", file, "--to", &folder.dsn("new.db"), "--yes"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("is damaged at"), "{ended:?}");
}

#[test]
fn a_sound_log_is_told_from_a_damaged_one() {
    let folder = Folder::new("check");
    let dsn = small_file(&folder);
    let told = ok_on(&dsn, &["store", "check", "--json"]);
    golden("check.txt", &scrub(&told, &["log", "sha256"]));
    let put_back = |sql: &str| {
        let conn = Connection::open(folder.path("small.db")).unwrap();
        assert_eq!(conn.execute(sql, []).unwrap(), 1, "{sql}");
    };
    let damage = |sql: &str| {
        put_back(sql);
        let ended = eskit_on(&dsn, &["store", "check"]);
        assert_eq!(ended.code, 3, "{ended:?}");
        ended.out
    };
    let found = damage("DELETE FROM tags_recent WHERE tag = 'sku:tea'");
    assert!(found.contains("is not found by its type and tags"), "{found}");
    put_back("INSERT INTO tags_recent VALUES ('sku:tea', 'shop.OrderPlaced', 1)");
    let found = damage("DELETE FROM streams_recent WHERE stream_id = 'o-1' AND version = 2");
    assert!(found.contains("a look-up of stream `order:o-1` finds version 1"), "{found}");
    let found = damage("DELETE FROM events WHERE pos = 4");
    assert!(found.contains("position"), "{found}");
}

#[test]
fn what_cannot_be_moved_is_told() {
    let folder = Folder::new("not-moved");
    let from = small_file(&folder);
    std::fs::write(folder.path("text"), "this is no backup").unwrap();
    let text = folder.path("text");
    let text = text.to_str().unwrap();
    let new = folder.dsn("new.db");
    for (arguments, code, told) in [
        (&["migrate", "--yes"][..], 2, "no other store is named\nhelp: write `--to"),
        (&["migrate", "--to", &new], 2, "help: add `--yes`"),
        (
            &["migrate", "--to", &from, "--yes", "--cutover"],
            4,
            "the store to copy to is the one that is copied\nhelp: ",
        ),
        (&["migrate", "--to", &new, "--yes", "--batch-size", "0"], 2, "--batch-size"),
        (&["migrate", "--to", "postgres://u:secret@127.0.0.1:1/d", "--yes"], 5, "cannot connect"),
        (&["store", "check", "--to", &new], 5, "there is no file"),
        (&["restore", text, "--dry-run"], 1, "is no backup of a log"),
        (&["restore", "/no/such/file", "--to", &new, "--yes"], 1, "/no/such/file"),
        (&["backup", "/no/such/folder/file"], 1, "/no/such/folder"),
    ] {
        let ended = eskit_on(&from, arguments);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(told) && !ended.err.contains("secret"), "{ended:?}");
    }
    assert!(!folder.path("new.db").exists());
}

/// Kills a migration as soon as the copy holds some events, and runs it again.
fn goes_on_after_a_kill(folder: &Folder, to: &str, head: impl Fn() -> Option<Position>) {
    let from = folder.dsn("long.db");
    block_on(async {
        let store = SqliteStore::open(folder.path("long.db")).await.unwrap();
        for _ in 0..8 {
            let events = (0..500).map(|number| NewEvent::json("a.B", format!("{number}"))).collect();
            store.append(Append::new(events)).await.unwrap();
        }
        for number in 0..2000 {
            store.append(Append::new(vec![NewEvent::json("a.C", format!("{number}"))])).await.unwrap();
        }
        store.close().await;
    });
    let mut child = command(&["migrate", "--to", to, "--yes", "--batch-size", "1"]);
    let mut child = child.env("ESKIT_STORE", &from).stdout(Stdio::null()).spawn().unwrap();
    while head().is_none_or(|head| head.get() < 4000) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the copy held 4,000 events");
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    // What was committed at the kill is not copied again.
    let copied = head().unwrap().get();
    assert!((4000..6000).contains(&copied), "{copied}");
    let ended = eskit_on(&from, &["migrate", "--to", to, "--yes", "--verify", "--json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.out.contains(r#""head":6000,"#) && ended.out.contains(r#"{"equal":true,"events":6000,"#),
        "{ended:?}"
    );
    let rest = format!(r#""events":{},"#, 6000 - copied);
    assert!(ended.out.contains(&rest), "{ended:?} {rest}");
}

#[test]
fn a_migration_that_is_killed_goes_on_in_sqlite() {
    let folder = Folder::new("killed");
    let path = folder.path("copy.db");
    goes_on_after_a_kill(&folder, &folder.dsn("copy.db"), || {
        let conn = Connection::open_with_flags(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let head: Option<i64> = conn.query_row("SELECT max(pos) FROM events", [], |row| row.get(0)).ok()?;
        head.map(|head| Position::new(head.unsigned_abs()))
    });
}

#[test]
fn a_migration_that_is_killed_goes_on_in_postgres() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    let folder = Folder::new("killed-postgres");
    goes_on_after_a_kill(&folder, database.dsn(), || {
        block_on(async {
            let store = PostgresStore::connect(database.dsn()).await.ok()?;
            let head = store.head().await.ok()?;
            store.close().await;
            Some(head.position)
        })
    });
}

/// Moves a log that a program writes to: what `--follow` and `--cutover` say, and what becomes of the program.
fn is_cut_over(folder: &Folder, to: &str) {
    let from = small_file(folder);
    let store = block_on(SqliteStore::open(folder.path("small.db"))).unwrap();
    let mut child = command(&["migrate", "--to", to, "--yes", "--follow", "--json"]);
    let child = child.env("ESKIT_STORE", &from).stdout(Stdio::piped()).spawn().unwrap();
    let append = || block_on(store.append(Append::new(vec![NewEvent::json("a.B", "{}")])));
    append().unwrap();
    while !eskit_on(to, &["events", "show", "10"]).out.contains("a.B") {}
    append().unwrap();
    while !eskit_on(to, &["events", "show", "11"]).out.contains("a.B") {}
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stdout).contains(r#""head":11,"events":11,"streams":3,"#), "{ended:?}");

    append().unwrap();
    let refused = eskit_on(&from, &["migrate", "--to", to, "--cutover"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("copy the log into the other store, and close it for writes"), "{refused:?}");
    let ended = eskit_on(&from, &["migrate", "--to", to, "--yes", "--cutover", "--json"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    let again = eskit_on(&from, &["migrate", "--to", to, "--yes", "--follow", "--cutover", "--verify"]);
    let own = |line: &&str| !line.starts_with("log  ") && !line.starts_with("sealed since  ");
    let again: String = again.out.lines().filter(own).map(|line| format!("{line}\n")).collect();
    golden("cutover.txt", &format!("{}\n{again}", scrub(&ended.out, &["log", "sealed_at"])));

    let refused = append().unwrap_err().to_string();
    assert!(refused.contains("the log is sealed since") && refused.contains("\nhelp: "), "{refused}");
    // A follower ends once the log is sealed and all is copied.
    let ended = eskit_on(&from, &["migrate", "--to", to, "--yes", "--follow"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ok_on(&from, &["store", "stats"]).contains("sealed since"));
    assert!(ok_on(to, &["store", "stats", "--json"]).contains(r#""sealed_at":null"#));
    let told = ok_on(&from, &["store", "unseal", "--yes"]);
    assert_eq!(told, "takes writes again, after position 12\n");
    append().unwrap();
    let told = scrub(&ok_on(&from, &["store", "seal", "--yes", "--json"]), &["sealed_at"]);
    assert_eq!(told, "{\"sealed_at\":\"..\",\"head\":13}\n");
    block_on(store.close());
}

#[test]
fn a_log_in_use_is_cut_over_to_sqlite() {
    let folder = Folder::new("cutover");
    is_cut_over(&folder, &folder.dsn("copy.db"));
}

#[test]
fn a_log_in_use_is_cut_over_to_postgres() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    is_cut_over(&Folder::new("cutover-postgres"), database.dsn());
}

/// The error of a program whose log was sealed in PostgreSQL is the same as in a file.
#[test]
fn a_log_in_postgres_is_sealed_for_its_programs() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(PostgresStore::options().migrate(true).connect(database.dsn())).unwrap();
    let append = || runtime.block_on(store.append(Append::new(vec![NewEvent::json("a.B", "{}")])));
    append().unwrap();
    assert!(ok_on(database.dsn(), &["store", "seal", "--yes"]).starts_with("sealed since "));
    let refused = append().unwrap_err().to_string();
    assert!(refused.contains("the log is sealed since 20") && refused.contains("\nhelp: "), "{refused}");
    runtime.block_on(store.close());
}
