//! Which version readers see while programs of several versions run.

use eskit::subscription::{State, Views};

use crate::support::{Log, Newer, Notes, Stops, Watched, noted, options, settle, start};

/// Which versions readers see.
async fn active(views: &Watched) -> Vec<u32> {
    let checkpoints = views.views.checkpoints().await.unwrap();
    checkpoints.iter().filter(|checkpoint| checkpoint.is_active).map(|checkpoint| checkpoint.version).collect()
}

#[tokio::test]
async fn an_older_version_waits_until_no_process_keeps_the_newer_one() {
    let (log, views) = (Log::of(&[2]).await, Watched::default());
    let newer = start(&log, &views, &Notes::<Newer>::new(), options());
    newer.reached(2_u64).await;
    // In a rolling deploy, an old program starts again.
    let notes = Notes::<Stops>::new();
    let older = start(&log, &views, &notes, options());
    older.sleep.was_asked(3).await;
    assert_eq!((notes.take_handed(), older.control.health().state), (vec![1, 2], State::Live));
    assert_eq!(active(&views).await, [2]);
    tokio::select! {
        biased;
        () = older.reached(2_u64) => panic!("readers do not see it"),
        () = settle() => {}
    }
    // It goes on beside the newer one, and writes nothing to ask again.
    log.note(1).await;
    newer.reached(3_u64).await;
    older.control.watch(|health| (health.place.position.get() == 3).then_some(())).await;
    views.take_committed();
    let asked = older.sleep.asked().len();
    older.sleep.was_asked(asked + 3).await;
    assert_eq!((views.take_committed(), active(&views).await), (vec![], vec![2]));
    // A deliberate roll-back.
    newer.stop().await;
    older.reached(3_u64).await;
    assert_eq!((views.take_committed(), active(&views).await), (vec![], vec![1]));
    assert_eq!(noted::<Stops>(&views.views), [1, 2, 3]);
    // Now it waits for events alone.
    let asked = older.sleep.asked().len();
    settle().await;
    assert!(older.sleep.asked().len() <= asked + 1);
    older.stop().await;
}

#[tokio::test]
async fn a_newer_version_replaces_an_older_one_that_is_kept() {
    let (log, views) = (Log::of(&[2]).await, Watched::default());
    let older = start(&log, &views, &Notes::<Stops>::new(), options());
    older.reached(2_u64).await;
    let newer = start(&log, &views, &Notes::<Newer>::new(), options());
    newer.reached(2_u64).await;
    assert_eq!(active(&views).await, [2]);
    older.stop().await;
    newer.stop().await;
}
