//! What is asked of a subscription from outside of the program that runs it.

use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, LogId, Position};
use eskit_runtime::subscription::{Asked, Ended, Request, State, Views};

use super::cases;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::follower::{Follower, activate};
use crate::views::model_log::{ModelLog, noted};
use crate::views::probe::{Act, Kind, Parks, Probe, Revised, Stops, rows_of};
use crate::views::process::{Process, Work};
use crate::views::scene::{claim_in_time, subscription};
use crate::views::target::TestViews;

cases![
    "requests": what_is_asked_is_found,
    the_end_of_a_request_is_stored_once,
    the_end_of_a_request_is_not_that_of_the_next,
    a_pause_lasts_until_it_is_taken_back,
    requests_outlive_their_handle(Durable),
    a_follower_obeys,
    a_follower_that_starts_while_paused_handles_nothing,
    a_read_model_is_built_anew_once,
    parked_events_are_handed_over_again,
    what_cannot_be_done_is_told,
    a_killed_process_leaves_what_was_asked_to_the_next(Process),
];

/// The request to a version of a subscription, if there is one.
async fn found<T: TestViews>(views: &T::Views, name: &str, version: u32) -> Result<Option<Request>, Failure> {
    Ok(views.requests().await?.into_iter().find(|request| request.name == name && request.version == version))
}

/// The end of a request, once there is one.
async fn ended<T: TestViews>(context: &ViewsContext<T>, views: &T::Views, asked: &Request) -> Result<Ended, Failure> {
    let waiting = async {
        loop {
            match found::<T>(views, &asked.name, asked.version).await? {
                Some(found) if found.number != asked.number => {
                    return Err(Failure::new(format!("instead of {asked:?}, there is {found:?}")));
                }
                Some(Request { ended: Some(ended), .. }) => return Ok(ended),
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    context.within(&format!("the end of a request to {}", asked.asked), waiting).await?
}

/// Asks something of a kind of subscriber, and waits for its end.
async fn ask<T: TestViews, K: Kind>(
    context: &ViewsContext<T>,
    views: &T::Views,
    asked: Asked,
) -> Result<Ended, Failure> {
    let request = views.request(K::TYPE.name, K::TYPE.version, asked).await?;
    ended(context, views, &request).await
}

async fn what_is_asked_is_found<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    same("what is asked of nothing", &views.requests().await?, &Vec::new())?;
    let mut expected = Vec::new();
    let asked = [
        ("a", 1, Asked::Pause),
        ("a", 2, Asked::Reset(Position::new(u64::MAX >> 1))),
        ("b", 1, Asked::Replay(Some("it's\n\"one\"".to_owned()))),
        ("c", 1, Asked::Replay(None)),
    ];
    for (name, version, asked) in asked {
        let request = views.request(name, version, asked.clone()).await?;
        let told = (request.name.as_str(), request.version, request.number, &request.asked);
        same("what was asked", &told, &(name, version, 1, &asked))?;
        same("the end of what was just asked", &request.ended, &None)?;
        expected.push(request);
    }
    let mut requests = views.requests().await?;
    requests.sort_by(|a, b| (&a.name, a.version).cmp(&(&b.name, b.version)));
    same("the requests", &requests, &expected)?;
    let again = views.request("a", 1, Asked::Rebuild).await?;
    same("the number of a second request", &again.number, &2)?;
    same("the request in place of another one", &found::<T>(&views, "a", 1).await?, &Some(again.clone()))?;
    same("the request to another version", &found::<T>(&views, "a", 2).await?, &Some(expected[1].clone()))?;
    // What is found may be of a moment ago.
    let waiting = async {
        while !views.recent_requests(Duration::from_millis(20)).await?.contains(&again) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, Failure>(())
    };
    context.within("a request, which must be found in a while", waiting).await?
}

async fn the_end_of_a_request_is_stored_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let asked = views.request("a", 1, Asked::Rebuild).await?;
    let end = Ended::now(Err("no room\n\u{fffd}".to_owned()));
    ensure!(views.end_request(&asked, end.clone()).await?, "the end of a request was not stored");
    same("the end of a request", &found::<T>(&views, "a", 1).await?.and_then(|found| found.ended), &Some(end.clone()))?;
    let second = views.end_request(&asked, Ended::now(Ok("done".to_owned()))).await?;
    ensure!(!second, "a request has ended twice");
    same("the end of a request", &found::<T>(&views, "a", 1).await?.and_then(|found| found.ended), &Some(end))
}

async fn the_end_of_a_request_is_not_that_of_the_next<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let first = views.request("a", 1, Asked::Rebuild).await?;
    let second = views.request("a", 1, Asked::Replay(None)).await?;
    let stored = views.end_request(&first, Ended::now(Ok("done".to_owned()))).await?;
    ensure!(!stored, "the end of a request is that of another one");
    same("the second request", &found::<T>(&views, "a", 1).await?, &Some(second.clone()))?;
    ensure!(views.end_request(&second, Ended::now(Ok("done".to_owned()))).await?, "the second request did not end");
    Ok(())
}

async fn a_pause_lasts_until_it_is_taken_back<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let paused = views.request("a", 1, Asked::Pause).await?;
    ensure!(paused.paused_at.is_some(), "what was asked to pause is not paused: {paused:?}");
    views.end_request(&paused, Ended::now(Ok("paused".to_owned()))).await?;
    for asked in [Asked::Rebuild, Asked::Pause, Asked::Replay(None)] {
        views.request("a", 1, asked.clone()).await?;
        let since = found::<T>(&views, "a", 1).await?.and_then(|found| found.paused_at);
        same(&format!("since when it is paused, after a request to {asked}"), &since, &paused.paused_at)?;
    }
    let resumed = views.request("a", 1, Asked::Resume).await?;
    same("since when it is paused, after it was resumed", &resumed.paused_at, &None)?;
    same("the request to resume", &found::<T>(&views, "a", 1).await?, &Some(resumed))
}

async fn requests_outlive_their_handle<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let place = context.log();
    let views = context.open_at(&place).await?;
    views.request("a", 1, Asked::Pause).await?;
    let asked = views.request("a", 1, Asked::Rebuild).await?;
    drop(views);
    let views = context.open_at(&place).await?;
    same("the request in views that were opened again", &found::<T>(&views, "a", 1).await?, &Some(asked))
}

/// Views with a read model that readers see, and another handle on them if there can be one.
async fn opened<T: TestViews, K: Kind>(
    context: &ViewsContext<T>,
    store: &ModelLog,
) -> Result<(T::Views, T::Views), Failure>
where
    T::Views: eskit_runtime::subscription::Apply<Probe<T, K>>,
{
    let place = context.log();
    let views = context.open_at(&place).await?;
    activate::<T>(&views, &subscription::<T, K>(store.log_id().await?)).await?;
    let outside = if context.harness().is_durable { context.open_at(&place).await? } else { views.clone() };
    Ok((views, outside))
}

async fn add<T: TestViews, K: Kind>(store: &ModelLog, probe: &Arc<Probe<T, K>>) -> Outcome {
    store.append(Append::new(vec![noted("a", true)])).await?;
    // Time in which a follower would handle it.
    tokio::time::sleep(Duration::from_millis(30)).await;
    same("what was handed over while it was paused", &probe.take_handed(), &Vec::new())
}

async fn a_follower_obeys<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let store = ModelLog::of_keys(5);
    let (views, outside) = opened::<T, Stops>(context, &store).await?;
    let probe = Probe::<T, Stops>::new();
    let follower = Follower::start(&store, &views, &probe, 2);
    follower.reached(context, Position::new(5)).await?;
    probe.take_handed();
    let paused = ask::<T, Stops>(context, &outside, Asked::Pause).await?;
    same("what came of a pause", &(paused.is_done, paused.text.as_str()), &(true, "paused after position 5"))?;
    add(&store, &probe).await?;
    // What the program itself asks changes nothing of it.
    follower.control.resume();
    add(&store, &probe).await?;
    same("what it does while it is paused", &follower.control.health().state, &State::Paused)?;
    let resumed = ask::<T, Stops>(context, &outside, Asked::Resume).await?;
    ensure!(resumed.is_done, "it was not resumed: {resumed:?}");
    follower.reached(context, Position::new(7)).await?;
    same("what was handed over after it was resumed", &probe.take_handed(), &vec![6, 7])?;
    follower.stop(context).await
}

async fn a_follower_that_starts_while_paused_handles_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let store = ModelLog::of_keys(5);
    let (views, outside) = opened::<T, Stops>(context, &store).await?;
    let probe = Probe::<T, Stops>::new();
    let asked = outside.request("ledger", 1, Asked::Pause).await?;
    for start in 1..=2 {
        let follower = Follower::start(&store, &views, &probe, 2);
        let paused = follower.control.watch(|health| (health.state == State::Paused).then_some(()));
        context.within(&format!("the pause of follower {start}, which must start paused"), paused).await?;
        ensure!(ended(context, &views, &asked).await?.is_done, "the pause was not done");
        add(&store, &probe).await?;
        follower.stop(context).await?;
    }
    outside.request("ledger", 1, Asked::Resume).await?;
    let follower = Follower::start(&store, &views, &probe, 2);
    follower.reached(context, Position::new(7)).await?;
    follower.stop(context).await?;
    same("what was handed over after it was resumed", &probe.take_handed(), &(1..8).collect())
}

async fn a_read_model_is_built_anew_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let store = ModelLog::of_keys(5);
    let (views, outside) = opened::<T, Stops>(context, &store).await?;
    let probe = Probe::<T, Stops>::new();
    // It is asked while no program runs, and twice, with a pause between.
    outside.request("ledger", 1, Asked::Pause).await?;
    let asked = outside.request("ledger", 1, Asked::Rebuild).await?;
    let follower = Follower::start(&store, &views, &probe, 2);
    let rebuilt = ended(context, &outside, &asked).await?;
    same("what came of it", &(rebuilt.is_done, rebuilt.text.as_str()), &(true, "built anew from position 0"))?;
    add(&store, &probe).await?;
    ask::<T, Stops>(context, &outside, Asked::Resume).await?;
    follower.reached(context, Position::new(6)).await?;
    same("what was handed over", &probe.take_handed(), &(1..7).collect())?;
    ensure!(ask::<T, Stops>(context, &outside, Asked::Rebuild).await?.is_done, "it was not built anew");
    follower.reached(context, Position::new(6)).await?;
    follower.stop(context).await?;
    // Whoever claims it next finds that it was done.
    let follower = Follower::start(&store, &views, &probe, 2);
    store.append(Append::new(vec![noted("a", true)])).await?;
    follower.reached(context, Position::new(7)).await?;
    follower.stop(context).await?;
    same("what was handed over again", &probe.take_handed(), &(1..8).collect())?;
    same("the rows", &context.rows::<Stops>(&views).await?, &rows_of(&store.events()))
}

async fn parked_events_are_handed_over_again<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let store = ModelLog::of_keys(9);
    let (views, outside) = opened::<T, Parks>(context, &store).await?;
    let probe = Probe::<T, Parks>::new();
    let fails_at = |failing: &'static [u64]| {
        move |event: &eskit_runtime::RecordedEvent| match failing.contains(&event.position.get()) {
            true => Act::Fail("no seats left"),
            false => Act::Succeed,
        }
    };
    probe.does(fails_at(&[1, 2]));
    let follower = Follower::start(&store, &views, &probe, 4);
    follower.reached(context, Position::new(9)).await?;
    probe.take_handed();
    probe.does(fails_at(&[2, 4]));
    let first = ask::<T, Parks>(context, &outside, Asked::Replay(Some("a".to_owned()))).await?;
    let told = "handled: 1, still parked: 2; the event at position 4 failed: no seats left";
    same("what came of a replay that failed", &(first.is_done, first.text.as_str()), &(false, told))?;
    same("what was handed over of one key", &probe.take_handed(), &vec![1, 4])?;
    probe.does(fails_at(&[]));
    let all = ask::<T, Parks>(context, &outside, Asked::Replay(None)).await?;
    same("what came of it", &(all.is_done, all.text.as_str()), &(true, "handled: 5, still parked: 0"))?;
    same("what was handed over of all keys", &probe.take_handed(), &vec![2, 4, 5, 7, 8])?;
    follower.stop(context).await?;
    same("what is parked", &views.parked("ledger-parks", 1).await?, &Vec::new())?;
    same("the rows", &context.rows::<Parks>(&views).await?, &rows_of(&store.events()))
}

async fn what_cannot_be_done_is_told<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let store = ModelLog::of_keys(3);
    let (views, outside) = opened::<T, Revised>(context, &store).await?;
    // Of another version, which nobody runs.
    let other = outside.request("ledger", 1, Asked::Pause).await?;
    let probe = Probe::<T, Revised>::new();
    let follower = Follower::start(&store, &views, &probe, 4);
    let reset = ask::<T, Revised>(context, &outside, Asked::Reset(Position::new(1))).await?;
    ensure!(!reset.is_done && reset.text.contains("it keeps a read model"), "a read model was reset: {reset:?}");
    follower.reached(context, Position::new(3)).await?;
    follower.stop(context).await?;
    same("what was handed over", &probe.take_handed(), &vec![1, 2, 3])?;
    same("the request to another version", &found::<T>(&views, "ledger", 1).await?, &Some(other))
}

/// A read model that is paused is built anew, and the process is killed amid that. Since nothing is handled while it is paused, the
/// checkpoint tells whether the read model was emptied.
async fn a_killed_process_leaves_what_was_asked_to_the_next<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let place = context.log();
    let views = context.open_at(&place).await?;
    let work = Work { log: LogId::new(), seed: context.seed(), events: 2_000 };
    let store = ModelLog::seeded(work.log, work.seed, work.events);
    let subscription = subscription::<T, Stops>(work.log);
    activate::<T>(&views, &subscription).await?;
    for round in 0..context.repeats(6) {
        let mut rng = context.rng(round);
        let mut process = Process::start(context, &place, &work)?;
        let target = Position::new(1 + rng.below(20));
        let handling = async {
            while context.checkpoint::<Stops>(&views).await?.place.position < target {
                process.check_alive()?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok::<_, Failure>(())
        };
        context.within(&format!("another process, which must handle position {target}"), handling).await??;
        ensure!(ask::<T, Stops>(context, &views, Asked::Pause).await?.is_done, "the process did not pause");
        let before = context.checkpoint::<Stops>(&views).await?.place.position;
        let asked = views.request("ledger", 1, Asked::Rebuild).await?;
        if round % 2 == 0 {
            let emptying = async {
                while context.checkpoint::<Stops>(&views).await?.place.position == before {
                    process.check_alive()?;
                }
                Ok::<_, Failure>(())
            };
            context.within("the read model, which must be emptied", emptying).await??;
        } else {
            tokio::time::sleep(Duration::from_millis(rng.below(40))).await;
        }
        process.kill()?;
        context.tally().kill();
        let claim = claim_in_time(context, &views, &subscription).await?;
        let at = claim.checkpoint.place.position;
        let end = found::<T>(&views, "ledger", 1).await?.and_then(|request| request.ended);
        let fits = at == Position::START || (at == before && end.is_none());
        ensure!(
            fits,
            "it was paused at {before} and asked to rebuild; after a kill, it is at {at}, and the end is {end:?}"
        );
        let events = store.events();
        let handled = events.iter().filter(|event| event.position <= at);
        same("the rows after a kill", &context.rows::<Stops>(&views).await?, &rows_of(handled))?;
        views.release(claim).await;
        let follower = Follower::start(&store, &views, &Probe::<T, Stops>::new(), 5);
        let end = ended(context, &views, &asked).await?;
        same("what came of it", &(end.is_done, end.text.as_str()), &(true, "built anew from position 0"))?;
        follower.stop(context).await?;
        same("the rows of a read model that waits to be built", &context.rows::<Stops>(&views).await?, &rows_of([]))?;
        views.request("ledger", 1, Asked::Resume).await?;
    }
    Ok(())
}
