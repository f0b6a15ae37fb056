//! What becomes of items of work that were claimed.

use std::time::Duration;

use eskit_runtime::Timestamp;
use eskit_runtime::work::{ClaimWork, ListWork, Outcome, Work, WorkState};

use super::cases;
use crate::failure::{Failure, Outcome as Tested, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::target::TestViews;
use crate::views::todos::{KeepWork, LONG, any, end_of, ids, item};
use crate::views::work_list::{LIST, all, claim_one, nothing, settle, with_items};

cases![
    "settling" where KeepWork: attempts_are_counted,
    an_item_that_is_done_is_gone,
    an_item_is_tried_again_when_it_is_due,
    a_parked_item_waits_until_it_is_retried,
    an_item_that_is_given_up_is_parked_without_a_try,
    an_item_that_is_done_again_takes_new_content,
    a_claim_that_is_not_renewed_ends,
    a_claim_that_is_renewed_goes_on,
    epochs_do_not_repeat,
    an_item_that_is_dropped_is_gone,
];

async fn attempts_are_counted<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    for attempt in 1..=3 {
        let item = claim_one(&views, "a").await?;
        same("the attempts of an item", &item.attempts, &attempt)?;
        settle(&views, &item, Outcome::Retry { at: Timestamp::now(), text: format!("attempt {attempt}") }).await?;
        let listed = all(&views).await?;
        same("the text after a try", &listed[0].text, &format!("attempt {attempt}"))?;
    }
    let item = claim_one(&views, "a").await?;
    settle(&views, &item, Outcome::Release).await?;
    let item = claim_one(&views, "a").await?;
    same("the attempts after one that was no try", &(item.attempts, item.text.as_str()), &(4, "attempt 3"))
}

async fn an_item_that_is_done_is_gone<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "2"), ("c", "3")]).await?;
    let items = views.claim_work(LIST, any(10)).await?.items;
    let ends = items.iter().map(|item| end_of(item, Outcome::Done));
    let mut ends: Vec<_> = ends.collect();
    ends[1].epoch += 1000;
    let held = views.settle_work(LIST, ends.clone()).await?;
    same("which of three claims were settled, of which one is wrong", &held, &vec![true, false, true])?;
    same("the items that are left", &ids(&all(&views).await?), &vec!["b"])?;
    ends[1].epoch -= 1000;
    same("which are settled again", &views.settle_work(LIST, ends).await?, &vec![false, true, false])?;
    same("how many items are left", &all(&views).await?.len(), &0)?;
    // It can come again.
    same("how many are added again", &views.add_work(LIST, vec![item("a", "1")]).await?, &1)
}

async fn an_item_is_tried_again_when_it_is_due<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let item = claim_one(&views, "a").await?;
    let at = Timestamp::now() + LONG;
    settle(&views, &item, Outcome::Retry { at, text: "no\0connection".to_owned() }).await?;
    let claimed = views.claim_work(LIST, any(1)).await?;
    same("what is claimed before the next try", &(claimed.items.len(), claimed.next_due), &(0, Some(at)))?;
    let listed = all(&views).await?.remove(0);
    same("the text of the failure", &listed.text, &"no\u{fffd}connection".to_owned())?;
    same("the state of an item that is tried again", &listed.state, &WorkState::Waiting)?;
    same("whether its former claim can be settled", &settle(&views, &item, Outcome::Done).await?, &false)?;
    ensure!(views.retry_work(LIST, "a").await?, "an item that waits was not retried");
    let item = claim_one(&views, "a").await?;
    same("the attempts after it was retried by hand", &item.attempts, &1)?;
    same("whether an item that is being done is retried", &views.retry_work(LIST, "a").await?, &false)?;
    same("whether an item that is not there is retried", &views.retry_work(LIST, "b").await?, &false)
}

async fn a_parked_item_waits_until_it_is_retried<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "2")]).await?;
    let item = claim_one(&views, "a").await?;
    settle(&views, &item, Outcome::Park { text: "é".repeat(8 * 1024) }).await?;
    claim_one(&views, "b").await?;
    let much_later = ClaimWork { now: Timestamp::now() + LONG, ..any(10) };
    let claimed = views.claim_work(LIST, much_later).await?;
    same("what is claimed beside a parked item", &(claimed.items.len(), claimed.next_due), &(0, None))?;
    let parked = views.list_work(LIST, ListWork { is_parked: true, ..ListWork::default() }).await?;
    same("the parked items", &ids(&parked), &vec!["a"])?;
    same("its state", &parked[0].state, &WorkState::Parked)?;
    let text = &parked[0].text;
    let is_cut = text.len() <= 8 * 1024 && text.starts_with("éé");
    ensure!(is_cut, "a text of 16 KiB is kept with {} bytes, beginning with {:?}", text.len(), text.chars().next());
    ensure!(views.retry_work(LIST, "a").await?, "a parked item was not retried");
    same("the attempts after it was retried by hand", &claim_one(&views, "a").await?.attempts, &1)
}

async fn an_item_that_is_given_up_is_parked_without_a_try<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "1")]).await?;
    let item = claim_one(&views, "a").await?;
    settle(&views, &item, Outcome::Retry { at: Timestamp::now(), text: "no".to_owned() }).await?;
    let item = claim_one(&views, "a").await?;
    same(
        "whether it was given up",
        &settle(&views, &item, Outcome::GiveUp { text: "too often".to_owned() }).await?,
        &true,
    )?;
    let parked = views.list_work(LIST, ListWork { is_parked: true, ..ListWork::default() }).await?;
    same("the parked items", &ids(&parked), &vec!["a"])?;
    let told = (parked[0].attempts, parked[0].text.as_str());
    same("the attempts of an item that was given up", &told, &(1, "too often"))?;
    same("what is claimed behind it", &views.claim_work(LIST, any(10)).await?.items.len(), &0)
}

async fn an_item_that_is_done_again_takes_new_content<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let item = claim_one(&views, "a").await?;
    settle(&views, &item, Outcome::Retry { at: Timestamp::now(), text: "once".to_owned() }).await?;
    let item = claim_one(&views, "a").await?;
    let (at, payload) = (Timestamp::now() + LONG, Some("\"next\"".to_owned()));
    settle(&views, &item, Outcome::Again { at, payload: payload.clone() }).await?;
    let claimed = views.claim_work(LIST, any(1)).await?;
    same("what is claimed before it is due again", &(claimed.items.len(), claimed.next_due), &(0, Some(at)))?;
    let claimed = views.claim_work(LIST, ClaimWork { now: at, ..any(1) }).await?.items.remove(0);
    let found = (claimed.attempts, claimed.text, claimed.payload, claimed.due);
    same("an item that is done again", &found, &(1, String::new(), payload, at))
}

async fn a_claim_that_is_not_renewed_ends<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "1")]).await?;
    let short = ClaimWork { lease: Duration::from_millis(20), ..any(10) };
    let lost = views.claim_work(LIST, short).await?.items.remove(0);
    let waiting = async {
        loop {
            let mut claimed = views.claim_work(LIST, any(10)).await?.items;
            if !claimed.is_empty() {
                return Ok::<_, Failure>(claimed.remove(0));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = context.within("an item whose claim ends", waiting).await??;
    same("what is claimed after a claim has ended", &(found.id.as_str(), found.attempts), &("a", 2))?;
    ensure!(found.epoch > lost.epoch, "a claim of epoch {} follows one of {}", found.epoch, lost.epoch);
    let renewed = views.renew_work(LIST, vec![(lost.id.clone(), lost.epoch)], LONG).await?;
    same("whether a claim that was lost is renewed", &renewed, &vec![false])?;
    same("whether a claim that was lost is settled", &settle(&views, &lost, Outcome::Done).await?, &false)?;
    same("whether the claim after it is settled", &settle(&views, &found, Outcome::Done).await?, &true)
}

async fn a_claim_that_is_renewed_goes_on<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let short = ClaimWork { lease: Duration::from_millis(20), ..any(10) };
    let held = views.claim_work(LIST, short).await?.items.remove(0);
    let renewed = views.renew_work(LIST, vec![(held.id.clone(), held.epoch)], LONG).await?;
    if renewed == [true] {
        tokio::time::sleep(Duration::from_millis(30)).await;
        nothing(&views, "the claim was renewed").await?;
    }
    same("whether a claim that was renewed is settled", &settle(&views, &held, Outcome::Done).await?, &true)
}

async fn epochs_do_not_repeat<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let mut last = claim_one(&views, "a").await?;
    for removed in ["done", "dropped", "done"] {
        match removed {
            "done" => drop(settle(&views, &last, Outcome::Done).await?),
            _ => drop(views.drop_work(LIST, "a").await?),
        }
        views.add_work(LIST, vec![item("a", "1")]).await?;
        let next = claim_one(&views, "a").await?;
        ensure!(
            next.epoch > last.epoch,
            "an item that was {removed} came again with epoch {} after {}",
            next.epoch,
            last.epoch
        );
        ensure!(next.number > last.number, "and with number {} after {}", next.number, last.number);
        same("whether the former claim is settled", &settle(&views, &last, Outcome::Done).await?, &false)?;
        last = next;
    }
    Ok(())
}

async fn an_item_that_is_dropped_is_gone<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "1"), ("c", "1")]).await?;
    let held = claim_one(&views, "a").await?;
    same("whether an item was dropped that waits", &views.drop_work(LIST, "b").await?, &true)?;
    same("whether an item was dropped that is being done", &views.drop_work(LIST, "a").await?, &true)?;
    same("whether it was dropped again", &views.drop_work(LIST, "a").await?, &false)?;
    same("whether its claim can be settled", &settle(&views, &held, Outcome::Done).await?, &false)?;
    claim_one(&views, "c").await.map(drop)
}
