//! A log goes through a file, and whatever happened to the file is noticed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod support;

use std::fs;

use eskit::log::{Append, Place, StreamId};
use eskit::transfer::{DumpFrom, Load, Transfer};
use eskit::{EventStore, MemoryStore};
use eskit_transfer::{Form, TransferError, backup, check, restore};
use support::{Folder, assert_equal, event, fill, varied};

#[tokio::test]
async fn both_forms_give_the_log_back() {
    let (folder, store) = (Folder::new(), MemoryStore::new());
    varied(&store).await;
    let (blocks, lines) = (folder.path("log.eskit"), folder.path("log.jsonl"));
    let written = backup(&store, &blocks).await.unwrap();
    assert_eq!((written.events, written.file_bytes), (101, fs::metadata(&blocks).unwrap().len()));
    backup(&store, &lines).json_lines().await.unwrap();
    for (path, form) in [(&blocks, Form::Binary), (&lines, Form::JsonLines)] {
        let checked = check(path).unwrap();
        assert_eq!((checked.form, checked.head, checked.log), (form, written.head, written.log));
        assert_eq!((checked.events, checked.streams), (101, 3));
        let restored = MemoryStore::new();
        let done = restore(path, &restored).await.unwrap();
        assert_eq!((done.events, done.streams), (101, 3));
        assert_equal(&store, &restored).await;
    }
    assert_eq!(folder.names(), ["log.eskit", "log.jsonl"], "nothing is left beside them");
    let text = fs::read_to_string(&lines).unwrap();
    assert!(text.lines().all(|line| line.starts_with('{')) && text.lines().count() > 30);
}

#[tokio::test]
async fn an_empty_log_has_a_backup_too() {
    let (folder, store) = (Folder::new(), MemoryStore::new());
    for (name, is_lines) in [("a", false), ("b", true)] {
        let path = folder.path(name);
        let call = backup(&store, &path);
        if is_lines { call.json_lines().await } else { call.await }.unwrap();
        let checked = check(&path).unwrap();
        assert_eq!((checked.head, checked.events), (Place::START, 0));
        assert_eq!(restore(&path, &MemoryStore::new()).await.unwrap().head, Place::START);
    }
}

#[tokio::test]
async fn each_byte_that_is_changed_or_lost_is_noticed() {
    let (folder, store) = (Folder::new(), MemoryStore::new());
    fill(&store, 0..3).await;
    let path = folder.path("damaged");
    for is_lines in [false, true] {
        let whole = folder.path(if is_lines { "lines" } else { "blocks" });
        let call = backup(&store, &whole);
        if is_lines { call.json_lines().await } else { call.await }.unwrap();
        let bytes = fs::read(&whole).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x21;
            for damaged in [&changed[..], &bytes[..at]] {
                fs::write(&path, damaged).unwrap();
                assert!(check(&path).is_err(), "byte {at} of {}", bytes.len());
                if at % 64 > 0 {
                    continue;
                }
                let target = MemoryStore::new();
                assert!(restore(&path, &target).await.is_err());
                assert_eq!(target.head().await.unwrap(), Place::START, "nothing was loaded");
            }
        }
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        let error = check(&path).unwrap_err();
        assert!(matches!(&error, TransferError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(" its end\nhelp: use another copy"), "{error}");
    }
}

#[tokio::test]
async fn other_files_are_told_from_backups() {
    let (folder, store) = (Folder::new(), MemoryStore::new());
    let path = folder.path("file");
    for bytes in [&b""[..], b"SQLite format 3\0", b"{\"a\":1}\n", b"{}"] {
        fs::write(&path, bytes).unwrap();
        let error = check(&path).unwrap_err();
        assert!(matches!(error, TransferError::NoBackup { .. } | TransferError::Damaged { .. }), "{error}");
    }
    let missing = check(folder.path("missing")).unwrap_err();
    assert!(matches!(&missing, TransferError::File { .. }), "{missing}");
    let exists = backup(&store, &path).await.unwrap_err();
    assert!(matches!(exists, TransferError::Exists { .. }), "{exists}");
    fs::remove_file(&path).unwrap();
    backup(&store, &path).await.unwrap();
    let mut later = fs::read(&path).unwrap();
    later[9] = 2;
    fs::write(&path, &later).unwrap();
    let error = check(&path).unwrap_err();
    assert!(matches!(error, TransferError::Newer { format: 2, .. }), "{error}");
    fs::write(&path, "{\"eskit_log\":7,\"shape\":\"other\"}\n").unwrap();
    assert!(matches!(check(&path).unwrap_err(), TransferError::Newer { format: 7, .. }));
    assert!(backup(&store, folder.path("no/folder")).await.is_err());
}

#[tokio::test]
async fn a_restore_goes_on_where_one_ended_and_refuses_another_log() {
    let (folder, store) = (Folder::new(), MemoryStore::new());
    varied(&store).await;
    let path = folder.path("log.eskit");
    backup(&store, &path).await.unwrap();
    let page = store.dump(&DumpFrom::START).await.unwrap();
    for kept in [1, 10, page.records.len() - 3] {
        let partly = MemoryStore::new();
        let records = page.records[..kept].to_vec();
        partly.load(Load::new(page.log, Place::START, records)).await.unwrap();
        restore(&path, &partly).await.unwrap();
        assert_equal(&store, &partly).await;
        assert_eq!(restore(&path, &partly).await.unwrap().events, 0);
    }
    let other = MemoryStore::new();
    fill(&other, 0..1).await;
    assert!(matches!(restore(&path, &other).await, Err(TransferError::Load(_))));
    let ahead = MemoryStore::new();
    restore(&path, &ahead).await.unwrap();
    ahead.append(Append::new(vec![event(500).with_stream(None::<StreamId>)])).await.unwrap();
    assert!(matches!(restore(&path, &ahead).await, Err(TransferError::WentApart { .. })));
}
