//! Items of work in SQLite: in which files they are, and what a handler may do with them.

use std::sync::Arc;
use std::time::Duration;

use crate::support::Folder;
use crate::view::*;
use eskit_runtime::Timestamp;
use eskit_runtime::log::Place;
use eskit_runtime::subscription::{ApplyError, Subscription, Views};
use eskit_runtime::work::{ClaimWork, ListWork, Outcome, Settled, Work, WorkItem};
use eskit_sqlite::SqliteViews;
use eskit_sqlite::rusqlite::Connection;

async fn open(folder: &Folder) -> SqliteViews {
    SqliteViews::open(folder.file("views.db")).await.unwrap()
}

async fn claim(views: &SqliteViews, list: &str) -> Vec<WorkItem> {
    let (kinds, now) = (vec!["test".to_owned()], Timestamp::now());
    let claim = ClaimWork { kinds, now, limit: 10, lease: Duration::from_secs(600) };
    views.claim_work(list, claim).await.unwrap().items
}

async fn ids(views: &SqliteViews, list: &str) -> Vec<String> {
    let items = views.list_work(list, ListWork::default()).await.unwrap();
    items.into_iter().map(|item| item.id).collect()
}

#[tokio::test]
async fn a_handler_that_ended_the_transaction_opens_nothing() {
    let folder = Folder::new("work-ended");
    let views = open(&folder).await;
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    apply(&views, &mut claim, &rows_of, batch(vec![event(1, "test.Opens", "a"), event(2, "test.Row", "x")]))
        .await
        .unwrap();
    let ends = "INSERT OR ROLLBACK INTO rows (pos, text) VALUES (2, 'again')";
    for event in [event(3, "test.EndsAndOpens", ends), event(3, "test.EndsAndCloses", ends)] {
        let refused = apply(&views, &mut claim, &rows_of, batch(vec![event])).await.unwrap_err();
        let text = format!("{refused:?}");
        assert!(
            matches!(refused, ApplyError::Handler { index: 0, .. }) && text.contains("ended the transaction"),
            "{text}"
        );
        assert_eq!(ids(&views, "rows").await, ["a"]);
    }
    // What eskit did for the handler does not open its tables to it.
    let events = vec![event(3, "test.Opens", "b"), event(4, "test.Sql", "DELETE FROM eskit_work")];
    let refused = apply(&views, &mut claim, &rows_of, batch(events)).await.unwrap_err();
    let text = format!("{refused:?}");
    assert!(matches!(refused, ApplyError::Handler { index: 1, .. }) && text.contains("a table of eskit"), "{text}");
    assert_eq!(ids(&views, "rows").await, ["a"]);
}

#[tokio::test]
async fn a_subscription_begins_in_a_file_that_only_had_items() {
    let folder = Folder::new("work-first");
    let views = open(&folder).await;
    views.add_work("rows", vec![new_work("added")]).await.unwrap();
    assert_eq!(views.checkpoints().await.unwrap(), []);
    assert!(!views.remove_version("rows", 2).await.unwrap());
    let (mut claim, rows_of) = (lead::<Rows>(&views).await, Arc::new(Rows::<1>::default()));
    assert_eq!((claim.checkpoint.place, claim.checkpoint.epoch), (Place::START, 1));
    // Its tables are there.
    apply(&views, &mut claim, &rows_of, batch(rows(1..=3))).await.unwrap();
    views.activate(&claim).await.unwrap();
    assert_eq!(seen_positions(&views).await, [1, 2, 3]);
    assert_eq!(ids(&views, "rows").await, ["added"]);
    views.restart(&claim, &Subscription::of::<Rows>(LOG)).await.unwrap();
    assert_eq!((seen_positions(&views).await, ids(&views, "rows").await), (vec![], vec!["added".to_owned()]));
}

#[tokio::test]
async fn epochs_go_on_when_the_file_was_removed() {
    let folder = Folder::new("work-removed");
    let (views, other) = (open(&folder).await, open(&folder).await);
    views.add_work("queue", vec![new_work("a")]).await.unwrap();
    let before = claim(&views, "queue").await.remove(0);
    // Another handle has its file open.
    assert_eq!(ids(&other, "queue").await, ["a"]);
    assert_eq!(claim(&other, "queue").await, []);
    assert!(views.remove_version("queue", 1).await.unwrap());
    for views in [&views, &other] {
        assert_eq!(ids(views, "queue").await, Vec::<String>::new());
        assert_eq!(claim(views, "queue").await, []);
    }
    other.add_work("queue", vec![new_work("a")]).await.unwrap();
    let after = claim(&views, "queue").await.remove(0);
    assert!(after.epoch > before.epoch && after.number > before.number, "{after:?} follows {before:?}");
    let end = Settled { id: before.id, epoch: before.epoch, outcome: Outcome::Done };
    assert_eq!(views.settle_work("queue", vec![end]).await.unwrap(), [false]);
    assert_eq!(ids(&other, "queue").await, ["a"]);
}

#[tokio::test]
async fn claims_walk_along_an_index() {
    let folder = Folder::new("work-plans");
    let views = open(&folder).await;
    views.add_work("queue", vec![new_work("a")]).await.unwrap();
    let conn = Connection::open(folder.file("views.queue.1.db")).unwrap();
    let plan = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        statement.query_map([], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let found = plan(
        "SELECT due, number FROM eskit_work WHERE kind = 'a' AND is_first AND NOT is_parked AND due <= 1 \
         AND (until IS NULL OR until <= 2) ORDER BY due, number LIMIT 3",
    );
    assert_eq!(found, ["SEARCH eskit_work USING INDEX eskit_work_by_due (kind=? AND due<?)"]);
    let found = plan("SELECT number FROM eskit_work WHERE key = 'a' ORDER BY number LIMIT 1");
    assert_eq!(found, ["SEARCH eskit_work USING COVERING INDEX eskit_work_by_key (key=?)"]);
}
