//! The verbs that write, and events that come while the program looks on.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::{Folder, block_on, command, eskit_on, golden, ok_on, scrub, small_file, small_log};
use eskit::EventStore;
use eskit::log::{Append, NewEvent};
use eskit::postgres::PostgresStore;
use eskit::sqlite::SqliteStore;
use eskit_postgres::testing;

const CLOSED: &str = r#"{"type":"order","id":"o-1","version":2,"status":"#;

fn changes(dsn: &str) {
    let run = |arguments: &[&str]| {
        let ended = eskit_on(dsn, &[arguments, &["--json"]].concat());
        (ended.code, scrub(&ended.out, &["since"]), ended.err)
    };
    let status = |status: &str| (0, format!("{CLOSED}{status}}}\n"), String::new());
    let archived = status(r#""archived","since":"..","reason":null"#);
    let open = status(r#""open","since":null,"reason":null"#);
    assert_eq!(run(&["streams", "archive", "order:o-1", "--yes"]), archived);
    assert_eq!(run(&["streams", "archive", "order:o-1", "-y"]), archived);
    assert_eq!(run(&["streams", "restore", "order:o-1", "--yes"]), open);
    // Nobody is there to be asked.
    let (code, out, err) = run(&["streams", "delete", "order:o-1", "--reason", "r"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("this would delete stream `order:o-1` with its 2 events for good"), "{err}");
    assert!(err.contains("help: add `--yes`"), "{err}");
    assert_eq!(run(&["streams", "show", "order:o-1"]), open);

    let tombstone = ["streams", "tombstone", "order:o-1", "--reason", "over", "--yes"];
    assert_eq!(run(&tombstone), status(r#""tombstoned","since":"..","reason":"over""#));
    let (code, _, err) = run(&["streams", "archive", "order:o-1", "--yes"]);
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("cannot archive stream `order:o-1`: it is tombstoned"), "{err}");
    let delete = ["streams", "delete", "order:o-1", "--reason", "erased", "--yes"];
    assert_eq!(run(&delete), status(r#""deleted","since":"..","reason":"erased""#));
    assert_eq!(ok_on(dsn, &["events", "search", "--stream", "order:o-1"]), "");

    let (code, _, err) = run(&["streams", "archive", "order:never", "--yes"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("holds no event"), "{err}");
    let (code, _, err) = run(&["streams", "delete", "order:o-2", "--yes"]);
    assert_eq!(code, 2, "{err}");
    let (code, _, err) = run(&["streams", "delete", "order:o-2", "--reason", "", "--yes"]);
    assert_eq!(code, 2, "{err}");
}

fn event(name: &str) -> Append {
    Append::new(vec![NewEvent::json(name, "{}")])
}

/// Another process appends while the program follows.
fn follows(dsn: &str, store: &impl EventStore) {
    let mut child = command(&["events", "follow", "--type", "test.Wanted", "--limit", "2"]);
    let mut child = child.env("ESKIT_STORE", dsn).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    block_on(async {
        // It begins at the end of the log, whenever that is: some events may come before.
        while child.try_wait().unwrap().is_none() {
            store.append(event("test.Passed")).await.unwrap();
            store.append(event("test.Wanted")).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    assert!(child.wait().unwrap().success());
    for _ in 0..2 {
        assert!(lines.next().unwrap().unwrap().ends_with("  test.Wanted"));
    }
    assert!(lines.next().is_none());
}

#[test]
fn on_sqlite_beside_a_program_that_writes() {
    let folder = Folder::new("writing");
    let dsn = small_file(&folder);
    let store = block_on(SqliteStore::open(folder.path("small.db"))).unwrap();
    changes(&dsn);
    follows(&dsn, &store);
    let refused = block_on(store.append(Append::new(vec![
        NewEvent::json("test.Happened", "{}").with_stream(eskit::log::StreamId::new("order", "o-1")),
    ])));
    assert!(refused.unwrap_err().to_string().contains("takes no events"));
    block_on(store.close());
}

#[test]
fn on_postgres_beside_a_program_that_writes() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    let store = block_on(PostgresStore::options().migrate(true).connect(database.dsn())).unwrap();
    block_on(small_log(&store));
    changes(database.dsn());
    follows(database.dsn(), &store);
    block_on(store.close());
}

/// A stream goes into an archive, and comes back under another name.
#[test]
fn a_stream_is_archived_elsewhere_and_restored() {
    let folder = Folder::new("cold");
    let (dsn, cold) = (small_file(&folder), folder.dsn("cold.db"));
    let mut all = String::new();
    for (arguments, code) in [
        (&["streams", "archive", "order:o-1", "--into", &cold, "--yes"][..], 0),
        (&["streams", "archive", "order:o-1", "--into", &cold, "--delete", "--reason", "closed", "--yes"], 4),
        (
            &[
                "streams",
                "archive",
                "order:o-1",
                "--into",
                &cold,
                "--delete",
                "--reason",
                "closed",
                "--although-tagged",
                "--yes",
                "--json",
            ],
            0,
        ),
        (&["streams", "show", "order:o-1"], 0),
        (&["streams", "restore", "order:o-1", "--from", &cold, "--yes"], 4),
        (&["streams", "restore", "order:o-1", "--from", &cold, "--as", "order:o-1b", "--yes"], 0),
        (&["streams", "restore", "order:o-1", "--from", &cold, "--as", "order:o-1b", "--yes", "--json"], 0),
        (&["events", "search", "--stream", "order:o-1b"], 0),
        (&["streams", "archive", "order:o-3", "--into", &cold, "--yes"], 3),
        (&["streams", "restore", "order:nope", "--from", &cold, "--yes"], 1),
        (&["streams", "archive", "order:o-4", "--into", &cold], 2),
        (&["streams", "archive", "order:o-4", "--delete", "--reason", "x"], 2),
    ] {
        let ended = eskit_on(&dsn, arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
        all.push_str(&format!("$ eskit {}\n{}{}\n", arguments.join(" "), ended.out, ended.err));
    }
    let all = all.replace(&cold, "sqlite:cold.db");
    let without_ids: String = all
        .lines()
        .map(|line| {
            let is_varied = ["archive ", "since "].iter().any(|name| line.starts_with(name));
            let line = if is_varied { line.split("  ").next().unwrap_or_default().to_owned() } else { line.to_owned() };
            line + "\n"
        })
        .collect();
    golden("cold.txt", &scrub(&without_ids, &["archive"]));
}
