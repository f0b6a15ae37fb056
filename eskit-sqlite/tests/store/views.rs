//! Read models in SQLite: what is committed together, claims, versions, and what handlers may do.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::support::Folder;
use crate::view::*;
use eskit_runtime::log::{Place, Position, StoreErrorKind};
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Claimed, GivenUp, Partition, Subscriber, Subscription, Views,
};
use eskit_sqlite::SqliteViews;

async fn open(folder: &Folder) -> SqliteViews {
    SqliteViews::open(folder.file("views.db")).await.unwrap()
}

fn given_up(position: u64) -> GivenUp {
    GivenUp { position: Position::new(position), text: "it fails".to_owned(), attempts: 3 }
}

fn handler_failed(result: Result<(), ApplyError>) -> (usize, String) {
    match result {
        Err(ApplyError::Handler { index, error }) => (index, error.to_string()),
        other => panic!("expected a failure of a handler, not {other:?}"),
    }
}

#[tokio::test]
async fn rows_and_checkpoint_are_committed_together() {
    let folder = Folder::new("together");
    let views = open(&folder).await;
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    assert_eq!((claim.checkpoint.place, claim.checkpoint.epoch), (Place::START, 1));
    apply(&views, &mut claim, &rows_of, batch(rows(1..=3))).await.unwrap();
    views.activate(&claim).await.unwrap();
    for bad in ["test.Fails", "test.Panics"] {
        let mut events = rows(4..=6);
        events[1] = event(5, bad, "");
        let (index, text) = handler_failed(apply(&views, &mut claim, &rows_of, batch(events)).await);
        assert_eq!(index, 1);
        assert!(text.contains("it fails") || text.contains("it panics"), "{text}");
        assert_eq!(seen_positions(&views).await, [1, 2, 3]);
        let stored = &views.checkpoints().await.unwrap()[0];
        assert_eq!((stored.place, stored.is_active), (claim.checkpoint.place, true));
    }
    // Nothing to hand over moves the checkpoint too.
    let on = Batch::new(Vec::new(), Position::new(9).into());
    apply(&views, &mut claim, &rows_of, on).await.unwrap();
    drop((claim, views));
    let views = open(&folder).await;
    let claim = lead::<Rows>(&views).await;
    assert_eq!((claim.checkpoint.place, claim.checkpoint.epoch), (Position::new(9).into(), 2));
    assert!(claim.checkpoint.is_active);
}

#[tokio::test]
async fn a_claim_excludes_others_until_it_is_released_or_dropped() {
    let folder = Folder::new("claims");
    let (views, other) = (open(&folder).await, open(&folder).await);
    let claim = lead::<Rows>(&views).await;
    for views in [&views, &other] {
        match views.claim(&Subscription::of::<Rows>(LOG)).await.unwrap() {
            Claimed::Standby(checkpoint) => assert_eq!(checkpoint.epoch, 1),
            Claimed::Leader(_) => panic!("there are two claims"),
        }
    }
    assert!(is_free::<Rows<2>>(&other).await, "another version has a claim of its own");
    views.release(claim).await;
    let claim = lead::<Rows>(&other).await;
    assert_eq!(claim.checkpoint.epoch, 2);
    assert!(!is_free::<Rows>(&views).await);
    drop(claim);
    assert!(is_free::<Rows>(&views).await);
}

#[tokio::test]
async fn a_deposed_claim_commits_nothing() {
    let folder = Folder::new("deposed");
    let (views, other) = (open(&folder).await, open(&folder).await);
    let (mut old, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    // As if the lock had not held: on a file system without locks.
    std::fs::remove_file(folder.file("views.rows.1.lock")).unwrap();
    let mut new = lead::<Rows>(&other).await;
    let refused = [
        apply(&views, &mut old, &rows_of, batch(rows([1]))).await,
        views.activate(&old).await.map(drop),
        views.set_events(&old, vec!["test.Row".to_owned()]).await,
        views.restart(&old, &Subscription::of::<Rows>(LOG)).await,
    ];
    for refused in refused {
        assert!(matches!(refused, Err(ApplyError::Deposed)), "{refused:?}");
    }
    apply(&other, &mut new, &rows_of, batch(rows([1]))).await.unwrap();
    // From another place than that of the checkpoint.
    new.checkpoint.place = Place::START;
    let refused = apply(&other, &mut new, &rows_of, batch(rows([1]))).await;
    assert!(matches!(refused, Err(ApplyError::Deposed)), "{refused:?}");
    other.activate(&new).await.unwrap();
    assert_eq!(seen_positions(&other).await, [1]);
}

#[tokio::test]
async fn parts_have_claims_of_their_own() {
    let folder = Folder::new("parts");
    let (views, other) = (open(&folder).await, open(&folder).await);
    let part = |index, count| {
        let mut subscription = Subscription::of::<Rows>(LOG);
        subscription.partition = Partition { index, count };
        subscription
    };
    let mut claims = Vec::new();
    for (views, index) in [(&views, 0), (&other, 1)] {
        match views.claim(&part(index, 2)).await.unwrap() {
            Claimed::Leader(claim) => claims.push(claim),
            Claimed::Standby(_) => panic!("part {index} is not free"),
        }
    }
    assert!(matches!(other.claim(&part(0, 2)).await.unwrap(), Claimed::Standby(_)));
    let rows_of = Arc::new(Rows::<1>::default());
    apply(&views, &mut claims[0], &rows_of, batch(rows([1, 3]))).await.unwrap();
    apply(&other, &mut claims[1], &rows_of, batch(rows([2]))).await.unwrap();
    views.activate(&claims[0]).await.unwrap();
    let error = views.read::<Rows, _>(|_| Ok(())).await.unwrap_err();
    assert!(error.to_string().contains("is not built yet"), "the other part is not ready: {error}");
    other.activate(&claims[1]).await.unwrap();
    assert_eq!(seen_positions(&views).await, [1, 2, 3]);
    // A part that is built anew takes the others along, since it removes their rows.
    views.restart(&claims[0], &part(0, 2)).await.unwrap();
    assert!(seen_positions(&views).await.is_empty());
    let deposed = apply(&other, &mut claims[1], &rows_of, batch(rows([4]))).await;
    assert!(matches!(deposed, Err(ApplyError::Deposed)), "{deposed:?}");
    claims.clear();
    let error = views.claim(&part(0, 3)).await.unwrap_err();
    assert!(error.to_string().contains("2 parts before, and now into 3"), "{error}");
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
}

#[tokio::test]
async fn to_ask_whether_a_newer_version_is_kept_leaves_no_trace() {
    let folder = Folder::new("asked");
    let (views, other) = (open(&folder).await, open(&folder).await);
    let (one, two) = (lead::<Rows<1>>(&views).await, lead::<Rows<2>>(&other).await);
    assert!(other.activate(&two).await.unwrap());
    assert!(!views.activate(&one).await.unwrap());
    drop(two);
    assert!(views.activate(&one).await.unwrap());
    let two = lead::<Rows<2>>(&other).await;
    assert!(!two.checkpoint.is_active && other.activate(&two).await.unwrap());
    other.release(two).await;
    let lock = folder.file("views.rows.2.lock");
    std::fs::remove_file(&lock).unwrap();
    assert!(views.activate(&one).await.unwrap());
    assert!(!lock.exists());
    lead::<Rows<2>>(&other).await;
}

#[tokio::test]
async fn a_new_version_is_built_beside_the_one_that_readers_see() {
    let folder = Folder::new("versions");
    let (views, other) = (open(&folder).await, open(&folder).await);
    let error = views.read::<Rows, _>(|_| Ok(())).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("`rows` is not built yet\nhelp: "), "{error}");
    let (mut one, mut two) = (lead::<Rows<1>>(&views).await, lead::<Rows<2>>(&other).await);
    apply(&views, &mut one, &Arc::new(Rows::<1>::default()), batch(rows([1]))).await.unwrap();
    apply(&other, &mut two, &Arc::new(Rows::<2>::default()), batch(rows([1, 2]))).await.unwrap();
    views.activate(&one).await.unwrap();
    assert_eq!((seen_positions(&views).await, seen_positions(&other).await), (vec![1], vec![1]));
    other.activate(&two).await.unwrap();
    assert_eq!((seen_positions(&views).await, seen_positions(&other).await), (vec![1, 2], vec![1, 2]));
    let active: Vec<_> =
        views.checkpoints().await.unwrap().iter().map(|found| (found.version, found.is_active)).collect();
    assert_eq!(active, [(1, false), (2, true)]);

    let kind = |result: Result<bool, eskit_runtime::StoreError>| result.map_err(|error| error.kind());
    assert_eq!(kind(other.remove_version("rows", 1).await), Err(StoreErrorKind::Busy));
    drop((one, two));
    assert_eq!(kind(views.remove_version("rows", 2).await), Err(StoreErrorKind::Invalid));
    assert_eq!(kind(views.remove_version("rows", 1).await), Ok(true));
    assert_eq!(kind(views.remove_version("rows", 1).await), Ok(false));
    assert!(!folder.file("views.rows.1.db").exists() && folder.file("views.rows.2.db").exists());
    assert_eq!(views.checkpoints().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_restart_removes_all_that_was_written_and_parked() {
    let folder = Folder::new("restart");
    let views = open(&folder).await;
    let mut claim = lead::<Rows<1, true>>(&views).await;
    let rows_of = Arc::new(Rows::<1, true>::default());
    let sql = "CREATE TABLE child (r REFERENCES rows (pos)); INSERT INTO child VALUES (1); CREATE VIEW v AS SELECT 1;";
    let mut first =
        batch(vec![event(1, "test.Row", "x"), event(2, "test.Sql", sql), event_in("b", 3, "test.Fails", "")]);
    first.given_up.push(given_up(3));
    apply(&views, &mut claim, &rows_of, first).await.unwrap();
    views.activate(&claim).await.unwrap();
    assert_eq!(views.parked("rows", 1).await.unwrap().len(), 1);
    let mut again = Subscription::of::<Rows<1, true>>(LOG);
    again.start = Position::new(1).into();
    views.restart(&claim, &again).await.unwrap();
    claim.checkpoint.place = again.start;
    assert!(seen_positions(&views).await.is_empty());
    assert_eq!(views.parked("rows", 1).await.unwrap(), []);
    let stored = views.checkpoints().await.unwrap().remove(0);
    assert_eq!((stored.place, stored.epoch, stored.is_active), (again.start, 1, true));
    // The tables are as new, and foreign keys are enforced as before.
    let events = vec![event(2, "test.Sql", sql.split_once("INSERT").unwrap().0), event(3, "test.Row", "x")];
    apply(&views, &mut claim, &rows_of, batch(events)).await.unwrap();
    let wrong = batch(vec![event(4, "test.Sql", "INSERT INTO child VALUES (77)")]);
    assert!(handler_failed(apply(&views, &mut claim, &rows_of, wrong).await).1.contains("FOREIGN KEY"));
}

#[tokio::test]
async fn a_failed_event_is_parked_with_all_behind_its_key() {
    let folder = Folder::new("parked");
    let views = open(&folder).await;
    let mut claim = lead::<Rows<1, true>>(&views).await;
    let rows_of = Arc::new(Rows::<1, true>::default());
    let mut first = batch(vec![
        event_in("a", 1, "test.Row", "x"),
        event_in("a", 2, "test.Fails", ""),
        event_in("b", 3, "test.Row", "x"),
        event_in("a", 4, "test.Row", "x"),
    ]);
    first.given_up.push(given_up(2));
    apply(&views, &mut claim, &rows_of, first).await.unwrap();
    views.activate(&claim).await.unwrap();
    // The index of a failure counts parked events in.
    let second = batch(vec![event_in("a", 5, "test.Row", "x"), event_in("b", 6, "test.Fails", "")]);
    assert_eq!(handler_failed(apply(&views, &mut claim, &rows_of, second).await).0, 1);
    let second = batch(vec![event_in("a", 5, "test.Row", "x"), event_in("b", 6, "test.Row", "x")]);
    apply(&views, &mut claim, &rows_of, second).await.unwrap();
    assert_eq!(seen_positions(&views).await, [1, 3, 6]);

    let parked = views.parked("rows", 1).await.unwrap();
    let shown: Vec<_> = parked.iter().map(|p| (p.position.get(), &*p.key, &*p.text, p.attempts)).collect();
    assert_eq!(shown, [(2, "test:a", "it fails", 3), (4, "test:a", "", 0), (5, "test:a", "", 0)]);

    let place = claim.checkpoint.place;
    let failing = event_in("a", 2, "test.Fails", "");
    assert!(matches!(views.replay(&rows_of, &failing).await, Err(ApplyError::Handler { index: 0, .. })));
    assert_eq!(views.parked("rows", 1).await.unwrap().len(), 3);
    rows_of.is_mended.store(true, Ordering::SeqCst);
    assert!(views.replay(&rows_of, &failing).await.unwrap());
    assert!(!views.replay(&rows_of, &failing).await.unwrap(), "it is not parked any more");
    assert!(views.drop_parked("rows", 1, Position::new(4)).await.unwrap());
    assert!(!views.drop_parked("rows", 1, Position::new(4)).await.unwrap());
    assert_eq!(seen(&views).await.last().unwrap(), &(6, "x live".to_owned()));
    assert_eq!(seen_positions(&views).await, [1, 2, 3, 6]);
    assert_eq!(views.checkpoints().await.unwrap()[0].place, place, "a replay moves no checkpoint");
    assert!(!views.drop_parked("rows", 9, Position::new(4)).await.unwrap() && !folder.file("views.rows.9.db").exists());
}

#[tokio::test]
async fn handlers_cannot_touch_the_transaction_or_the_tables_of_eskit() {
    let folder = Folder::new("rules");
    let views = open(&folder).await;
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    apply(&views, &mut claim, &rows_of, batch(rows([1]))).await.unwrap();
    views.activate(&claim).await.unwrap();
    let refused = [
        ("COMMIT", "use a savepoint"),
        ("ROLLBACK", "use a savepoint"),
        ("BEGIN IMMEDIATE", "use a savepoint"),
        ("ATTACH 'other.db' AS other", "may not attach"),
        ("UPDATE eskit_checkpoints SET pos = 99", "`eskit_checkpoints` is a table of eskit"),
        ("DELETE FROM ESKIT_PARKED", "is a table of eskit"),
        ("DROP TABLE eskit_view", "is a table of eskit"),
        ("CREATE TABLE eskit_mine (n)", "choose another name"),
        ("ALTER TABLE eskit_view RENAME TO mine", "is a table of eskit"),
        ("PRAGMA user_version = 7", "may not set `PRAGMA user_version`"),
        ("PRAGMA writable_schema = 1", "may not set"),
        ("INSERT OR ROLLBACK INTO rows VALUES (1, 'again')", "UNIQUE"),
    ];
    for (sql, expected) in refused {
        let events = vec![event(2, "test.Row", "x"), event(3, "test.Sql", sql), event(4, "test.Row", "x")];
        let (index, text) = handler_failed(apply(&views, &mut claim, &rows_of, batch(events)).await);
        assert_eq!(index, 1, "{sql}");
        assert!(text.contains(expected), "{sql}: {text}");
        assert_eq!(seen_positions(&views).await, [1], "{sql}");
    }
    // A handler that drops such an error has done nothing wrong, unless the transaction has ended.
    let sql = "INSERT OR ROLLBACK INTO rows VALUES (1, 'again')";
    let events = vec![event(2, "test.Row", "x"), event(3, "test.SwallowsSql", sql), event(4, "test.Row", "x")];
    let (index, text) = handler_failed(apply(&views, &mut claim, &rows_of, batch(events)).await);
    assert!(index == 1 && text.contains("ended the transaction") && text.contains("OR ABORT"), "{index}: {text}");
    assert_eq!(seen_positions(&views).await, [1]);
    let fine =
        "SAVEPOINT s; INSERT INTO rows VALUES (50, 'x'); ROLLBACK TO s; RELEASE s; PRAGMA defer_foreign_keys = 1;
                CREATE TABLE more (n); SELECT pos FROM eskit_checkpoints;";
    let events = vec![event(2, "test.SwallowsSql", "COMMIT"), event(3, "test.Sql", fine), event(4, "test.Row", "x")];
    apply(&views, &mut claim, &rows_of, batch(events)).await.unwrap();
    assert_eq!(seen_positions(&views).await, [1, 4]);
    assert_eq!(views.checkpoints().await.unwrap()[0].place, claim.checkpoint.place);
}

#[tokio::test]
async fn a_constraint_that_the_commit_checks_is_the_fault_of_a_handler() {
    let folder = Folder::new("deferred");
    let views = open(&folder).await;
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    let child = "CREATE TABLE child (r REFERENCES rows (pos) DEFERRABLE INITIALLY DEFERRED)";
    apply(&views, &mut claim, &rows_of, batch(vec![event(1, "test.Sql", child)])).await.unwrap();
    let mut events = rows(2..=9);
    events[6] = event(8, "test.Sql", "INSERT INTO child VALUES (77)");
    let (index, text) = handler_failed(apply(&views, &mut claim, &rows_of, batch(events)).await);
    assert!(index == 4 && text.contains("FOREIGN KEY"), "{index}: {text}");
    apply(&views, &mut claim, &rows_of, batch(rows(2..=9))).await.unwrap();
}

#[tokio::test]
async fn events_of_a_batch_say_whether_they_are_live() {
    let folder = Folder::new("live");
    let views = open(&folder).await;
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    let mut behind = batch(rows([1]));
    behind.head = Position::new(2);
    apply(&views, &mut claim, &rows_of, behind).await.unwrap();
    apply(&views, &mut claim, &rows_of, batch(rows([2]))).await.unwrap();
    views.activate(&claim).await.unwrap();
    assert_eq!(seen(&views).await, [(1, "x".to_owned()), (2, "x live".to_owned())]);
}

#[tokio::test]
async fn events_that_the_handlers_take_are_kept() {
    let folder = Folder::new("events");
    let views = open(&folder).await;
    let claim = lead::<Rows>(&views).await;
    let events = vec!["test.A".to_owned(), "test.B".to_owned()];
    views.set_events(&claim, events.clone()).await.unwrap();
    drop(claim);
    assert_eq!(lead::<Rows>(&views).await.checkpoint.events, events);
    assert_eq!(Rows::<1>::TYPE.name, "rows");
}
