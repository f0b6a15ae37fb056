//! Places of snapshots that fail: commands go on without.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit::SnapshotOptions;
use eskit_tests::bank::{Account, deposit};
use eskit_tests::scripted::Scripted;

use crate::support::{Fault, Watched, account, app, reads, started};

#[tokio::test]
async fn a_find_that_fails_costs_only_the_reads() {
    for fault in [Fault::Fail, Fault::Panic] {
        let (store, views) = (Arc::new(Scripted::new()), Watched::default());
        account(&store, &views, 3, 4).await;
        views.take_calls();
        views.script([Some(fault)]);
        let app = started::<Account>(&store, &views, 3);
        assert_eq!(app.execute(deposit("a", 1)).await.unwrap().state.cents, 4);
        // It is left alone for a while.
        assert_eq!(app.execute(deposit("a", 1)).await.unwrap().state.cents, 5);
        app.snapshots_written().await;
        assert_eq!((views.take_calls(), reads(&store)), (vec!["find a".to_owned()], vec![0, 0]), "{fault:?}");
        let counts = app.snapshots::<Account>().unwrap().counts();
        assert_eq!((counts.unanswered, counts.hits, counts.written), (2, 0, 0), "{fault:?}");
    }
}

#[tokio::test]
async fn a_find_that_hangs_is_given_up() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 4).await;
    views.script([Some(Fault::Hang), Some(Fault::Hang)]);
    let options = SnapshotOptions::every(3).find_within(Duration::from_millis(20));
    let app = app(&store).with_snapshots::<Account>(views.clone(), options);
    let started = Instant::now();
    for cents in [4, 5, 6] {
        assert_eq!(app.execute(deposit("a", 1)).await.unwrap().state.cents, cents);
    }
    // The second and the third did not ask.
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(app.snapshots::<Account>().unwrap().counts().unanswered, 3);
}

#[tokio::test]
async fn a_write_that_fails_is_made_again_later() {
    for fault in [Fault::Fail, Fault::Panic] {
        let (store, views) = (Arc::new(Scripted::new()), Watched::default());
        account(&store, &views, 100, 4).await;
        views.take_calls();
        let app = started::<Account>(&store, &views, 3);
        views.script([None, Some(fault)]);
        app.execute(deposit("a", 1)).await.unwrap();
        app.snapshots_written().await;
        assert_eq!(views.take_calls(), ["find a", "write a@5"]);
        assert_eq!(app.snapshots::<Account>().unwrap().counts().unwritten, 1);
        // Not while the place is left alone.
        app.execute(deposit("a", 1)).await.unwrap();
        app.snapshots_written().await;
        assert_eq!(views.take_calls(), Vec::<String>::new(), "{fault:?}");
        tokio::time::sleep(Duration::from_millis(1100)).await;
        app.execute(deposit("a", 1)).await.unwrap();
        app.snapshots_written().await;
        assert_eq!(views.take_calls(), ["find a", "write a@7"]);
    }
}

/// Everything beside a command is written in the background: a place that hangs holds up no command.
#[tokio::test]
async fn a_write_that_hangs_holds_up_no_command() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let app = started::<Account>(&store, &views, 1);
    views.script([None, Some(Fault::Hang)]);
    app.execute(eskit_tests::bank::open_account("a", "ada")).await.unwrap();
    tokio::task::yield_now().await;
    for cents in 1..20 {
        assert_eq!(app.execute(deposit("a", 1)).await.unwrap().state.cents, cents);
    }
    let calls = views.take_calls();
    let writes: Vec<&String> = calls.iter().filter(|call| call.starts_with("write")).collect();
    assert_eq!(writes, ["write a@1"]);
}
