//! Views that were closed and opened again.

use eskit_runtime::subscription::Views;

use super::cases;
use crate::failure::{Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::probe::{Parks, Probe};
use crate::views::scene::{Scene, claim};
use crate::views::target::TestViews;

cases![
    "reopen": what_was_committed_is_there(Durable),
    parked_events_are_replayed_after_a_restart_of_the_process(Durable),
];

async fn what_was_committed_is_there<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Parks>::new(context).await?;
    scene.apply(&scene.given_up(1..7, 2, "no seats left", 5)).await?;
    let before = (scene.views.checkpoints().await?, scene.views.parked("ledger-parks", 1).await?);
    let rows = scene.rows_at(&[1, 3, 4, 6]);
    let epoch = scene.claim.checkpoint.epoch;
    let Scene { place, views, claim: held, subscription, .. } = scene;
    views.release(held).await;
    drop(views);
    let views = context.open_at(&place).await?;
    let after = (views.checkpoints().await?, views.parked("ledger-parks", 1).await?);
    same("the checkpoints and the parked events of views that were opened again", &after, &before)?;
    same("the rows of views that were opened again", &context.rows::<Parks>(&views).await?, &rows)?;
    let again = claim::<T>(&views, &subscription).await?;
    ensure!(again.checkpoint.epoch > epoch, "the claim after epoch {epoch} has epoch {}", again.checkpoint.epoch);
    Ok(())
}

async fn parked_events_are_replayed_after_a_restart_of_the_process<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Parks>::new(context).await?;
    scene.apply(&scene.given_up(1..7, 2, "no seats left", 5)).await?;
    let (event, rows) = (scene.events[1].clone(), scene.rows_at(&[1, 3, 4, 6, 2]));
    let Scene { place, views, claim, .. } = scene;
    views.release(claim).await;
    drop(views);
    let views = context.open_at(&place).await?;
    let replayed = eskit_runtime::subscription::Apply::replay(&views, &Probe::<T, Parks>::new(), &event).await?;
    ensure!(replayed, "an event that was parked before views were opened again was not replayed");
    same("the rows after a replay in views that were opened again", &context.rows::<Parks>(&views).await?, &rows)
}
