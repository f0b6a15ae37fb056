//! The driver on top of the views, while others append.

use std::collections::BTreeSet;

use eskit_runtime::log::{Append, AppendError, Condition, LogId, Position, Query};
use eskit_runtime::subscription::{Control, Partition, State, SubscriptionError, Views, follow};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::cases;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::rng::Rng;
use crate::sample::whole;
use crate::views::context::ViewsContext;
use crate::views::follower::{Clock, Follower, activate, options, polled_at_most};
use crate::views::model_log::{ModelLog, noted, some_events};
use crate::views::probe::{Act, NOTED, Parks, Probe, Stops, rows_of};
use crate::views::scene::{claim_in_time, subscription};
use crate::views::target::{Rows, TestViews};

cases![
    "following": nothing_is_lost_or_repeated_while_others_append,
    a_dropped_future_loses_and_repeats_nothing,
    of_two_followers_one_handles,
    readers_see_whole_appends,
    poisoned_keys_wait_and_others_go_on,
    a_read_model_is_built_anew_while_others_append,
    a_log_that_was_replaced_is_noticed,
];

/// Appends that are now and then refused.
async fn write(store: AnyStore, mut rng: Rng, appends: u32) -> Outcome {
    for _ in 0..appends {
        let mut append = Append::new(some_events(&mut rng));
        if rng.chance(20) {
            let after = if rng.chance(50) { Position::START } else { store.head().await?.position };
            append = append.with(Condition::NoEvents { query: Query::all(), after });
        }
        match store.append(append).await {
            Ok(_) | Err(AppendError::Conflict(_)) => tokio::task::yield_now().await,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn write_together<T: TestViews>(context: &ViewsContext<T>, store: &AnyStore, round: u32) -> Outcome {
    let mut rng = context.rng(round);
    let writers: Vec<_> = (0..6).map(|writer| write(store.clone(), rng.fork(writer), 12)).collect();
    context.together("writers", writers).await.map(drop)
}

async fn nothing_is_lost_or_repeated_while_others_append<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    for round in 0..context.repeats(12) {
        let (store, views) = (context.open().await?, context.open_at(&context.log()).await?);
        activate::<T>(&views, &subscription::<T, Stops>(store.log_id().await?)).await?;
        let probe = Probe::<T, Stops>::new();
        let follower = Follower::start(&store, &views, &probe, [1, 7, 1000][round as usize % 3]);
        write_together(context, &store, round).await?;
        follower.reached(context, store.head().await?.position).await?;
        follower.stop(context).await?;
        let log = whole(&store).await?;
        let taken = log.iter().filter(|event| event.name == NOTED).map(|event| event.position.get()).collect();
        same("what was handed over", &probe.take_handed(), &taken)?;
        same("the rows after everything was handled", &context.rows::<Stops>(&views).await?, &rows_of(&log))?;
        let place = context.checkpoint::<Stops>(&views).await?.place;
        same("the checkpoint after a stop", &Some(place), &log.last().map(RecordedEvent::place))?;
    }
    Ok(())
}

async fn a_dropped_future_loses_and_repeats_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let (store, views) = (ModelLog::default(), context.open_at(&context.log()).await?);
    let subscription = subscription::<T, Stops>(store.log_id().await?);
    activate::<T>(&views, &subscription).await?;
    let probe = Probe::<T, Stops>::new();
    for round in 0..context.rounds() {
        let mut rng = context.rng(round);
        for _ in 0..rng.below(4) {
            store.append(Append::new(some_events(&mut rng))).await?;
        }
        let head = store.head().await?.position;
        let control = Control::of::<Probe<T, Stops>>(Partition::WHOLE);
        let options = options([1, 3, 1000][round as usize % 3]);
        // On the heap: without optimisations each future around it would hold it once more on the stack.
        let following = Box::pin(follow(&store, &probe, &views, &options, &control, &Clock));
        let until = async { tokio::select!(_ = following => {}, _ = control.reached(head) => {}) };
        let dropping = polled_at_most(until, rng.below(60));
        context.within("following the log", dropping).await?;
        // What was being committed is committed or not, once the claim was given to another holder.
        let claim = claim_in_time(context, &views, &subscription).await?;
        let place = claim.checkpoint.place.position;
        let events = store.events();
        let handled = events.iter().filter(|event| event.position <= place);
        let rows = context.rows::<Stops>(&views).await?;
        let what = format!("the rows at position {place}, after the future was dropped in round {}", round + 1);
        same(&what, &rows, &rows_of(handled))?;
        views.release(claim).await;
    }
    let follower = Follower::start(&store, &views, &probe, 10);
    follower.reached(context, store.head().await?.position).await?;
    follower.stop(context).await?;
    same("the rows at the end", &context.rows::<Stops>(&views).await?, &rows_of(&store.events()))
}

async fn of_two_followers_one_handles<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let (store, place) = (ModelLog::of_keys(12), context.log());
    let first_views = context.open_at(&place).await?;
    activate::<T>(&first_views, &subscription::<T, Stops>(store.log_id().await?)).await?;
    let is_durable = context.harness().is_durable;
    let second_views = if is_durable { context.open_at(&place).await? } else { first_views.clone() };
    let (first_probe, second_probe) = (Probe::<T, Stops>::new(), Probe::<T, Stops>::new());
    let first = Follower::start(&store, &first_views, &first_probe, 5);
    first.reached(context, Position::new(12)).await?;
    let second = Follower::start(&store, &second_views, &second_probe, 5);
    let stands_by = second.control.watch(|health| (health.state == State::Standby).then_some(()));
    context.within("a second follower, which must wait", stands_by).await?;
    store.append(Append::new(vec![noted("a", true), noted("b", true)])).await?;
    first.reached(context, Position::new(14)).await?;
    second.reached(context, Position::new(14)).await?;
    same("what was handed to the follower that waits", &second_probe.take_handed(), &Vec::new())?;
    first.stop(context).await?;
    store.append(Append::new(vec![noted("c", true)])).await?;
    second.reached(context, Position::new(15)).await?;
    same("what was handed to the first follower", &first_probe.take_handed(), &(1..15).collect())?;
    same("what was handed to the second follower", &second_probe.take_handed(), &vec![15])?;
    second.stop(context).await?;
    same("the rows of both followers", &context.rows::<Stops>(&first_views).await?, &rows_of(&store.events()))
}

async fn readers_see_whole_appends<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    for round in 0..context.repeats(12) {
        let (mut rng, log) = (context.rng(round), LogId::new());
        let (store, views) = (ModelLog::seeded(log, rng.next(), 80), context.open_at(&context.log()).await?);
        activate::<T>(&views, &subscription::<T, Stops>(log)).await?;
        let events = store.events();
        let ends = events.iter().filter(|event| event.part.is_last()).map(|event| event.position);
        let whole: BTreeSet<Rows> =
            ends.map(|end| rows_of(events.iter().filter(|event| event.position <= end))).chain([Rows::new()]).collect();
        let follower = Follower::start(&store, &views, &Probe::<T, Stops>::new(), 2);
        let head = store.head().await?.position;
        loop {
            let rows = context.rows::<Stops>(&views).await?;
            ensure!(whole.contains(&rows), "readers see a part of an append: {rows:?}");
            if follower.control.health().place.position >= head {
                break;
            }
            tokio::task::yield_now().await;
        }
        follower.stop(context).await?;
    }
    Ok(())
}

async fn poisoned_keys_wait_and_others_go_on<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let (store, views) = (ModelLog::of_keys(12), context.open_at(&context.log()).await?);
    let probe = Probe::<T, Parks>::new();
    probe.does(|event| if event.position.get() == 5 { Act::Fail("no seats left") } else { Act::Succeed });
    let follower = Follower::start(&store, &views, &probe, 4);
    follower.reached(context, Position::new(12)).await?;
    let parked = views.parked("ledger-parks", 1).await?;
    let found: Vec<_> = parked.iter().map(|parked| (parked.position.get(), parked.attempts)).collect();
    same("what is parked, and after how many tries", &found, &vec![(5, 2), (8, 0), (11, 0)])?;
    let events = store.events();
    let (waiting, handled): (Vec<_>, Vec<_>) =
        events.iter().partition(|event| [5, 8, 11].contains(&event.position.get()));
    same("the rows without what is parked", &context.rows::<Parks>(&views).await?, &rows_of(handled))?;
    probe.does(|_| Act::Succeed);
    for event in waiting {
        let replayed = eskit_runtime::subscription::Apply::replay(&views, &probe, event).await?;
        ensure!(replayed, "an event that is parked was not replayed: {event:?}");
    }
    follower.stop(context).await?;
    same("the rows after all was replayed", &context.rows::<Parks>(&views).await?, &rows_of(&events))
}

async fn a_read_model_is_built_anew_while_others_append<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    for round in 0..context.repeats(24) {
        let (store, views) = (context.open().await?, context.open_at(&context.log()).await?);
        activate::<T>(&views, &subscription::<T, Stops>(store.log_id().await?)).await?;
        let follower = Follower::start(&store, &views, &Probe::<T, Stops>::new(), 3);
        let rebuilding = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
                follower.control.rebuild();
            }
            Ok::<_, Failure>(())
        };
        let (written, rebuilt) = tokio::join!(write_together(context, &store, round), rebuilding);
        written.and(rebuilt)?;
        follower.control.rebuild();
        let again = follower.control.watch(|health| (health.place.position == Position::START).then_some(()));
        // It may be over before it is seen.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(50), again).await;
        follower.reached(context, store.head().await?.position).await?;
        follower.stop(context).await?;
        let log = whole(&store).await?;
        same("the rows that were built anew", &context.rows::<Stops>(&views).await?, &rows_of(&log))?;
    }
    Ok(())
}

async fn a_log_that_was_replaced_is_noticed<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let (log, mut rng) = (LogId::new(), context.rng(0));
    let store = ModelLog::seeded(log, rng.next(), 40);
    activate::<T>(&views, &subscription::<T, Stops>(log)).await?;
    let probe = Probe::<T, Stops>::new();
    let follower = Follower::start(&store, &views, &probe, 10);
    follower.reached(context, store.head().await?.position).await?;
    follower.stop(context).await?;
    probe.take_handed();
    let others = [
        ("another history", ModelLog::seeded(log, rng.next(), 60)),
        ("a shorter history", ModelLog::seeded(log, rng.next(), 20)),
        ("another log", ModelLog::seeded(LogId::new(), rng.next(), 60)),
    ];
    for (what, other) in others {
        let error = Follower::start(&other, &views, &probe, 10).failure(context).await?;
        let is_named = match what {
            "another history" => matches!(error, SubscriptionError::LogReplaced { .. }),
            "a shorter history" => matches!(error, SubscriptionError::CheckpointAhead { .. }),
            _ => matches!(error, SubscriptionError::OtherLog { .. }),
        };
        ensure!(
            is_named,
            "the checkpoint is of one log, and {what} was followed; the subscription ended with {error:?}"
        );
        same("what was handed over of another log", &probe.take_handed(), &Vec::new())?;
    }
    same("the rows of the first log", &context.rows::<Stops>(&views).await?, &rows_of(&store.events()))
}
