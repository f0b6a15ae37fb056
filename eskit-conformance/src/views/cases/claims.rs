//! One holder at a time, and an epoch for each.

use std::collections::BTreeSet;

use eskit_runtime::log::LogId;
use eskit_runtime::subscription::{Claimed, Views};

use super::cases;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::probe::{Parks, Revised, Stops};
use crate::views::scene::{Scene, claim, claim_in_time, deposed, subscription};
use crate::views::target::TestViews;

cases![
    "claims": a_claim_excludes_all_others,
    who_waits_is_told_the_checkpoint,
    each_claim_has_a_higher_epoch,
    a_released_claim_is_free_at_once,
    a_dropped_claim_becomes_free,
    of_several_callers_one_gets_the_claim,
    subscriptions_and_versions_are_claimed_apart,
    a_deposed_holder_commits_nothing,
    a_deposed_holder_changes_nothing,
    the_end_of_an_earlier_holder_frees_nothing(Durable),
];

async fn a_claim_excludes_all_others<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = Scene::<T, Stops>::new(context).await?;
    for views in [scene.views.clone(), another(&scene).await?] {
        let second = views.claim(&scene.subscription).await?;
        ensure!(matches!(second, Claimed::Standby(_)), "a claim that is held was given a second time");
    }
    Ok(())
}

/// Another handle: opened anew where views outlive their handle.
async fn another<T: TestViews>(scene: &Scene<T, Stops>) -> Result<T::Views, Failure> {
    if scene.context.harness().is_durable { scene.context.open_at(&scene.place).await } else { Ok(scene.views.clone()) }
}

async fn who_waits_is_told_the_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..4)).await?;
    match another(&scene).await?.claim(&scene.subscription).await? {
        Claimed::Standby(checkpoint) => {
            same("the place that a waiting process is told", &checkpoint.place, &scene.events[2].place())?;
            same("the epoch that a waiting process is told", &checkpoint.epoch, &scene.claim.checkpoint.epoch)
        }
        Claimed::Leader(_) => Err(Failure::new("a claim that is held was given a second time")),
    }
}

async fn each_claim_has_a_higher_epoch<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let subscription = subscription::<T, Stops>(LogId::new());
    let mut last = 0;
    for _ in 0..4 {
        let claim = claim::<T>(&views, &subscription).await?;
        let epoch = claim.checkpoint.epoch;
        ensure!(epoch > last, "the claim after epoch {last} has epoch {epoch}");
        same("the stored epoch", &context.checkpoint::<Stops>(&views).await?.epoch, &epoch)?;
        last = epoch;
        views.release(claim).await;
    }
    Ok(())
}

async fn a_released_claim_is_free_at_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..4)).await?;
    let other = another(&scene).await?;
    scene.views.release(scene.claim).await;
    let next = claim::<T>(&other, &scene.subscription).await?;
    same("the place of the next claim", &next.checkpoint.place, &scene.events[2].place())
}

async fn a_dropped_claim_becomes_free<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = Scene::<T, Stops>::new(context).await?;
    let Scene { views, claim, subscription, .. } = scene;
    let epoch = claim.checkpoint.epoch;
    drop(claim);
    let next = claim_in_time(context, &views, &subscription).await?;
    ensure!(next.checkpoint.epoch > epoch, "the claim after epoch {epoch} has epoch {}", next.checkpoint.epoch);
    Ok(())
}

async fn of_several_callers_one_gets_the_claim<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    const CALLERS: usize = 8;
    let place = context.log();
    let first = context.open_at(&place).await?;
    let subscription = subscription::<T, Stops>(LogId::new());
    let mut epochs = BTreeSet::new();
    for _ in 0..context.repeats(6) {
        context.count_seed();
        let mut callers = Vec::new();
        for number in 0..CALLERS {
            let is_new = context.harness().is_durable && number == 1;
            let views = if is_new { context.open_at(&place).await? } else { first.clone() };
            let subscription = subscription.clone();
            callers.push(async move { Ok(views.claim(&subscription).await?) });
        }
        let answers = context.together("claims", callers).await?;
        let held = answers.into_iter().filter_map(|answer| match answer {
            Claimed::Leader(claim) => Some(claim),
            Claimed::Standby(_) => None,
        });
        let mut held: Vec<_> = held.collect();
        ensure!(held.len() == 1, "of {CALLERS} callers that claimed at the same time, {} got the claim", held.len());
        for claim in held.drain(..) {
            let epoch = claim.checkpoint.epoch;
            ensure!(epochs.insert(epoch), "two claims have the epoch {epoch}");
            first.release(claim).await;
        }
    }
    Ok(())
}

async fn subscriptions_and_versions_are_claimed_apart<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = Scene::<T, Stops>::new(context).await?;
    let log = scene.subscription.log;
    let revised = claim::<T>(&scene.views, &subscription::<T, Revised>(log)).await?;
    let parks = claim::<T>(&scene.views, &subscription::<T, Parks>(log)).await?;
    for (claim, name, version) in [(&revised, "ledger", 2), (&parks, "ledger-parks", 1)] {
        let found = (claim.checkpoint.name.as_str(), claim.checkpoint.version);
        same("what a claim is of", &found, &(name, version))?;
    }
    Ok(())
}

async fn a_deposed_holder_commits_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..3)).await?;
    let mut scene = scene.deposed().await?;
    let applied = scene.apply(&scene.batch(3..6)).await;
    deposed("a batch under an earlier epoch", applied)?;
    scene.check_rows("the rows after a batch of a deposed holder", &[1, 2]).await?;
    scene.check_place("the checkpoint after a batch of a deposed holder", 2).await
}

async fn a_deposed_holder_changes_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..3)).await?;
    let scene = scene.deposed().await?;
    let Scene { views, claim, .. } = &scene;
    deposed("the wire names of a deposed holder", views.set_events(claim, vec!["views.Late".to_owned()]).await)?;
    deposed("the restart of a deposed holder", views.restart(claim, &scene.subscription).await)?;
    deposed("the activation of a deposed holder", views.activate(claim).await)?;
    scene.check_rows("the rows after a deposed holder wanted changes", &[1, 2]).await?;
    let checkpoint = context.checkpoint::<Stops>(views).await?;
    same("the place after a deposed holder wanted changes", &checkpoint.place, &scene.events[1].place())?;
    same("the events after a deposed holder wanted changes", &checkpoint.events, &scene.subscription.events)
}

async fn the_end_of_an_earlier_holder_frees_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = Scene::<T, Stops>::new(context).await?;
    let other = context.open_at(&scene.place).await?;
    let Scene { views, claim: first, subscription, .. } = scene;
    views.release(first).await;
    let second = claim::<T>(&other, &subscription).await?;
    // The handle whose claim was given up ends only now.
    drop(views);
    let third = context.open_at(&scene.place).await?;
    let answer = third.claim(&subscription).await?;
    ensure!(matches!(answer, Claimed::Standby(_)), "the end of an earlier holder freed the claim of a later one");
    other.release(second).await;
    Ok(())
}
