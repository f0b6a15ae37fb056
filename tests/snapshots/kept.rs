//! How long snapshots are kept, and how they are removed.

use std::sync::Arc;
use std::time::Duration;

use eskit::prelude::*;
use eskit::snapshots::Snapshots;
use eskit::{MemoryViews, SnapshotOptions};
use eskit_tests::bank::{Account, Portfolio, deposit, open_account};
use eskit_tests::campus::{Seats, define, enrol};
use eskit_tests::scripted::Scripted;

use crate::support::{Watched, account, app, every, reads, started};

const HOUR: Duration = Duration::from_secs(3600);

/// Sets back when the last snapshot was written.
async fn age(views: &Watched, age: Duration) {
    let (of, mut snapshot) = views.last_stored();
    snapshot.written_at = snapshot.written_at - age;
    views.views.write_snapshots(of, vec![snapshot]).await.unwrap();
}

#[tokio::test]
async fn one_that_is_too_old_is_not_used_but_replaced() {
    for (limit, hits) in [(2 * HOUR, 1), (HOUR / 2, 0)] {
        let (store, views) = (Arc::new(Scripted::new()), Watched::default());
        account(&store, &views, 3, 3).await;
        age(&views, HOUR).await;
        let app = || app(&store).with_snapshots::<Account>(views.clone(), every(3).time_to_live(limit));
        let first = app();
        assert_eq!(first.load::<Account>("a").await.unwrap().cents, 2);
        first.snapshots_written().await;
        let counts = first.snapshots::<Account>().unwrap().counts();
        assert_eq!((counts.hits, counts.misses, counts.written), (hits, 1 - hits, 1 - hits), "{limit:?}");
        let second = app();
        second.load::<Account>("a").await.unwrap();
        assert_eq!(second.snapshots::<Account>().unwrap().counts().hits, 1, "{limit:?}");
    }
}

#[tokio::test]
async fn one_is_not_replaced_before_it_is_old_enough() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 3).await;
    for (age_of, written) in [(HOUR / 2, 0), (2 * HOUR, 1)] {
        age(&views, age_of).await;
        let app = app(&store).with_snapshots::<Account>(views.clone(), every(1).min_age(HOUR));
        app.execute(deposit("a", 1)).await.unwrap();
        app.execute(deposit("a", 1)).await.unwrap();
        app.snapshots_written().await;
        assert_eq!(app.snapshots::<Account>().unwrap().counts().written, written, "{age_of:?}");
    }
}

#[tokio::test]
async fn one_is_forgotten_and_all_are() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 4).await;
    let app = started::<Account>(&store, &views, 3).with_state_cache::<Account>(9);
    app.load::<Account>("a").await.unwrap();
    let snapshots = app.snapshots::<Account>().unwrap();
    assert!(snapshots.forget("a").await.unwrap());
    assert!(!snapshots.forget("a").await.unwrap() && !snapshots.forget("b").await.unwrap());
    // Neither cached nor kept.
    store.take_reads();
    app.load::<Account>("a").await.unwrap();
    assert_eq!(reads(&store), [0]);
    app.snapshots_written().await;
    assert_eq!(snapshots.forget_all().await.unwrap(), 1);
    assert_eq!(snapshots.forget_all().await.unwrap(), 0);
    app.load::<Account>("a").await.unwrap();
    assert_eq!(reads(&store), [0]);
}

#[tokio::test]
async fn all_are_rebuilt_with_progress() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 100, 4).await;
    let plain = app(&store);
    plain.execute(open_account("b", "bob")).await.unwrap();
    plain.execute(define("maths", 9)).await.unwrap();
    for student in ["ada", "bob", "eve"] {
        plain.execute(enrol("maths", student)).await.unwrap();
    }
    let kept = || started::<Account>(&store, &views, 3).with_snapshots::<Seats>(views.clone(), every(2));
    let (app, mut told) = (kept(), Vec::new());
    // Wrong ones, which nothing else would find out.
    app.load::<Account>("a").await.unwrap();
    app.snapshots_written().await;
    let (of, mut snapshot) = views.last_stored();
    snapshot.state = snapshot.state.replace(":3", ":999");
    views.views.write_snapshots(of, vec![snapshot]).await.unwrap();
    assert_eq!(kept().load::<Account>("a").await.unwrap().cents, 999);

    let accounts = app.snapshots::<Account>().unwrap().rebuild_all(|done| told.push(*done)).await.unwrap();
    assert_eq!((accounts.instances, accounts.folded, accounts.written), (2, 1, 1));
    assert_eq!((accounts.position, accounts.head), (told[0].head, told[0].head));
    assert_eq!((told[0].folded, told.last()), (0, Some(&accounts)));
    assert_eq!(accounts.to_string(), "2 instances up to position 9 of 9, 1 of them folded, 1 snapshots written");
    let seats = app.snapshots::<Seats>().unwrap().rebuild_all(|_| {}).await.unwrap();
    assert_eq!((seats.instances, seats.folded, seats.written), (1, 1, 1));
    let again = kept();
    assert_eq!(again.load::<Account>("a").await.unwrap().cents, 3);
    assert_eq!(again.load::<Seats>("maths").await.unwrap().taken, 3);
    assert_eq!(again.snapshots::<Account>().unwrap().counts().hits, 1);
}

#[tokio::test]
async fn an_aggregate_without_snapshots_says_how_to_add_them() {
    let app = App::new(MemoryStore::new()).with_snapshots::<Account>(MemoryViews::new(), SnapshotOptions::default());
    let error = app.snapshots::<Portfolio>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "this app keeps no snapshots of `Portfolio`\nhelp: add them with `with_snapshots::<Portfolio>(views, \
         SnapshotOptions::every(100))`"
    );
}

/// What was offered is in its place when `stop` returns.
#[tokio::test]
async fn stop_waits_for_what_is_being_written() {
    let views = MemoryViews::new();
    let store = MemoryStore::new();
    let app = App::new(store.clone()).with_snapshots::<Account>(views.clone(), every(1)).start().await.unwrap();
    app.execute(eskit_tests::bank::open_account("a", "ada")).await.unwrap();
    app.stop().await.unwrap();
    assert_eq!(app.snapshots::<Account>().unwrap().counts().written, 1);
    let again = App::new(store).with_snapshots::<Account>(views, every(1));
    assert!(again.load::<Account>("a").await.unwrap().open);
    assert_eq!(again.snapshots::<Account>().unwrap().counts().hits, 1);
}
