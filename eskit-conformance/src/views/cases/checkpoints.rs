//! What is stored of how far a subscription has come, and when it moves.

use eskit_runtime::log::{LogId, Place};
use eskit_runtime::subscription::{Batch, Views};

use super::cases;
use crate::failure::{Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::probe::{Parks, Revised, Stops};
use crate::views::scene::{Scene, claim, deposed, subscription};
use crate::views::target::TestViews;

cases![
    "checkpoints": the_first_claim_creates_the_checkpoint,
    the_start_is_stored_once,
    rows_and_checkpoint_are_committed_together,
    the_checkpoint_is_where_the_batch_ends,
    an_empty_batch_moves_the_checkpoint,
    a_batch_from_another_place_is_refused,
    handlers_see_what_was_written_before,
    each_event_is_handed_over_once_and_in_order,
    wire_names_are_recorded,
    checkpoints_are_listed_in_order,
];

async fn the_first_claim_creates_the_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let subscription = subscription::<T, Stops>(LogId::new());
    let claim = claim::<T>(&views, &subscription).await?;
    let stored = context.checkpoint::<Stops>(&views).await?;
    for (whose, checkpoint) in [("the claim", &claim.checkpoint), ("the list", &stored)] {
        same(&format!("the place of a new checkpoint, in {whose}"), &checkpoint.place, &Place::START)?;
        same(&format!("the log of a new checkpoint, in {whose}"), &checkpoint.log, &subscription.log)?;
        same(&format!("the events of a new checkpoint, in {whose}"), &checkpoint.events, &subscription.events)?;
        same(&format!("the part of a new checkpoint, in {whose}"), &checkpoint.partition, &subscription.partition)?;
        ensure!(!checkpoint.is_active, "readers see a read model that was not activated, says {whose}");
    }
    Ok(())
}

async fn the_start_is_stored_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = Scene::<T, Parks>::new(context).await?;
    let mut subscription = subscription::<T, Stops>(scene.subscription.log);
    subscription.start = scene.events[4].place();
    let first = claim::<T>(&scene.views, &subscription).await?;
    same("the place of a first claim", &first.checkpoint.place, &subscription.start)?;
    scene.views.release(first).await;
    let expected = std::mem::replace(&mut subscription.start, scene.events[8].place());
    let second = claim::<T>(&scene.views, &subscription).await?;
    same("the place of a second claim, which wanted to start elsewhere", &second.checkpoint.place, &expected)
}

async fn rows_and_checkpoint_are_committed_together<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.check_rows("the rows before the first batch", &[]).await?;
    let before = context.checkpoint::<Stops>(&scene.views).await?.saved_at;
    for (batch, rows) in [(scene.batch(1..4), vec![1, 2, 3]), (scene.batch(4..6), vec![1, 2, 3, 4, 5])] {
        scene.apply(&batch).await?;
        scene.check_rows("the rows after a batch", &rows).await?;
        scene.check_place("the checkpoint after a batch", rows.len() as u64).await?;
    }
    let after = context.checkpoint::<Stops>(&scene.views).await?.saved_at;
    ensure!(after >= before, "the checkpoint was saved at {before}, and then at {after}");
    Ok(())
}

async fn the_checkpoint_is_where_the_batch_ends<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    // Beyond its last event, at one that does not concern the subscriber; and before the head.
    let mut batch = scene.batch(1..4);
    batch.to = scene.events[6].place();
    scene.apply(&batch).await?;
    scene.check_place("the checkpoint after a batch that ends beyond its last event", 7).await?;
    // No event is there, or its id is not known.
    let mut batch = scene.batch(8..9);
    batch.to = Place { position: batch.to.position, id: None };
    scene.apply(&batch).await?;
    let found = context.checkpoint::<Stops>(&scene.views).await?.place;
    same("the checkpoint after a batch that ends at a place without an id", &found, &batch.to)
}

async fn an_empty_batch_moves_the_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    let batch = Batch::new(Vec::new(), scene.events[8].place());
    scene.apply(&batch).await?;
    scene.check_place("the checkpoint after a batch without events", 9).await?;
    same("what was handed over of it", &scene.probe.take_handed(), &Vec::new())?;
    scene.apply(&scene.batch(10..12)).await?;
    scene.check_place("the checkpoint after the next batch", 11).await
}

async fn a_batch_from_another_place_is_refused<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..4)).await?;
    for place in [scene.events[0].place(), Place::START, scene.events[5].place()] {
        scene.claim.checkpoint.place = place;
        let applied = scene.apply(&scene.batch(2..7)).await;
        deposed("a batch from another place than that of the checkpoint", applied)?;
        scene.check_rows("the rows after a batch from another place", &[1, 2, 3]).await?;
        scene.check_place("the checkpoint after a batch from another place", 3).await?;
    }
    Ok(())
}

async fn handlers_see_what_was_written_before<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    // The row of a key is made from its former value: by an event of the same batch, and of an earlier one.
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..8)).await?;
    scene.apply(&scene.batch(8..12)).await?;
    scene.check_rows("the rows that were made from their former values", &(1..12).collect::<Vec<_>>()).await
}

async fn each_event_is_handed_over_once_and_in_order<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..21)).await?;
    same("what was handed over", &scene.probe.take_handed(), &(1..21).collect())?;
    scene.apply(&scene.batch(21..22)).await?;
    same("what was handed over", &scene.probe.take_handed(), &vec![21])
}

async fn wire_names_are_recorded<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..4)).await?;
    let names = vec!["views.Added".to_owned(), "views.Noted".to_owned()];
    scene.views.set_events(&scene.claim, names.clone()).await?;
    let stored = context.checkpoint::<Stops>(&scene.views).await?;
    same("the wire names of a checkpoint", &stored.events, &names)?;
    same("its place", &stored.place, &scene.events[2].place())?;
    scene.apply(&scene.batch(4..6)).await?;
    scene.views.release(scene.claim).await;
    // What it takes is compared with the subscriber by who claims; the claim changes nothing.
    let claim = claim::<T>(&scene.views, &scene.subscription).await?;
    same("the wire names after a claim", &claim.checkpoint.events, &names)
}

async fn checkpoints_are_listed_in_order<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let log = LogId::new();
    let mut all = vec![subscription::<T, Parks>(log), subscription::<T, Revised>(log), subscription::<T, Stops>(log)];
    for count in [10, 10, 10] {
        let mut part = subscription::<T, Parks>(log);
        part.version = 7;
        part.partition.count = count;
        part.partition.index = 10 - all.len() as u32;
        all.push(part);
    }
    let mut claims = Vec::new();
    for subscription in &all {
        claims.push(claim::<T>(&views, subscription).await?);
    }
    let found = views.checkpoints().await?;
    let found: Vec<_> = found.into_iter().map(|found| (found.name, found.version, found.partition)).collect();
    let mut expected: Vec<_> = all.iter().map(|one| (one.name.clone(), one.version, one.partition)).collect();
    expected.sort_unstable();
    same("the checkpoints that are listed", &found, &expected)
}
