//! Handlers that fail.

use super::cases;
use crate::failure::{Outcome, same};
use crate::views::context::ViewsContext;
use crate::views::probe::{Act, Skips, Stops};
use crate::views::scene::{Scene, handler_failed};
use crate::views::target::TestViews;

cases![
    "failures": a_handler_that_fails_undoes_its_whole_batch,
    a_panic_is_a_failure_with_its_text,
    after_a_failure_the_claim_still_holds,
    an_event_that_was_given_up_is_left_out,
    the_index_of_a_failure_counts_what_was_given_up,
];

async fn a_handler_that_fails_undoes_its_whole_batch<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    scene.apply(&scene.batch(1..3)).await?;
    for at in [3, 5, 7] {
        scene
            .probe
            .does(move |event| if event.position.get() == at { Act::Fail("no seats left") } else { Act::Succeed });
        let applied = scene.apply(&scene.batch(3..8)).await;
        handler_failed(applied, at as usize - 3, "no seats left")?;
        scene.check_rows("the rows after a handler failed", &[1, 2]).await?;
        scene.check_place("the checkpoint after a handler failed", 2).await?;
        let handed = scene.probe.take_handed();
        let handed: Vec<_> = handed.into_iter().filter(|position| *position > at).collect();
        same("what was handed over after the event that failed", &handed, &Vec::new())?;
    }
    Ok(())
}

async fn a_panic_is_a_failure_with_its_text<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    let panics = |event: &eskit_runtime::RecordedEvent| match event.position.get() {
        4 => Act::Panic("a handler of the suite that panics"),
        _ => Act::Succeed,
    };
    scene.probe.does(panics);
    let applied = scene.apply(&scene.batch(1..6)).await;
    handler_failed(applied, 3, "a handler of the suite that panics")?;
    scene.check_rows("the rows after a handler panicked", &[]).await?;
    scene.check_place("the checkpoint after a handler panicked", 0).await
}

async fn after_a_failure_the_claim_still_holds<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Stops>::new(context).await?;
    for act in [Act::Fail("no seats left"), Act::Panic("a handler of the suite that panics")] {
        scene.probe.does(move |_| act);
        let applied = scene.apply(&scene.batch(1..4)).await;
        handler_failed(applied, 0, "")?;
    }
    scene.probe.does(|_| Act::Succeed);
    scene.apply(&scene.batch(1..4)).await?;
    scene.check_rows("the rows after the failure was mended", &[1, 2, 3]).await?;
    scene.check_place("the checkpoint after the failure was mended", 3).await
}

async fn an_event_that_was_given_up_is_left_out<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Skips>::new(context).await?;
    scene.apply(&scene.given_up(1..6, 2, "no seats left", 5)).await?;
    same("what was handed over", &scene.probe.take_handed(), &vec![1, 3, 4, 5])?;
    scene.check_rows("the rows without the event that was given up", &[1, 3, 4, 5]).await?;
    scene.check_place("the checkpoint beyond the event that was given up", 5).await?;
    same("what is parked, since it is skipped", &scene.parked().await?, &Vec::new())?;
    // An append that holds no other event.
    scene.apply(&scene.given_up(6..7, 6, "no seats left", 5)).await?;
    scene.check_place("the checkpoint beyond an event that was given up alone", 6).await
}

async fn the_index_of_a_failure_counts_what_was_given_up<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Skips>::new(context).await?;
    scene.probe.does(|event| if event.position.get() == 4 { Act::Fail("no seats left") } else { Act::Succeed });
    let applied = scene.apply(&scene.given_up(1..6, 2, "no seats left", 5)).await;
    handler_failed(applied, 3, "no seats left")
}
