//! What is left when a writer is killed, or when its disk fails.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, AppendError, EventId, QueryItem, ReadOptions, StoreErrorKind, Tag};
use eskit_sqlite::SqliteStore;

const CHILD_FILE: &str = "ESKIT_SQLITE_TEST_CRASH_FILE";
const CHILD_ROUND: &str = "ESKIT_SQLITE_TEST_CRASH_ROUND";
const WRITERS: usize = 8;

/// The append number `number` of a writer in a round: three events that belong together.
fn append(round: usize, writer: usize, number: usize) -> Append {
    let key = format!("{round}-{writer}-{number}");
    let event = |part: usize| {
        tagged(["part.One", "part.Two", "part.Three"][part], &[("append", &key)])
            .with_id(EventId::from_key(&key, part))
            .with_stream(stream(&format!("w{writer}")))
            .with_payload(vec![b'x'; 300])
    };
    Append::new((0..3).map(event).collect())
}

/// Runs a test of this file as a child, through a shell that runs `prelude` first.
fn spawn(test: &str, file: &Path, round: usize, prelude: &str) -> Child {
    Command::new("sh")
        .args(["-c", &format!("{prelude} exec \"$@\""), "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(CHILD_FILE, file)
        .env(CHILD_ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn tell(line: String) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

#[tokio::test]
#[ignore = "runs as a child of `a_killed_writer_loses_nothing_that_it_acknowledged`"]
async fn child_appends_until_it_is_killed() {
    let round: usize = std::env::var(CHILD_ROUND).unwrap().parse().unwrap();
    let store = SqliteStore::open(std::env::var_os(CHILD_FILE).unwrap()).await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let appended = store.append(append(round, writer, number)).await.unwrap();
                    tell(format!("ack {writer} {number} {}\n", appended.positions[0]));
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// The acknowledgements of a child: (writer, number) and the first position.
fn acknowledged(child: &mut Child) -> impl Iterator<Item = ((usize, usize), u64)> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter_map(|line| {
        // The last line may be cut off by the kill; it counts only when it is whole.
        let (_, numbers) = line.split_once("ack ")?;
        let numbers: Vec<u64> = numbers.split(' ').map_while(|number| number.parse().ok()).collect();
        let [writer, number, position] = numbers[..] else { return None };
        Some(((writer as usize, number as usize), position))
    })
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    let folder = Folder::new("kill");
    let file = folder.file("log.db");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut total = 0;
    for round in 0..20 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = spawn("crash::child_appends_until_it_is_killed", &file, round, "");
        let mut acks = acknowledged(&mut child);
        let first = acks.next().expect("the child acknowledges something");
        let pause = Duration::from_micros(random >> 33 & 0x1_ffff);
        let collector = std::thread::spawn(move || acks.collect::<HashMap<_, _>>());
        std::thread::sleep(pause);
        child.kill().unwrap();
        child.wait().unwrap();
        let mut known = collector.join().unwrap();
        known.insert(first.0, first.1);
        total += known.len();

        let store = SqliteStore::open(&file).await.unwrap();
        assert_whole(&store).await;
        for ((writer, number), position) in known {
            let repeat = store.append(append(round, writer, number)).await.unwrap();
            assert!(repeat.repeated, "append {number} of writer {writer} in round {round} is lost");
            assert_eq!(repeat.positions[0].get(), position);
        }
        store.close().await;
    }
    assert!(total > 20, "only {total} appends were acknowledged in all");
}

/// Every append is there with all three events or not at all, positions have no gap, and the indexes agree.
async fn assert_whole(store: &SqliteStore) {
    let log = everything(store).await;
    assert_eq!(numbers(&log), (1..=log.len() as u64).collect::<Vec<_>>());
    for append in log.chunks(3) {
        let names: Vec<&str> = append.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["part.One", "part.Two", "part.Three"]);
        let key = append[0].tags.values("append").next().unwrap();
        assert!(append.iter().all(|event| event.tags.values("append").eq([key])));
    }
    for append in log.chunks(3).rev().take(30) {
        let key = append[0].tags.values("append").next().unwrap();
        let by_tag =
            store.read(&QueryItem::tags([Tag::new("append", key)]).into(), ReadOptions::default()).await.unwrap();
        assert_eq!(by_tag.events, append);
    }
}

#[tokio::test]
#[ignore = "runs as a child of `a_failing_disk_makes_the_writer_fail_closed`"]
async fn child_appends_until_its_disk_fails() {
    let store = SqliteStore::options().readers(1).open(std::env::var_os(CHILD_FILE).unwrap()).await.unwrap();
    let mut number = 0;
    let error = loop {
        match store.append(append(0, 0, number)).await {
            Ok(appended) => tell(format!("ack 0 {number} {}\n", appended.positions[0])),
            Err(error) => break error,
        }
        number += 1;
    };
    assert!(matches!(error, AppendError::UnknownOutcome(_)), "{error:?}");
    for _ in 0..3 {
        match store.append(one(plain("later"))).await {
            Err(AppendError::Store(error)) => {
                assert_eq!(error.kind(), StoreErrorKind::FailedClosed);
                assert!(error.to_string().contains("open it again"), "{error}");
            }
            other => panic!("a failed writer answered {other:?}"),
        }
    }
    assert_eq!(everything(&store).await.len(), number * 3, "what was acknowledged can still be read");
    tell(format!("failed {number}\n"));
}

/// A limit on the size of files, with its signal ignored, makes writes fail as a broken disk does.
#[tokio::test]
async fn a_failing_disk_makes_the_writer_fail_closed() {
    let folder = Folder::new("disk");
    let file = folder.file("log.db");
    SqliteStore::open(&file).await.unwrap().close().await;
    let child = spawn("crash::child_appends_until_its_disk_fails", &file, 0, "trap '' XFSZ; ulimit -f 600;");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let (_, failed) = text.rsplit_once("failed ").unwrap();
    let number: usize = failed.split_whitespace().next().unwrap().parse().unwrap();
    assert!(number > 3, "{text}");

    let store = SqliteStore::open(&file).await.unwrap();
    assert_whole(&store).await;
    for number in 0..number {
        assert!(store.append(append(0, 0, number)).await.unwrap().repeated);
    }
    // The ambiguous one: tried again with the same ids it is there once, whatever became of it.
    store.append(append(0, 0, number)).await.unwrap();
    assert!(store.append(append(0, 0, number)).await.unwrap().repeated);
    assert_eq!(everything(&store).await.len(), (number + 1) * 3);
}
