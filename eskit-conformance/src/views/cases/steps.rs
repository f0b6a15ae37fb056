//! Steps: effects that must not be repeated blindly, as part of an item or of an event.

use eskit_runtime::RecordedEvent;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::{Apply, GivenUp, Views};
use eskit_runtime::work::{BegunStep, EndedBy, Outcome, StepEnd, StepHolder, StepId, Steps, Work, WorkItem};

use super::cases;
use crate::failure::{Failure, Outcome as Tested, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::list_keeper::{Keeper, close, open};
use crate::views::scene::claim;
use crate::views::tallies::REFUSED;
use crate::views::target::TestViews;
use crate::views::todos::{self, KeepWork, Todos, any, item};
use crate::views::work_list::{LIST, claim_one, settle, with_items};

cases![
    "steps" where KeepWork: a_step_that_has_ended_gives_its_result_back,
    an_unknown_outcome_is_told,
    steps_are_kept_apart,
    a_step_is_begun_under_the_latest_claim_only,
    a_step_that_another_holder_has_begun_is_not_ended,
    a_step_is_ended_by_hand_whoever_began_it,
    steps_go_with_their_item,
    steps_stay_while_their_item_does,
    a_batch_that_fails_leaves_the_steps_of_items,
    steps_of_an_event_go_with_the_checkpoint,
    a_step_of_an_event_is_begun_under_the_latest_claim_only,
    steps_of_a_parked_event_stay_until_it_goes,
    a_restart_removes_the_steps_of_events,
    steps_beyond_their_limits_are_refused,
    steps_are_there_after_a_restart_of_the_process(Durable),
];

const RESULT: &str = "{\"receipt\":\"\u{1f980} \\u0000 '\\\"\"}";

fn of(item: &WorkItem) -> StepHolder {
    StepHolder::Item { id: item.id.clone(), epoch: item.epoch }
}

/// The steps of an event under the claim of a keeper.
fn of_event<T: TestViews>(keeper: &Keeper<T>, event: &RecordedEvent) -> StepHolder
where
    T::Views: KeepWork,
{
    let (part, epoch) = (0, keeper.claim.checkpoint.epoch);
    StepHolder::Event { position: event.position, id: event.id, part, epoch }
}

fn of_parked(event: &RecordedEvent) -> StepHolder {
    StepHolder::Parked { position: event.position, id: event.id }
}

fn step(holder: &StepHolder, name: &str) -> StepId {
    StepId { owner: holder.owner(), name: name.to_owned() }
}

fn happened() -> StepEnd {
    StepEnd::Happened(RESULT.to_owned())
}

/// Begins a step, which must be answered with this.
async fn begun<V: Steps>(
    (views, list): (&V, &str),
    what: &str,
    holder: &StepHolder,
    name: &str,
    expected: BegunStep,
) -> Tested {
    let found = views.begin_step(list, holder.clone(), name).await?;
    same(&format!("what is found when {what} is begun"), &found, &expected)
}

/// Lets a step happen.
async fn done<V: Steps>((views, list): (&V, &str), holder: &StepHolder, name: &str) -> Tested {
    begun((views, list), "a new step", holder, name, BegunStep::First).await?;
    let by = EndedBy::Holder(holder.epoch());
    same("whether a step ends", &views.end_step(list, &step(holder, name), by, happened()).await?, &true)
}

/// Checks which steps have not ended.
async fn open_are<V: Steps>((views, list): (&V, &str), what: &str, expected: &[(&str, &str)]) -> Tested {
    let open = views.open_steps(list).await?;
    let found: Vec<(&str, &str)> = open.iter().map(|step| (step.id.owner.as_str(), step.id.name.as_str())).collect();
    same(&format!("the steps that have not ended {what}"), &found, &expected.to_vec())
}

async fn a_step_that_has_ended_gives_its_result_back<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let holder = of(&claim_one(&views, "a").await?);
    done((&views, LIST), &holder, "charge").await?;
    begun((&views, LIST), "a step that has ended", &holder, "charge", BegunStep::Done(RESULT.to_owned())).await?;
    let again = StepEnd::Happened("1".to_owned());
    for (by, end) in [(EndedBy::Holder(holder.epoch()), again), (EndedBy::Hand, StepEnd::DidNotHappen)] {
        let ended = views.end_step(LIST, &step(&holder, "charge"), by, end).await?;
        same("whether a step ends again", &ended, &false)?;
    }
    begun((&views, LIST), "it", &holder, "charge", BegunStep::Done(RESULT.to_owned())).await?;
    open_are((&views, LIST), "after the only one has", &[]).await
}

async fn an_unknown_outcome_is_told<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let (first, list) = (claim_one(&views, "a").await?, (&views, LIST));
    begun(list, "a new step", &of(&first), "charge", BegunStep::First).await?;
    let open = views.open_steps(LIST).await?;
    begun(list, "a step that has not ended", &of(&first), "charge", BegunStep::Again).await?;
    settle(&views, &first, Outcome::Release).await?;
    let second = of(&claim_one(&views, "a").await?);
    begun(list, "a step that another try began", &second, "charge", BegunStep::Again).await?;
    same("the open steps, with the times at which they were begun first,", &views.open_steps(LIST).await?, &open)?;
    let by = EndedBy::Holder(second.epoch());
    let ended = views.end_step(LIST, &step(&second, "charge"), by, StepEnd::DidNotHappen).await?;
    same("whether a step ends that did not happen", &ended, &true)?;
    begun(list, "a step that did not happen", &second, "charge", BegunStep::First).await
}

async fn steps_are_kept_apart<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "2")]).await?;
    let (a, b) = (of(&claim_one(&views, "a").await?), of(&claim_one(&views, "b").await?));
    views.add_work("other", vec![item("a", "1")]).await?;
    let other = of(&views.claim_work("other", any(1)).await?.items.remove(0));
    done((&views, LIST), &a, "charge").await?;
    begun((&views, LIST), "another step of an item", &a, "text", BegunStep::First).await?;
    begun((&views, LIST), "a step of another item", &b, "charge", BegunStep::First).await?;
    begun((&views, "other"), "a step in another list", &other, "charge", BegunStep::First).await?;
    begun((&views, "nothing"), "a step in a list that is not there", &a, "charge", BegunStep::Lost).await?;
    open_are((&views, LIST), "in one list", &[("a", "text"), ("b", "charge")]).await?;
    open_are((&views, "other"), "in another list", &[("a", "charge")]).await?;
    open_are((&views, "nothing"), "in a list that is not there", &[]).await
}

async fn a_step_is_begun_under_the_latest_claim_only<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let (list, first) = ((&views, LIST), claim_one(&views, "a").await?);
    settle(&views, &first, Outcome::Release).await?;
    begun(list, "a step under a claim that has ended", &of(&first), "charge", BegunStep::Lost).await?;
    let second = claim_one(&views, "a").await?;
    begun(list, "a step under a former claim", &of(&first), "charge", BegunStep::Lost).await?;
    begun(list, "a step under the latest claim", &of(&second), "charge", BegunStep::First).await?;
    settle(&views, &second, Outcome::Done).await?;
    begun(list, "a step of an item that is gone", &of(&second), "charge", BegunStep::Lost).await
}

async fn a_step_that_another_holder_has_begun_is_not_ended<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let (list, first) = ((&views, LIST), claim_one(&views, "a").await?);
    begun(list, "a new step", &of(&first), "charge", BegunStep::First).await?;
    settle(&views, &first, Outcome::Release).await?;
    let second = of(&claim_one(&views, "a").await?);
    begun(list, "a step that another try began", &second, "charge", BegunStep::Again).await?;
    for end in [StepEnd::DidNotHappen, happened()] {
        let by = EndedBy::Holder(first.epoch);
        let ended = views.end_step(LIST, &step(&second, "charge"), by, end).await?;
        same("whether a step ends that another holder has begun", &ended, &false)?;
    }
    let by = EndedBy::Holder(second.epoch());
    let ended = views.end_step(LIST, &step(&second, "charge"), by, happened()).await?;
    same("whether a step ends by who began it last", &ended, &true)
}

async fn a_step_is_ended_by_hand_whoever_began_it<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let (list, item) = ((&views, LIST), claim_one(&views, "a").await?);
    begun(list, "a new step", &of(&item), "charge", BegunStep::First).await?;
    settle(&views, &item, Outcome::Park { text: "unknown".to_owned() }).await?;
    open_are(list, "of a parked item", &[("a", "charge")]).await?;
    let id = step(&of(&item), "charge");
    for result in ["\"a slip\"", RESULT] {
        let end = StepEnd::Happened(result.to_owned());
        let ended = views.end_step(LIST, &id, EndedBy::Hand, end).await?;
        same("whether a step ends by hand, also once more", &ended, &true)?;
    }
    ensure!(views.retry_work(LIST, "a").await?, "a parked item was not retried");
    let holder = of(&claim_one(&views, "a").await?);
    begun(list, "a step that was ended by hand", &holder, "charge", BegunStep::Done(RESULT.to_owned())).await?;
    let unknown = step(&holder, "text");
    let ended = views.end_step(LIST, &unknown, EndedBy::Hand, happened()).await?;
    same("whether a step ends that was never begun", &ended, &false)
}

async fn steps_go_with_their_item<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let list = todos::LIST;
    let at = eskit_runtime::Timestamp::from_micros(0);
    for how in ["done", "done again", "dropped", "closed by an event"] {
        keeper.apply(vec![open("a")]).await?;
        let item = keeper.views.claim_work(list, any(1)).await?.items.remove(0);
        done((&keeper.views, list), &of(&item), "charge").await?;
        begun((&keeper.views, list), "a new step", &of(&item), "text", BegunStep::First).await?;
        match how {
            "done" => drop(keeper.views.settle_work(list, vec![todos::end_of(&item, Outcome::Done)]).await?),
            "dropped" => drop(keeper.views.drop_work(list, &item.id).await?),
            "closed by an event" => keeper.apply(vec![close("a")]).await?,
            _ => {
                let again = Outcome::Again { at, payload: None };
                keeper.views.settle_work(list, vec![todos::end_of(&item, again)]).await?;
                let item = keeper.views.claim_work(list, any(1)).await?.items.remove(0);
                let holder = of(&item);
                begun(
                    (&keeper.views, list),
                    "a step of an item that is done again",
                    &holder,
                    "charge",
                    BegunStep::First,
                )
                .await?;
                keeper.views.drop_work(list, &item.id).await?;
            }
        }
        open_are((&keeper.views, list), &format!("after their item was {how}"), &[]).await?;
        // It may come again.
        keeper.views.add_work(list, vec![todos::item(&item.id, "b")]).await?;
        let again = keeper.views.claim_work(list, any(1)).await?.items.remove(0);
        let what = format!("a step of an item that comes again after it was {how}");
        begun((&keeper.views, list), &what, &of(&again), "charge", BegunStep::First).await?;
        keeper.views.drop_work(list, &again.id).await?;
    }
    Ok(())
}

async fn steps_stay_while_their_item_does<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "2")]).await?;
    let item = claim_one(&views, "a").await?;
    done((&views, LIST), &of(&item), "charge").await?;
    let at = eskit_runtime::Timestamp::from_micros(0);
    let (retry, park) = (Outcome::Retry { at, text: "no".to_owned() }, Outcome::Park { text: "no".to_owned() });
    let (mut item, other) = (item, claim_one(&views, "b").await?);
    for outcome in [retry, Outcome::Release, park] {
        let what = format!("a step that has ended, after {outcome:?}");
        settle(&views, &item, outcome).await?;
        // A claim that does not hold takes nothing along.
        settle(&views, &item, Outcome::Done).await?;
        views.retry_work(LIST, "a").await?;
        item = claim_one(&views, "a").await?;
        begun((&views, LIST), &what, &of(&item), "charge", BegunStep::Done(RESULT.to_owned())).await?;
    }
    settle(&views, &other, Outcome::Done).await?;
    let done = BegunStep::Done(RESULT.to_owned());
    begun((&views, LIST), "a step that has ended, after another item was done", &of(&item), "charge", done).await
}

async fn a_batch_that_fails_leaves_the_steps_of_items<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a")]).await?;
    let item = keeper.views.claim_work(todos::LIST, any(1)).await?.items.remove(0);
    done((&keeper.views, todos::LIST), &of(&item), "charge").await?;
    let mut refused = open("b");
    refused.tags.push(REFUSED, "yes");
    ensure!(keeper.apply(vec![close("a"), refused]).await.is_err(), "a batch was committed whose handler failed");
    let done = BegunStep::Done(RESULT.to_owned());
    begun((&keeper.views, todos::LIST), "a step, after a batch that failed", &of(&item), "charge", done).await
}

async fn steps_of_an_event_go_with_the_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let (first, second) = (keeper.batch(vec![open("a")]), keeper.batch(vec![open("b")]));
    let holders = [&first, &second].map(|batch| of_event(&keeper, &batch.events()[0]));
    for holder in &holders {
        done((&keeper.views, todos::LIST), holder, "charge").await?;
        begun((&keeper.views, todos::LIST), "a new step", holder, "text", BegunStep::First).await?;
    }
    keeper.hand_over(&first).await?;
    let list = (&keeper.views, todos::LIST);
    begun(list, "a step of an event before the checkpoint", &holders[0], "charge", BegunStep::Lost).await?;
    let ended = BegunStep::Done(RESULT.to_owned());
    begun(list, "a step of an event after the checkpoint", &holders[1], "charge", ended).await?;
    open_are(list, "of events after the checkpoint", &[(&holders[1].owner(), "text")]).await?;
    keeper.hand_over(&second).await?;
    open_are((&keeper.views, todos::LIST), "after all events", &[]).await
}

async fn a_step_of_an_event_is_begun_under_the_latest_claim_only<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let batch = keeper.batch(vec![open("a")]);
    let former = of_event(&keeper, &batch.events()[0]);
    begun((&keeper.views, todos::LIST), "a new step", &former, "charge", BegunStep::First).await?;
    keeper.views.release(keeper.claim).await;
    keeper.claim = claim::<T>(&keeper.views, &keeper.subscription).await?;
    let list = (&keeper.views, todos::LIST);
    begun(list, "a step under a former claim", &former, "charge", BegunStep::Lost).await?;
    begun(list, "a new step under a former claim", &former, "text", BegunStep::Lost).await?;
    let latest = of_event(&keeper, &batch.events()[0]);
    begun(list, "a step that another try began", &latest, "charge", BegunStep::Again).await
}

async fn steps_of_a_parked_event_stay_until_it_goes<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let list = todos::LIST;
    for how in ["dropped", "replayed"] {
        let mut batch = keeper.batch(vec![open("a")]);
        let event = batch.events()[0].clone();
        done((&keeper.views, list), &of_event(&keeper, &event), "charge").await?;
        batch.given_up.push(GivenUp { position: event.position, text: "unknown".to_owned(), attempts: 1 });
        keeper.hand_over(&batch).await?;
        let (views, parked) = (&keeper.views, of_parked(&event));
        let ended = BegunStep::Done(RESULT.to_owned());
        begun((views, list), "a step of an event that was parked", &parked, "charge", ended).await?;
        begun((views, list), "a new step of a parked event", &parked, "text", BegunStep::First).await?;
        match how {
            "dropped" => drop(views.drop_parked(list, 1, event.position).await?),
            _ => drop(views.replay(&std::sync::Arc::new(Todos), &event).await?),
        }
        open_are((views, list), &format!("after their event was {how}"), &[]).await?;
        let what = format!("a step of an event that was {how}");
        begun((views, list), &what, &parked, "charge", BegunStep::Lost).await?;
    }
    Ok(())
}

async fn a_restart_removes_the_steps_of_events<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a")]).await?;
    let list = todos::LIST;
    keeper.views.add_work(list, vec![item("added", "c")]).await?;
    let items = keeper.views.claim_work(list, any(10)).await?.items;
    let batch = keeper.batch(vec![open("b")]);
    let event = of_event(&keeper, &batch.events()[0]);
    begun((&keeper.views, list), "a step of an event", &event, "charge", BegunStep::First).await?;
    for item in &items {
        begun((&keeper.views, list), "a step of an item", &of(item), "charge", BegunStep::First).await?;
    }
    keeper.views.restart(&keeper.claim, &keeper.subscription).await?;
    open_are((&keeper.views, list), "after a restart", &[("added", "charge")]).await
}

async fn steps_beyond_their_limits_are_refused<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let holder = of(&claim_one(&views, "a").await?);
    let refused = |what: &str, kind: Option<StoreErrorKind>| same(what, &kind, &Some(StoreErrorKind::Invalid));
    for name in ["", "a\0", &"s".repeat(257)] {
        let found = views.begin_step(LIST, holder.clone(), name).await;
        refused("beginning a step whose name is beyond its limits", found.err().map(|error| error.kind()))?;
    }
    let longest = "é".repeat(128);
    begun((&views, LIST), "a step with a long name", &holder, &longest, BegunStep::First).await?;
    let (id, by) = (step(&holder, &longest), EndedBy::Holder(holder.epoch()));
    let long = StepEnd::Happened(format!("\"{}\"", "x".repeat(1024 * 1024)));
    let found = views.end_step(LIST, &id, by, long).await;
    refused("a result beyond its limit", found.err().map(|error| error.kind()))?;
    begun((&views, LIST), "a step whose result was refused", &holder, &longest, BegunStep::Again).await?;
    let result = format!("\"{}\"", "x".repeat(1024 * 1024 - 2));
    views.end_step(LIST, &id, by, StepEnd::Happened(result.clone())).await?;
    begun((&views, LIST), "a step with a long result", &holder, &longest, BegunStep::Done(result)).await
}

async fn steps_are_there_after_a_restart_of_the_process<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let place = context.log();
    let mut keeper = Keeper::new(context, &place).await?;
    let list = todos::LIST;
    keeper.apply(vec![open("a")]).await?;
    let item = of(&keeper.views.claim_work(list, any(1)).await?.items.remove(0));
    let batch = keeper.batch(vec![open("b")]);
    let event = of_event(&keeper, &batch.events()[0]);
    for holder in [&item, &event] {
        done((&keeper.views, list), holder, "charge").await?;
        begun((&keeper.views, list), "a new step", holder, "text", BegunStep::First).await?;
    }
    let Keeper { views, claim: held, subscription, .. } = keeper;
    views.release(held).await;
    drop(views);
    let views = context.open_at(&place).await?;
    let mut owners = [item.owner(), event.owner()];
    owners.sort_unstable();
    let expected: Vec<(&str, &str)> = owners.iter().map(|owner| (owner.as_str(), "text")).collect();
    open_are((&views, list), "when views were opened again", &expected).await?;
    let ended = BegunStep::Done(RESULT.to_owned());
    begun((&views, list), "a step of an item from before", &item, "charge", ended.clone()).await?;
    let held = claim::<T>(&views, &subscription).await?;
    let StepHolder::Event { position, id, part, .. } = event else { return Err(Failure::new("no event")) };
    let event = StepHolder::Event { position, id, part, epoch: held.checkpoint.epoch };
    begun((&views, list), "a step of an event from before", &event, "charge", ended).await?;
    begun((&views, list), "a step of an event that has not ended", &event, "text", BegunStep::Again).await
}
