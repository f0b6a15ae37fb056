//! A subscription that is divided by key.

use eskit_runtime::log::{LogId, Place};
use eskit_runtime::subscription::{Apply, Batch, Partition, Subscription, Views};

use super::cases;
use crate::failure::{Failure, Outcome, same};
use crate::views::context::ViewsContext;
use crate::views::model_log::ModelLog;
use crate::views::probe::{Kind, Probe, Revised, Stops, rows_of};
use crate::views::scene::{ClaimOf, Scene, claim, deposed, subscription};
use crate::views::target::TestViews;

cases![
    "parts": each_part_has_a_claim_and_a_checkpoint,
    parts_write_to_one_read_model,
    readers_see_a_version_when_all_of_its_parts_are_ready,
    a_restart_of_one_part_sets_all_back,
];

const COUNT: u32 = 3;

async fn each_part_has_a_claim_and_a_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let (log, events) = (LogId::new(), ModelLog::of_keys(12).events());
    let probe = Probe::<T, Stops>::new();
    for index in [2, 0, 1] {
        let mut part = subscription::<T, Stops>(log);
        part.partition = Partition { index, count: COUNT };
        let claim = claim::<T>(&views, &part).await?;
        let batch = Batch::new(vec![events[index as usize].clone()], events[index as usize].place());
        views.apply(&claim, &probe, &batch).await?;
        views.release(claim).await;
    }
    let found = context.checkpoints::<Stops>(&views).await?;
    let found: Vec<_> = found.into_iter().map(|found| (found.partition, found.place)).collect();
    let expected = |index: u32| (Partition { index, count: COUNT }, events[index as usize].place());
    same("the checkpoints of the parts", &found, &(0..COUNT).map(expected).collect())
}

async fn parts_write_to_one_read_model<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let (log, events) = (LogId::new(), ModelLog::of_keys(36).events());
    let mut parts = Vec::new();
    for index in 0..COUNT {
        let mut part = subscription::<T, Stops>(log);
        part.partition = Partition { index, count: COUNT };
        let mut claim = claim::<T>(&views, &part).await?;
        // The keys `a`, `b` and `c` stand in turn.
        let own: Vec<_> = events.iter().skip(index as usize).step_by(COUNT as usize).cloned().collect();
        let views = views.clone();
        parts.push(async move {
            let probe = Probe::<T, Stops>::new();
            for events in own.chunks(4) {
                let batch = Batch::new(events.to_vec(), events[events.len() - 1].place());
                views.apply(&claim, &probe, &batch).await?;
                claim.checkpoint.place = batch.to;
                tokio::task::yield_now().await;
            }
            Ok::<_, Failure>(claim)
        });
    }
    for claim in context.together("three parts of a subscription", parts).await? {
        views.activate(&claim).await?;
        views.release(claim).await;
    }
    same("the rows that three parts wrote", &context.rows::<Stops>(&views).await?, &rows_of(&events))
}

/// Claims all parts, each of which handles its first event.
async fn begin<T: TestViews, K: Kind>(
    views: &T::Views,
    log: LogId,
    events: &[eskit_runtime::RecordedEvent],
) -> Result<Vec<(ClaimOf<T>, Subscription)>, Failure>
where
    T::Views: Apply<Probe<T, K>>,
{
    let mut parts = Vec::new();
    for (index, event) in (0..COUNT).zip(events) {
        let mut part = subscription::<T, K>(log);
        part.partition = Partition { index, count: COUNT };
        let mut claim = claim::<T>(views, &part).await?;
        let batch = Batch::new(vec![event.clone()], event.place());
        views.apply(&claim, &Probe::<T, K>::new(), &batch).await?;
        claim.checkpoint.place = batch.to;
        parts.push((claim, part));
    }
    Ok(parts)
}

async fn readers_see_a_version_when_all_of_its_parts_are_ready<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..6)).await?;
    let parts = begin::<T, Revised>(&scene.views, scene.subscription.log, &scene.events).await?;
    for (claim, part) in &parts {
        scene
            .check_rows("the rows of the version before, while a part of the next one is not ready", &[1, 2, 3, 4, 5])
            .await?;
        scene.views.activate(claim).await?;
        // A second time counts no more.
        scene.views.activate(claim).await?;
        let all = context.checkpoints::<Revised>(&scene.views).await?;
        let active: Vec<_> = all.into_iter().map(|found| found.is_active).collect();
        let is_last = part.partition.index == COUNT - 1;
        same("whether readers see the parts of a version", &active, &vec![is_last; COUNT as usize])?;
    }
    scene.check_rows("the rows of a version whose parts are all ready", &[1, 2, 3]).await
}

async fn a_restart_of_one_part_sets_all_back<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let (log, events) = (LogId::new(), ModelLog::of_keys(12).events());
    let mut parts = begin::<T, Stops>(&views, log, &events).await?;
    for (claim, _) in &parts {
        views.activate(claim).await?;
    }
    let (mut restarted, subscription) = parts.remove(1);
    views.restart(&restarted, &subscription).await?;
    same("the rows after one part was restarted", &context.rows::<Stops>(&views).await?, &rows_of([]))?;
    let found = context.checkpoints::<Stops>(&views).await?;
    let found: Vec<_> = found.into_iter().map(|found| (found.place, found.is_active)).collect();
    same("the places of all parts after one was restarted", &found, &vec![(Place::START, true); COUNT as usize])?;
    let probe = Probe::<T, Stops>::new();
    for ((claim, _), event) in parts.iter().zip([&events[3], &events[5]]) {
        let batch = Batch::new(vec![event.clone()], event.place());
        deposed("a batch of a part that another one has set back", views.apply(claim, &probe, &batch).await)?;
    }
    restarted.checkpoint.place = Place::START;
    let batch = Batch::new(vec![events[1].clone()], events[1].place());
    views.apply(&restarted, &probe, &batch).await?;
    same("the rows that were built anew", &context.rows::<Stops>(&views).await?, &rows_of([&events[1]]))
}
