//! Beginning anew, and the version that readers see.

use std::time::Duration;

use eskit_runtime::log::{LogId, Place};
use eskit_runtime::subscription::{Apply, ApplyError, Views};

use super::cases;
use crate::failure::{Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::probe::{Parks, Probe, Revised, Skips, Stops};
use crate::views::scene::{Scene, claim, subscription};
use crate::views::target::TestViews;

cases![
    "versions": a_restart_removes_what_was_written,
    a_restart_removes_what_was_parked,
    a_restart_sets_the_checkpoint_back,
    after_a_restart_the_claim_goes_on,
    a_restart_touches_no_other_subscription,
    readers_see_the_version_that_was_activated_last,
    an_older_version_does_not_replace_a_newer_one_that_is_kept,
    a_version_is_built_beside_the_active_one,
    an_activation_leaves_other_subscriptions_alone,
];

async fn a_restart_removes_what_was_written<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    scene.views.restart(&scene.claim, &scene.subscription).await?;
    scene.check_rows("the rows after a restart", &[]).await
}

async fn a_restart_removes_what_was_parked<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Parks>::new(context).await?;
    scene.apply(&scene.given_up(1..7, 2, "no seats left", 5)).await?;
    scene.views.restart(&scene.claim, &scene.subscription).await?;
    same("what is parked after a restart", &scene.parked().await?, &Vec::new())?;
    scene.claim.checkpoint.place = Place::START;
    scene.apply(&scene.batch(1..7)).await?;
    scene.check_rows("the rows after a restart, with what was parked before", &[1, 2, 3, 4, 5, 6]).await
}

async fn a_restart_sets_the_checkpoint_back<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    let mut again = scene.subscription.clone();
    (again.start, again.log) = (scene.events[1].place(), LogId::new());
    again.events = vec!["views.Added".to_owned(), "views.Noted".to_owned()];
    scene.views.restart(&scene.claim, &again).await?;
    let stored = context.checkpoint::<Stops>(&scene.views).await?;
    same("the place after a restart", &stored.place, &again.start)?;
    same("the log after a restart", &stored.log, &again.log)?;
    same("the wire names after a restart", &stored.events, &again.events)?;
    same("whether readers see the version after a restart", &stored.is_active, &true)?;
    let epoch = scene.claim.checkpoint.epoch;
    ensure!(stored.epoch >= epoch, "the epoch went back from {epoch} to {}", stored.epoch);
    Ok(())
}

async fn after_a_restart_the_claim_goes_on<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    for end in [4, 9] {
        scene.views.restart(&scene.claim, &scene.subscription).await?;
        scene.claim.checkpoint.place = Place::START;
        scene.apply(&scene.batch(1..end)).await?;
        scene.check_rows("the rows that were built anew", &(1..end).collect::<Vec<_>>()).await?;
        scene.check_place("the checkpoint of what was built anew", end - 1).await?;
    }
    Ok(())
}

async fn a_restart_touches_no_other_subscription<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    let log = scene.subscription.log;
    let parks = begin::<T, Parks>(&scene, log).await?;
    let revised = begin::<T, Revised>(&scene, log).await?;
    let subscription = subscription::<T, Revised>(log);
    scene.views.restart(&revised, &subscription).await?;
    scene.check_rows("the rows after another version was restarted", &[1, 2, 3, 4, 5]).await?;
    scene.check_place("the checkpoint after another version was restarted", 5).await?;
    let other = context.checkpoint::<Parks>(&scene.views).await?;
    same("the checkpoint of another subscription", &other.place, &parks.checkpoint.place)?;
    let rows = context.rows::<Parks>(&scene.views).await?;
    same("the rows of another subscription", &rows, &scene.rows_at(&[1, 2]))
}

/// Claims another kind of subscriber, lets it handle two events, and activates it unless it is another version.
async fn begin<T: TestViews, K: crate::views::probe::Kind>(
    scene: &Scene<T, Stops>,
    log: LogId,
) -> Result<crate::views::scene::ClaimOf<T>, crate::failure::Failure>
where
    T::Views: Apply<Probe<T, K>>,
{
    let mut claim = claim::<T>(&scene.views, &subscription::<T, K>(log)).await?;
    let batch = scene.batch(1..3);
    scene.views.apply(&claim, &Probe::<T, K>::new(), &batch).await?;
    claim.checkpoint.place = batch.to;
    if K::TYPE.version == 1 {
        scene.views.activate(&claim).await?;
    }
    Ok(claim)
}

async fn readers_see_the_version_that_was_activated_last<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    let revised = begin::<T, Revised>(&scene, scene.subscription.log).await?;
    same("whether readers see a new version", &scene.views.activate(&revised).await?, &true)?;
    check_seen(&scene, "the rows of the version that was activated last", &[1, 2], (false, true)).await?;
    scene.views.release(revised).await;
    let is_seen = scene.views.activate(&scene.claim).await?;
    same("whether readers see a version again, now that no process keeps the newer one", &is_seen, &true)?;
    check_seen(&scene, "the rows of the version that was activated last", &[1, 2, 3, 4, 5], (true, false)).await
}

async fn an_older_version_does_not_replace_a_newer_one_that_is_kept<T: TestViews>(
    context: &ViewsContext<T>,
) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    let revised = begin::<T, Revised>(&scene, scene.subscription.log).await?;
    scene.views.activate(&revised).await?;
    // The old program is started again.
    scene.views.release(scene.claim).await;
    scene.claim = claim::<T>(&scene.views, &scene.subscription).await?;
    same("whether readers see a claimed version that was replaced", &scene.claim.checkpoint.is_active, &false)?;
    for _ in 0..2 {
        let is_seen = scene.views.activate(&scene.claim).await?;
        same("whether readers see an older version while a process keeps the newer one", &is_seen, &false)?;
        check_seen(&scene, "the rows of the newer version that is kept", &[1, 2], (false, true)).await?;
    }
    drop(revised);
    let waiting = async {
        while !scene.views.activate(&scene.claim).await? {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, ApplyError>(())
    };
    context.within("an older version, now that no process keeps the newer one", waiting).await??;
    check_seen(&scene, "the rows of the older version", &[1, 2, 3, 4, 5], (true, false)).await
}

/// Checks the rows that readers see, and whether they are those of the first or of the second version.
async fn check_seen<T: TestViews>(
    scene: &Scene<T, Stops>,
    what: &str,
    positions: &[u64],
    active: (bool, bool),
) -> Outcome {
    scene.check_rows(what, positions).await?;
    let first = scene.context.checkpoint::<Stops>(&scene.views).await?;
    let second = scene.context.checkpoint::<Revised>(&scene.views).await?;
    same("which versions are active", &(first.is_active, second.is_active), &active)
}

async fn a_version_is_built_beside_the_active_one<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    let revised = begin::<T, Revised>(&scene, scene.subscription.log).await?;
    scene.check_rows("the rows of the active version while another is built", &[1, 2, 3, 4, 5]).await?;
    scene.apply(&scene.batch(6..8)).await?;
    scene.check_place("the checkpoint of the active version while another is built", 7).await?;
    scene.views.activate(&revised).await?;
    // The version before goes on until its process ends.
    scene.apply(&scene.batch(8..10)).await?;
    scene.check_place("the checkpoint of the version that was active before", 9).await?;
    scene.check_rows("the rows of the new version", &[1, 2]).await
}

async fn an_activation_leaves_other_subscriptions_alone<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    let skips = begin::<T, Skips>(&scene, scene.subscription.log).await?;
    scene.check_rows("the rows after another subscription was activated", &[1, 2, 3, 4, 5]).await?;
    let both = (
        context.checkpoint::<Stops>(&scene.views).await?.is_active,
        context.checkpoint::<Skips>(&scene.views).await?.is_active,
    );
    same("which subscriptions are active", &both, &(true, true))?;
    let rows = context.rows::<Skips>(&scene.views).await?;
    same("the rows of the other subscription", &rows, &scene.rows_at(&[1, 2]))?;
    scene.views.release(skips).await;
    Ok(())
}
