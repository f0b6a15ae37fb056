//! The files of read models: what is refused, and what becomes of damaged, removed and foreign ones.

use std::path::Path;
use std::sync::Arc;

use crate::support::Folder;
use crate::view::*;
use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::{ApplyError, Claimed, Subscription, Views};
use eskit_sqlite::rusqlite::Connection;
use eskit_sqlite::{SqliteStore, SqliteViews};

async fn refused(path: &Path) -> (StoreErrorKind, String) {
    let error = SqliteViews::open(path).await.unwrap_err();
    (error.kind(), error.to_string())
}

async fn claim_refused(views: &SqliteViews) -> StoreError {
    match views.claim(&Subscription::of::<Rows>(LOG)).await {
        Err(error) => error,
        Ok(Claimed::Leader(_) | Claimed::Standby(_)) => panic!("the claim was answered"),
    }
}

#[tokio::test]
async fn a_path_that_cannot_hold_views_is_refused() {
    let folder = Folder::new("paths");
    let (kind, text) = refused(&folder.file("missing/views.db")).await;
    assert!(kind == StoreErrorKind::Unavailable && text.contains("its folder exists"), "{text}");
    let (kind, text) = refused(&folder.file("")).await;
    assert!(kind == StoreErrorKind::Unavailable && text.contains("not of a folder"), "{text}");
    let (kind, text) = refused(&folder.file("views.db\n")).await;
    assert!(kind == StoreErrorKind::Invalid && text.contains("trim the path"), "{text}");
    assert_eq!(refused(Path::new(":memory:")).await.0, StoreErrorKind::Invalid);
    let log = folder.file("log.db");
    SqliteStore::open(&log).await.unwrap().close().await;
    let (kind, text) = refused(&log).await;
    assert!(
        kind == StoreErrorKind::Foreign && text.contains("is a log of eskit, not a catalogue of views\nhelp: "),
        "{text}"
    );
    let foreign = folder.file("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (n); PRAGMA application_id = 7").unwrap();
    let (kind, text) = refused(&foreign).await;
    assert!(kind == StoreErrorKind::Foreign && text.contains("another program (application id 0x7)"), "{text}");
    std::fs::write(folder.file("text.db"), "no database, but a text of some length".repeat(100)).unwrap();
    let (kind, text) = refused(&folder.file("text.db")).await;
    assert!(kind == StoreErrorKind::Foreign && text.contains("it is no SQLite database"), "{text}");
    let views = folder.file("views.db");
    SqliteViews::open(&views).await.unwrap();
    let error = SqliteStore::open(&views).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Foreign, "a catalogue is no log: {error}");
}

#[tokio::test]
async fn a_file_of_another_program_is_left_alone() {
    let folder = Folder::new("foreign");
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let file = folder.file("views.rows.1.db");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE mine (n)").unwrap();
    let before = std::fs::read(&file).unwrap();
    let error = claim_refused(&views).await;
    assert!(error.kind() == StoreErrorKind::Foreign && error.to_string().contains("not a read model"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(views.checkpoints().await.unwrap(), [], "it is in no list");
    // One of ours under another name.
    std::fs::remove_file(&file).unwrap();
    let claim = lead::<Rows<2>>(&views).await;
    views.release(claim).await;
    drop(views);
    assert!(!folder.file("views.rows.2.db-wal").exists(), "a released file is whole without its write-ahead log");
    std::fs::rename(folder.file("views.rows.2.db"), &file).unwrap();
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let error = claim_refused(&views).await;
    assert!(error.to_string().contains("`rows` version 2, not `rows` version 1: it was copied or renamed"), "{error}");
}

#[tokio::test]
async fn sql_of_the_tables_that_fails_is_named() {
    let folder = Folder::new("tables");
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let claim = async |tables| {
        let mut subscription = Subscription::of::<Rows>(LOG);
        subscription.tables = tables;
        views.claim(&subscription).await.map(|claimed| matches!(claimed, Claimed::Leader(_)))
    };
    let error = claim("CREATE TABLE fine (n); CREATE TABL rows (n)").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert!(error.to_string().contains("the SQL of the tables of `rows` version 1 fails: "), "{error}");
    assert!(error.to_string().contains("near \"TABL\": syntax error"), "{error}");
    let error = claim("CREATE TABLE fine (n); COMMIT").await.unwrap_err();
    assert!(error.to_string().contains("may not begin or end a transaction"), "{error}");
    // Nothing of it stayed, and nothing is held.
    assert!(claim(TABLES).await.unwrap());
    let file = Connection::open(folder.file("views.rows.1.db")).unwrap();
    let fine: i64 =
        file.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'fine'", [], |row| row.get(0)).unwrap();
    assert_eq!(fine, 0);
    let mut odd = Subscription::of::<Rows>(LOG);
    odd.name = "../rows".to_owned();
    let error = views.claim(&odd).await.unwrap_err();
    assert!(error.kind() == StoreErrorKind::Invalid && error.to_string().contains("lower-case letters"), "{error}");
}

#[tokio::test]
async fn a_removed_read_model_is_built_anew() {
    let folder = Folder::new("removed");
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    apply(&views, &mut claim, &rows_of, batch(rows(1..=3))).await.unwrap();
    views.activate(&claim).await.unwrap();
    assert_eq!(seen_positions(&views).await, [1, 2, 3]);
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(folder.file(&format!("views.rows.1.db{suffix}"))).unwrap();
    }
    match apply(&views, &mut claim, &rows_of, batch(rows([4]))).await {
        Err(ApplyError::Views(error)) => {
            assert!(error.is_transient() && error.to_string().contains("was removed or replaced"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let error = views.read::<Rows, _>(|_| Ok(())).await.unwrap_err();
    assert!(error.to_string().contains("not built yet"), "{error}");
    views.release(claim).await;
    let mut claim = lead::<Rows>(&views).await;
    assert_eq!(claim.checkpoint.place.position.get(), 0);
    apply(&views, &mut claim, &rows_of, batch(rows(1..=4))).await.unwrap();
    assert_eq!(seen_positions(&views).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn damage_is_told_with_what_to_do() {
    let folder = Folder::new("damaged");
    let file = folder.file("views.rows.1.db");
    {
        let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
        let mut claim = lead::<Rows>(&views).await;
        apply(&views, &mut claim, &Arc::new(Rows::<1>::default()), batch(rows(1..=3))).await.unwrap();
        views.activate(&claim).await.unwrap();
    }
    // Moves the write-ahead log into the file, once the thread has closed its connection.
    let conn = Connection::open(&file).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let page_size: i64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    drop(conn);
    let whole = std::fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    damaged[page_size as usize..].fill(0x5a);
    std::fs::write(&file, damaged).unwrap();
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let error = claim_refused(&views).await;
    assert!(
        error.kind() == StoreErrorKind::Corrupt && error.to_string().contains("so that it is built anew"),
        "{error}"
    );
    let error =
        views.read::<Rows, _>(|conn| conn.query_row("SELECT text FROM rows", [], |_| Ok(()))).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    std::fs::write(&file, vec![0x5a; whole.len()]).unwrap();
    let error = claim_refused(&views).await;
    assert_eq!(error.kind(), StoreErrorKind::Foreign, "{error}");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(lead::<Rows>(&views).await.checkpoint.place.position.get(), 0);
}

#[tokio::test]
async fn readers_cannot_write_and_mistakes_in_their_sql_are_told() {
    let folder = Folder::new("readers");
    let views = SqliteViews::open(folder.file("views.db")).await.unwrap();
    let mut claim = lead::<Rows>(&views).await;
    apply(&views, &mut claim, &Arc::new(Rows::<1>::default()), batch(rows([1]))).await.unwrap();
    views.activate(&claim).await.unwrap();
    let write = |conn: &Connection| conn.execute("DELETE FROM rows", []);
    assert_eq!(views.read::<Rows, _>(write).await.unwrap_err().kind(), StoreErrorKind::ReadOnly);
    let wrong = |conn: &Connection| conn.query_row("SELECT missing FROM rows", [], |_| Ok(()));
    let error = views.read::<Rows, _>(wrong).await.unwrap_err();
    assert!(error.to_string().contains("no such column: missing"), "{error}");
    let panics = |_: &Connection| -> eskit_sqlite::rusqlite::Result<()> { panic!("a reader panics") };
    let error = views.read::<Rows, _>(panics).await.unwrap_err();
    assert!(error.to_string().contains("a reader panics"), "{error}");
    assert_eq!(seen_positions(&views).await, [1]);
}

/// A file of ours is refused by a program that knows an older format, before it writes.
#[tokio::test]
async fn a_newer_format_is_refused() {
    let folder = Folder::new("newer");
    drop(SqliteViews::open(folder.file("views.db")).await.unwrap());
    let conn = Connection::open(folder.file("views.db")).unwrap();
    conn.pragma_update(None, "user_version", 2).unwrap();
    drop(conn);
    let (kind, text) = refused(&folder.file("views.db")).await;
    assert!(
        kind == StoreErrorKind::Foreign && text.contains("format version 2") && text.contains("update the program"),
        "{text}"
    );
}
