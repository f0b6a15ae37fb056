//! Items that a subscription opens and closes, together with its checkpoint.

use std::sync::Arc;

use eskit_runtime::log::{NewEvent, Position};
use eskit_runtime::subscription::{Apply, Batch, TellChanges, Views};
use eskit_runtime::work::{ListWork, Outcome, Work, WorkItem};

use super::cases;
use crate::failure::{Outcome as Tested, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::list_keeper::{Keeper, close, open};
use crate::views::scene::{claim, deposed, handler_failed};
use crate::views::tallies::REFUSED;
use crate::views::target::TestViews;
use crate::views::todos::{AGAIN, KeepWork, LIST, Todos, any, end_of, ids, item, opened_by};

cases![
    "todos" where KeepWork: items_are_opened_with_the_checkpoint,
    a_batch_that_fails_opens_and_closes_nothing,
    an_item_is_opened_once,
    a_closed_item_is_gone_whoever_does_it,
    only_items_that_events_opened_are_closed,
    items_are_opened_and_closed_in_the_order_of_events,
    a_deposed_holder_opens_nothing,
    a_restart_removes_what_events_opened,
    work_is_told_to_those_who_listen,
    work_of_another_handle_is_told(Durable),
    items_are_there_after_a_restart_of_the_process(Durable),
];

fn with_tag(mut event: NewEvent, tag: &str) -> NewEvent {
    event.tags.push(tag, "yes");
    event
}

async fn items_are_opened_with_the_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a"), open("b"), open("a")]).await?;
    let items = keeper.items().await?;
    same("the items in the order of their events", &ids(&items), &vec!["1/a", "2/b", "3/a"])?;
    for (found, event) in items.iter().zip(keeper.log.events()) {
        let new = opened_by(event).remove(0);
        let expected = (new.id, new.key, new.kind, new.event, new.payload, new.due);
        let WorkItem { id, key, kind, event, payload, due, .. } = found.clone();
        same("an item that an event opened", &(id, key, kind, event, payload, due), &expected)?;
    }
    let claimed = keeper.views.claim_work(LIST, any(10)).await?;
    same("what is claimed of two keys", &ids(&claimed.items), &vec!["1/a", "2/b"])?;
    same("where the checkpoint is", &keeper.position().await?, &Position::new(3))
}

async fn a_batch_that_fails_opens_and_closes_nothing<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a"), open("b"), open("a")]).await?;
    let before = keeper.items().await?;
    let refused = keeper.apply(vec![open("c"), close("a"), with_tag(open("d"), REFUSED)]).await;
    handler_failed(refused, 2, "it is refused")?;
    same("the items after a batch that failed", &keeper.items().await?, &before)?;
    let claimed = keeper.views.claim_work(LIST, any(10)).await?;
    same("what is claimed after a batch that failed", &ids(&claimed.items), &vec!["1/a", "2/b"])?;
    same("where the checkpoint is after a batch that failed", &keeper.position().await?, &Position::new(3))
}

async fn an_item_is_opened_once<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a")]).await?;
    let item = keeper.views.claim_work(LIST, any(1)).await?.items.remove(0);
    keeper.apply(vec![with_tag(open("b"), AGAIN)]).await?;
    keeper.check("the items when one was opened twice", &["1/a", "2/b"]).await?;
    // The same event is handed over again, since the place was set back.
    keeper.views.restart(&keeper.claim, &keeper.subscription).await?;
    keeper.views.add_work(LIST, opened_by(&keeper.log.events()[0])).await?;
    let held = keeper.views.claim_work(LIST, any(1)).await?.items.remove(0);
    let batch = Batch::new(keeper.log.events().to_vec(), keeper.log.events()[1].place());
    keeper.claim.checkpoint.place = keeper.subscription.start;
    keeper.views.apply(&keeper.claim, &Arc::new(Todos), &batch).await?;
    keeper.check("the items when the events came again", &["1/a", "2/b"]).await?;
    ensure!(held.epoch > item.epoch, "after a restart, epoch {} follows {}", held.epoch, item.epoch);
    let settled = keeper.views.settle_work(LIST, vec![end_of(&held, Outcome::Done)]).await?;
    same("whether the claim of an item holds that was opened again", &settled, &vec![true])
}

async fn a_closed_item_is_gone_whoever_does_it<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a"), open("b"), open("c"), open("a"), open("d")]).await?;
    let claimed = keeper.views.claim_work(LIST, any(2)).await?.items;
    same("what is claimed", &ids(&claimed), &vec!["1/a", "2/b"])?;
    let parked = end_of(&claimed[1], Outcome::Park { text: "broken".to_owned() });
    keeper.views.settle_work(LIST, vec![parked]).await?;
    keeper.apply(vec![close("a"), close("b"), close("c"), close("nothing")]).await?;
    keeper.check("the items after those of three keys were closed", &["5/d"]).await?;
    let (id, epoch) = (claimed[0].id.clone(), claimed[0].epoch);
    let renewed = keeper.views.renew_work(LIST, vec![(id, epoch)], crate::views::todos::LONG).await?;
    same("whether the claim of a closed item is renewed", &renewed, &vec![false])?;
    let settled = keeper.views.settle_work(LIST, vec![end_of(&claimed[0], Outcome::Release)]).await?;
    same("whether the claim of a closed item is settled", &settled, &vec![false])?;
    keeper.check("the items after that", &["5/d"]).await
}

async fn only_items_that_events_opened_are_closed<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a")]).await?;
    keeper.views.add_work(LIST, vec![item("added", "a")]).await?;
    let first = keeper.views.claim_work(LIST, any(10)).await?;
    same("what is claimed before", &ids(&first.items), &vec!["1/a"])?;
    keeper.apply(vec![close("a")]).await?;
    keeper.check("the items after those of events were closed", &["added"]).await?;
    let next = keeper.views.claim_work(LIST, any(10)).await?;
    same("what is claimed after the item before it was closed", &ids(&next.items), &vec!["added"])
}

async fn items_are_opened_and_closed_in_the_order_of_events<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a"), close("a"), close("b"), open("b"), open("c"), close("c"), open("c")]).await?;
    keeper.check("the items of one batch", &["4/b", "7/c"]).await?;
    let claimed = keeper.views.claim_work(LIST, any(10)).await?;
    same("what is claimed", &ids(&claimed.items), &vec!["4/b", "7/c"])
}

async fn a_deposed_holder_opens_nothing<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a")]).await?;
    let (place, epoch) = (keeper.claim.checkpoint.place, keeper.claim.checkpoint.epoch);
    keeper.views.release(keeper.claim).await;
    keeper.claim = claim::<T>(&keeper.views, &keeper.subscription).await?;
    (keeper.claim.checkpoint.place, keeper.claim.checkpoint.epoch) = (place, epoch);
    deposed("opening items under an earlier epoch", keeper.apply(vec![open("b"), close("a")]).await)?;
    keeper.check("the items after that", &["1/a"]).await
}

async fn a_restart_removes_what_events_opened<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.apply(vec![open("a"), open("b")]).await?;
    keeper.views.add_work(LIST, vec![item("added", "a"), item("other", "c")]).await?;
    let held = keeper.views.claim_work(LIST, any(10)).await?.items;
    same("what is claimed before", &ids(&held), &vec!["1/a", "2/b", "other"])?;
    keeper.views.restart(&keeper.claim, &keeper.subscription).await?;
    keeper.check("the items after a restart", &["added", "other"]).await?;
    let ends = held.iter().map(|item| end_of(item, Outcome::Done)).collect();
    let settled = keeper.views.settle_work(LIST, ends).await?;
    same("which claims hold after a restart", &settled, &vec![false, false, true])?;
    let claimed = keeper.views.claim_work(LIST, any(10)).await?;
    same("what is claimed after a restart", &ids(&claimed.items), &vec!["added"])
}

async fn work_is_told_to_those_who_listen<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let (mut changes, mut of_queue) = (keeper.views.changes_of(LIST).await?, keeper.views.changes_of("queue").await?);
    keeper.apply(vec![open("a")]).await?;
    keeper.told("an item that was opened", &mut changes).await?;
    // Nobody has a subscription of this name.
    for id in ["a", "b"] {
        keeper.views.add_work("queue", vec![item(id, id)]).await?;
        keeper.told("an item that was added", &mut of_queue).await?;
    }
    let mut changes = keeper.views.changes_of(LIST).await?;
    let held = keeper.views.claim_work(LIST, any(1)).await?.items.remove(0);
    let parked = end_of(&held, Outcome::Park { text: "broken".to_owned() });
    keeper.views.settle_work(LIST, vec![parked]).await?;
    ensure!(keeper.views.retry_work(LIST, &held.id).await?, "a parked item was not retried");
    keeper.told("an item that was retried by hand", &mut changes).await
}

async fn work_of_another_handle_is_told<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let place = context.log();
    let mut keeper = Keeper::new(context, &place).await?;
    let reader = context.open_at(&place).await?;
    let (mut changes, mut of_queue) = (reader.changes_of(LIST).await?, reader.changes_of("queue").await?);
    for key in ["a", "b"] {
        keeper.apply(vec![open(key)]).await?;
        keeper.told("an item that another handle opened", &mut changes).await?;
        keeper.views.add_work("queue", vec![item(key, key)]).await?;
        keeper.told("an item that another handle added", &mut of_queue).await?;
    }
    let mut of_queue = reader.changes_of("queue").await?;
    let held = keeper.views.claim_work("queue", any(1)).await?.items.remove(0);
    let parked = end_of(&held, Outcome::Park { text: "broken".to_owned() });
    keeper.views.settle_work("queue", vec![parked]).await?;
    ensure!(keeper.views.retry_work("queue", &held.id).await?, "a parked item was not retried");
    keeper.told("an item that another handle retried", &mut of_queue).await
}

async fn items_are_there_after_a_restart_of_the_process<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let place = context.log();
    let mut keeper = Keeper::new(context, &place).await?;
    keeper.apply(vec![open("a"), open("b"), open("a")]).await?;
    keeper.views.add_work(LIST, vec![item("added", "c")]).await?;
    keeper.views.add_work("queue", vec![item("queued", "c")]).await?;
    let held = keeper.views.claim_work(LIST, any(1)).await?.items.remove(0);
    let before = keeper.items().await?;
    let Keeper { views, claim, .. } = keeper;
    views.release(claim).await;
    drop(views);
    let views = context.open_at(&place).await?;
    same("the items of views that were opened again", &views.list_work(LIST, ListWork::default()).await?, &before)?;
    same("what is claimed of a queue", &ids(&views.claim_work("queue", any(10)).await?.items), &vec!["queued"])?;
    same("what is claimed", &ids(&views.claim_work(LIST, any(10)).await?.items), &vec!["2/b", "added"])?;
    let settled = views.settle_work(LIST, vec![end_of(&held, Outcome::Done)]).await?;
    same("whether a claim from before is settled", &settled, &vec![true])?;
    let claimed = views.claim_work(LIST, any(10)).await?.items;
    same("what is claimed then", &ids(&claimed), &vec!["3/a"])?;
    ensure!(claimed[0].epoch > held.epoch, "epoch {} follows {}", claimed[0].epoch, held.epoch);
    Ok(())
}
