//! What the verbs that read print, on SQLite and on PostgreSQL.

use crate::support::{Folder, block_on, command, eskit_on, golden, id, ok_on, scrub, small_file, small_log};
use eskit::postgres::PostgresStore;
use eskit_postgres::testing;

/// The verbs whose output has a golden file, with and without `--json`.
const VERBS: &[&[&str]] = &[
    &["store", "stats"],
    &["store", "health"],
    &["streams", "list"],
    &["streams", "list", "order", "--after", "o-1", "--limit", "2"],
    &["streams", "show", "order:o-4"],
    &["events", "show", "1"],
    &["events", "show", "4"],
    &["events", "search"],
    &["events", "search", "--type", "shop.OrderPlaced", "--type", "shop.OrderPaid", "--oldest", "--limit", "2"],
    &["events", "search", "--tag", "sku:tea"],
    &["events", "search", "--stream", "order:o-1", "--after", "1"],
    &["events", "search", "--stream-type", "order", "--before", "4"],
    &["events", "search", "--correlation", "c-1", "--limit", "3"],
    &["events", "search", "--since", "2025-11-30T10:53:25Z", "--until", "2025-11-30T10:53:28Z"],
    &["events", "follow", "--after", "0", "--limit", "3"],
    &["trace", "2"],
    &["types"],
];

/// Every verb on a log, as one text.
fn transcript(dsn: &str, json: &[&str]) -> String {
    let mut all = String::new();
    for verb in VERBS {
        let arguments = [*verb, json].concat();
        let ended = eskit_on(dsn, &arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        all.push_str(&format!("$ eskit {}\n{}{}\n", arguments.join(" "), ended.out, ended.err));
    }
    all
}

/// Takes out what differs from log to log: lines about the log itself, and the times at which streams were closed.
fn scrubbed(text: &str) -> String {
    let is_own = |line: &&str| {
        !["log  ", "size  ", "since  ", "answer  ", "replication  "].iter().any(|start| line.starts_with(start))
    };
    let words = |line: &str| -> Vec<String> {
        let is_time = |word: &str| word.ends_with('Z') && word.len() > 20;
        line.split(' ').map(|word| if is_time(word) { "..".to_owned() } else { word.to_owned() }).collect()
    };
    let shown = |line: &str| if line.starts_with("order:") { words(line).join(" ") } else { line.to_owned() };
    text.lines().filter(is_own).map(|line| shown(line) + "\n").collect()
}

fn check(dsn: &str) {
    golden("tables.txt", &scrubbed(&transcript(dsn, &[])));
    let json = transcript(dsn, &["--json"]);
    for line in
        json.lines().filter(|line| !line.starts_with("$ ") && !line.is_empty() && !line.starts_with("there are more"))
    {
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(parsed.is_object(), "{line}");
    }
    golden("json.txt", &scrub(&json, &["log", "size_bytes", "since", "text"]));
}

#[test]
fn sqlite() {
    let folder = Folder::new("reading");
    let dsn = small_file(&folder);
    let before = std::fs::read(folder.path("small.db")).unwrap();
    check(&dsn);
    assert!(std::fs::read(folder.path("small.db")).unwrap() == before, "what only reads has written to the file");
    // SQLite makes this file for readers, and leaves it there.
    assert_eq!(std::fs::metadata(folder.path("small.db-wal")).map_or(0, |found| found.len()), 0);
}

#[test]
fn postgres() {
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    block_on(async {
        let store = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
        small_log(&store).await;
        store.close().await;
    });
    check(database.dsn());
    let ended = eskit_on(database.dsn(), &["store", "health"]);
    let told = "replication  yes      synchronous_commit = on, synchronous_standby_names = '', 0 standbys\n";
    assert!(ended.out.contains(told), "{ended:?}");
    let ended = eskit_on(database.dsn(), &["--schema", "other", "store", "stats"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("other"), "{ended:?}");
}

#[test]
fn a_payload_is_written_byte_for_byte() {
    let folder = Folder::new("raw");
    let dsn = small_file(&folder);
    let raw =
        |event: &str| command(&["events", "show", event, "--raw"]).env("ESKIT_STORE", &dsn).output().unwrap().stdout;
    assert_eq!(raw("4"), [0, 1, 2, 255]);
    assert_eq!(raw("1"), b"{\n  \"total\": 17.10,\r\n  \"big\": 123456789012345678901234567890\n}");
    assert_eq!(raw(&id(1).to_string()), raw("1"));
}

#[test]
fn an_event_that_is_not_there_is_told() {
    let folder = Folder::new("not-there");
    let dsn = small_file(&folder);
    for (event, told) in [
        ("0", "there is no event at position 0\nhelp: positions go from 1 to 9"),
        ("10", "there is no event at position 10\nhelp: positions go from 1 to 9"),
        ("6", "it may have been deleted with its stream"),
        ("00000000-0000-7000-8000-000000000063", "there is no event with the id"),
    ] {
        for verb in [&["events", "show", event][..], &["trace", event]] {
            let ended = eskit_on(&dsn, verb);
            assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
            assert!(ended.err.contains(told), "{ended:?}");
        }
    }
    let ended = eskit_on(&dsn, &["streams", "show", "order:o-17"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("stream `order:o-17` holds no event\nhelp: "), "{ended:?}");
}

/// Only the deleted stream of an id that never was differs from one that was.
#[test]
fn a_deleted_stream_is_shown() {
    let folder = Folder::new("deleted");
    let dsn = small_file(&folder);
    assert!(ok_on(&dsn, &["streams", "show", "order:o-3"]).contains("erasure request 81"));
    assert_eq!(ok_on(&dsn, &["events", "search", "--stream", "order:o-3"]), "");
}
