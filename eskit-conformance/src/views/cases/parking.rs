//! Events that were given up and wait, and everything that waits behind them.

use std::sync::Arc;

use eskit_runtime::RecordedEvent;
use eskit_runtime::subscription::{Apply, Views};

use super::cases;
use crate::failure::{Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::probe::{Act, Parks};
use crate::views::scene::{Scene, handler_failed};
use crate::views::target::TestViews;

cases![
    "parking": an_event_that_was_given_up_is_parked,
    later_events_of_its_key_wait_behind_it,
    other_keys_go_on,
    a_batch_that_fails_parks_nothing,
    a_replay_hands_the_event_over_once,
    a_replay_moves_no_checkpoint,
    a_replay_that_fails_leaves_the_event_parked,
    replays_at_the_same_time_hand_over_once,
    an_event_that_was_dropped_is_gone,
    a_key_goes_on_when_nothing_of_it_is_parked,
    the_index_of_a_failure_counts_what_waits,
];

/// Events 1 to 6, of which event 2 was given up: 5 has the same key.
async fn parked<T: TestViews>(context: &ViewsContext<T>) -> Result<Scene<T, Parks>, crate::failure::Failure> {
    let mut scene = Scene::<T, Parks>::new(context).await?;
    scene.apply(&scene.given_up(1..7, 2, "no seats left", 5)).await?;
    same("what was handed over", &scene.probe.take_handed(), &vec![1, 3, 4, 6])?;
    Ok(scene)
}

async fn an_event_that_was_given_up_is_parked<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = parked(context).await?;
    let name = &scene.subscription.name;
    let all = scene.views.parked(name, 1).await?;
    let Some(first) = all.first() else { return same("how many events are parked", &0, &2) };
    let event = &scene.events[1];
    same("the place of a parked event", &(first.position, first.id), &(event.position, event.id))?;
    let told = (first.key.as_str(), first.text.as_str(), first.attempts);
    same("what is told of a parked event", &told, &("b", "no seats left", 5))?;
    scene.check_place("the checkpoint beyond a parked event", 6).await?;
    same("what is parked under another version", &scene.views.parked(name, 2).await?, &Vec::new())?;
    same("what is parked under another name", &scene.views.parked("ledger", 1).await?, &Vec::new())
}

async fn later_events_of_its_key_wait_behind_it<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = parked(context).await?;
    same("what is parked", &scene.parked().await?, &vec![2, 5])?;
    let all = scene.views.parked(&scene.subscription.name, 1).await?;
    let told = (all[1].key.as_str(), all[1].text.as_str(), all[1].attempts);
    same("what is told of an event that waits", &told, &("b", "", 0))?;
    scene.apply(&scene.batch(7..13)).await?;
    same("what is parked after another batch", &scene.parked().await?, &vec![2, 5, 8, 11])?;
    scene.check_rows("the rows without what is parked", &[1, 3, 4, 6, 7, 9, 10, 12]).await
}

async fn other_keys_go_on<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = parked(context).await?;
    scene.check_rows("the rows without what is parked", &[1, 3, 4, 6]).await?;
    scene.apply(&scene.given_up(7..10, 9, "no room left", 2)).await?;
    same("what was handed over", &scene.probe.take_handed(), &vec![7])?;
    same("what is parked", &scene.parked().await?, &vec![2, 5, 8, 9])?;
    scene.apply(&scene.batch(10..13)).await?;
    same("what was handed over", &scene.probe.take_handed(), &vec![10])
}

async fn a_batch_that_fails_parks_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Parks>::new(context).await?;
    scene.probe.does(|event| if event.position.get() == 6 { Act::Fail("no room left") } else { Act::Succeed });
    let applied = scene.apply(&scene.given_up(1..7, 2, "no seats left", 5)).await;
    // Events 2 and 5 wait: the sixth is still at index 5.
    handler_failed(applied, 5, "no room left")?;
    same("what is parked after a failure", &scene.parked().await?, &Vec::new())?;
    scene.check_rows("the rows after a failure", &[]).await?;
    scene.check_place("the checkpoint after a failure", 0).await
}

async fn a_replay_hands_the_event_over_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = parked(context).await?;
    for (expected, handed, rows) in [(true, vec![2], [1, 3, 4, 6, 2]), (false, vec![], [1, 3, 4, 6, 2])] {
        let replayed = scene.views.replay(&scene.probe, &scene.events[1]).await?;
        same("whether a replayed event was parked", &replayed, &expected)?;
        same("what was handed over by a replay", &scene.probe.take_handed(), &handed)?;
        scene.check_rows("the rows after a replay", &rows).await?;
        same("what is parked after a replay", &scene.parked().await?, &vec![5])?;
    }
    let replayed = scene.views.replay(&scene.probe, &scene.events[20]).await?;
    ensure!(!replayed, "an event that was never parked was replayed");
    Ok(())
}

async fn a_replay_moves_no_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = parked(context).await?;
    let before = context.checkpoint::<Parks>(&scene.views).await?;
    scene.views.replay(&scene.probe, &scene.events[1]).await?;
    let after = context.checkpoint::<Parks>(&scene.views).await?;
    same("the place of the checkpoint after a replay", &after.place, &before.place)?;
    same("the epoch after a replay, which needs no claim", &after.epoch, &before.epoch)?;
    scene.apply(&scene.batch(7..8)).await?;
    scene.check_place("the checkpoint after the next batch", 7).await
}

async fn a_replay_that_fails_leaves_the_event_parked<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = parked(context).await?;
    for act in [Act::Fail("still no seats"), Act::Panic("still no seats, says a panic of the suite")] {
        scene.probe.does(move |_| act);
        let replayed = scene.views.replay(&scene.probe, &scene.events[1]).await;
        handler_failed(replayed, 0, "still no seats")?;
        same("what is parked after a replay that failed", &scene.parked().await?, &vec![2, 5])?;
        scene.check_rows("the rows after a replay that failed", &[1, 3, 4, 6]).await?;
    }
    scene.probe.does(|_| Act::Succeed);
    let replayed = scene.views.replay(&scene.probe, &scene.events[1]).await?;
    ensure!(replayed, "an event that is still parked was not replayed");
    Ok(())
}

async fn replays_at_the_same_time_hand_over_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = Scene::<T, Parks>::new(context).await?;
    for position in 1..1 + u64::from(context.repeats(6).min(20)) {
        context.count_seed();
        scene.apply(&scene.given_up(position..position + 1, position, "no seats left", 5)).await?;
        let event = &scene.events[position as usize - 1];
        let replay = |event: RecordedEvent| {
            let (views, probe) = (scene.views.clone(), Arc::clone(&scene.probe));
            async move { Ok(patiently::<T>(&views, &probe, &event).await?) }
        };
        let replays: Vec<_> = (0..6).map(|_| replay(event.clone())).collect();
        let answers = context.together("replays of one event", replays).await?;
        let count = answers.iter().filter(|is_replayed| **is_replayed).count();
        same("how many of the replays of one event say that they handed it over", &count, &1)?;
    }
    let all: Vec<_> = (1..=scene.events.len() as u64).take(context.repeats(6).min(20) as usize).collect();
    scene.check_rows("the rows after replays", &all).await
}

/// Replays an event until the views say whether they did: several at the same time may be refused as a failure of the views.
async fn patiently<T: TestViews>(
    views: &T::Views,
    probe: &Arc<crate::views::probe::Probe<T, Parks>>,
    event: &RecordedEvent,
) -> Result<bool, eskit_runtime::subscription::ApplyError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match views.replay(probe, event).await {
            Err(eskit_runtime::subscription::ApplyError::Views(error)) if error.is_transient() && tries < 100 => {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            answer => return answer,
        }
    }
}

async fn an_event_that_was_dropped_is_gone<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let scene = parked(context).await?;
    let (name, position) = (&scene.subscription.name, scene.events[1].position);
    for expected in [true, false] {
        let dropped = scene.views.drop_parked(name, 1, position).await?;
        same("whether a dropped event was parked", &dropped, &expected)?;
        same("what is parked after one event was dropped", &scene.parked().await?, &vec![5])?;
    }
    let other = scene.views.drop_parked(name, 2, scene.events[4].position).await?;
    ensure!(!other, "an event was dropped that is parked under another version");
    let replayed = scene.views.replay(&scene.probe, &scene.events[1]).await?;
    ensure!(!replayed, "an event that was dropped was replayed");
    scene.check_rows("the rows without the dropped event", &[1, 3, 4, 6]).await
}

async fn a_key_goes_on_when_nothing_of_it_is_parked<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = parked(context).await?;
    scene.views.replay(&scene.probe, &scene.events[1]).await?;
    scene.apply(&scene.batch(7..9)).await?;
    same("what is parked while an event of the key still waits", &scene.parked().await?, &vec![5, 8])?;
    scene.views.replay(&scene.probe, &scene.events[4]).await?;
    scene.views.drop_parked(&scene.subscription.name, 1, scene.events[7].position).await?;
    scene.probe.take_handed();
    scene.apply(&scene.batch(9..13)).await?;
    same("what was handed over once nothing is parked", &scene.probe.take_handed(), &vec![9, 10, 11, 12])?;
    scene.check_rows("the rows at the end", &[1, 3, 4, 6, 2, 7, 5, 9, 10, 11, 12]).await
}

async fn the_index_of_a_failure_counts_what_waits<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let mut scene = parked(context).await?;
    scene.probe.does(|event| if event.position.get() == 9 { Act::Fail("no room left") } else { Act::Succeed });
    // Event 8 waits.
    let applied = scene.apply(&scene.batch(7..10)).await;
    handler_failed(applied, 2, "no room left")
}
