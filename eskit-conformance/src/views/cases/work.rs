//! Items of work: who claims them, and what becomes of them.

use std::time::Duration;

use eskit_runtime::Timestamp;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::work::{ClaimWork, ListWork, NewWork, Outcome, Work, WorkItem, WorkState};

use super::cases;
use crate::failure::{Failure, Outcome as Tested, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::target::TestViews;
use crate::views::todos::{KIND, KeepWork, LONG, any, end_of, ids, item};

cases![
    "work" where KeepWork: what_was_added_is_claimed,
    an_item_that_is_there_is_left_as_it_is,
    items_are_claimed_when_they_are_due,
    those_due_first_are_claimed_first,
    no_more_are_claimed_than_asked_for,
    only_items_of_these_kinds_are_claimed,
    an_item_has_one_holder,
    of_a_key_only_the_first_item_is_claimed,
    attempts_are_counted,
    an_item_that_is_done_is_gone,
    an_item_is_tried_again_when_it_is_due,
    a_parked_item_waits_until_it_is_retried,
    an_item_that_is_done_again_takes_new_content,
    a_claim_that_is_not_renewed_ends,
    a_claim_that_is_renewed_goes_on,
    epochs_do_not_repeat,
    an_item_that_is_dropped_is_gone,
    items_are_listed_by_number,
    lists_are_kept_apart,
    what_is_beyond_its_limits_is_refused,
];

const LIST: &str = "mails";

/// A list of items that are due at once, as pairs of ids and keys.
async fn with_items<T: TestViews>(context: &ViewsContext<T>, items: &[(&str, &str)]) -> Result<T::Views, Failure>
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let added = views.add_work(LIST, items.iter().map(|(id, key)| item(id, key)).collect()).await?;
    same("how many items were added", &added, &(items.len() as u64))?;
    Ok(views)
}

/// Claims one item, which must be this one.
async fn claim_one<V: Work>(views: &V, id: &str) -> Result<WorkItem, Failure> {
    let mut claimed = views.claim_work(LIST, any(1)).await?;
    same("the item that is claimed", &ids(&claimed.items), &vec![id])?;
    Ok(claimed.items.remove(0))
}

/// Checks that there is nothing to claim.
async fn nothing<V: Work>(views: &V, why: &str) -> Tested {
    let claimed = views.claim_work(LIST, any(10)).await?;
    ensure!(claimed.items.is_empty(), "{why}, but {:?} were claimed", ids(&claimed.items));
    Ok(())
}

async fn settle<V: Work>(views: &V, item: &WorkItem, outcome: Outcome) -> Result<bool, Failure> {
    let what = format!("{outcome:?}");
    let held = views.settle_work(LIST, vec![end_of(item, outcome)]).await?;
    same(&format!("how many answers there are to {what}"), &held.len(), &1)?;
    Ok(held[0])
}

async fn all<V: Work>(views: &V) -> Result<Vec<WorkItem>, Failure> {
    Ok(views.list_work(LIST, ListWork::default()).await?)
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

async fn what_was_added_is_claimed<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let new = NewWork {
        id: format!("{}é/\"'\\%", "i".repeat(1000)),
        key: format!("{}漢", "k".repeat(500)),
        payload: Some(format!("{{\"text\":\"{} \\u0000 🦀\"}}", "x".repeat(100_000))),
        due: Timestamp::from_micros(-1),
        ..item("", "")
    };
    let before = Timestamp::now();
    views.add_work(LIST, vec![new.clone()]).await?;
    let listed = all(&views).await?;
    let claimed = views.claim_work(LIST, any(2)).await?;
    same("when another item is due", &claimed.next_due, &None)?;
    for (what, items, state) in [("listed", listed, false), ("claimed", claimed.items, true)] {
        let [found] = &items[..] else { return Err(Failure::new(format!("one item was added, and {items:?} {what}"))) };
        let same_as_added = NewWork {
            id: found.id.clone(),
            key: found.key.clone(),
            kind: found.kind.clone(),
            event: found.event,
            payload: found.payload.clone(),
            due: found.due,
        };
        same(&format!("an item that is {what}"), &same_as_added, &new)?;
        same(
            &format!("its attempts and text when it is {what}"),
            &(found.attempts, found.text.as_str()),
            &(u32::from(state), ""),
        )?;
        same(&format!("whether it has an epoch when it is {what}"), &(found.epoch > 0), &state)?;
        same(
            &format!("whether it is held when it is {what}"),
            &matches!(found.state, WorkState::Claimed { .. }),
            &state,
        )?;
        let age = Timestamp::now().duration_since(before);
        let is_now = found.opened_at.duration_since(before) <= age && found.number > 0;
        ensure!(is_now, "an item that was added now has {:?} and number {}", found.opened_at, found.number);
    }
    Ok(())
}

async fn an_item_that_is_there_is_left_as_it_is<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let before = all(&views).await?;
    let again = NewWork { payload: Some("1".to_owned()), ..item("a", "2") };
    let added = views.add_work(LIST, vec![again, item("b", "2"), item("b", "3")]).await?;
    same("how many of three items were added, of which two were there", &added, &1)?;
    same("an item that was added again", &all(&views).await?[0], &before[0])?;
    same("how many items there are", &all(&views).await?.len(), &2)
}

async fn items_are_claimed_when_they_are_due<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let now = Timestamp::now();
    let later = |id: &str, seconds| NewWork { due: now + Duration::from_secs(seconds), ..item(id, id) };
    views.add_work(LIST, vec![later("b", 2000), later("a", 1000), later("c", 3000)]).await?;
    let at = |seconds| ClaimWork { now: now + Duration::from_secs(seconds), ..any(10) };
    let due = |seconds| Some(now + Duration::from_secs(seconds));
    for (time, expected, next) in [
        (999, vec![], due(1000)),
        (1000, vec!["a"], due(2000)),
        (1999, vec![], due(2000)),
        (3000, vec!["b", "c"], None),
    ] {
        let claimed = views.claim_work(LIST, at(time)).await?;
        same(&format!("what is claimed after {time} s"), &ids(&claimed.items), &expected)?;
        same(&format!("when the next item is due after {time} s"), &claimed.next_due, &next)?;
    }
    // The clock of the caller counts, also if it is that of a test.
    views.add_work(LIST, vec![NewWork { due: seconds(1000), ..item("past", "past") }]).await?;
    let claimed = views.claim_work(LIST, ClaimWork { now: seconds(999), ..any(10) }).await?;
    same("what is claimed before it is due, long ago", &ids(&claimed.items), &vec![])?;
    same("when the next item is due, long ago", &claimed.next_due, &Some(seconds(1000)))?;
    let claimed = views.claim_work(LIST, ClaimWork { now: seconds(1000), ..any(10) }).await?;
    same("what is claimed when it is due, long ago", &ids(&claimed.items), &vec!["past"])
}

async fn those_due_first_are_claimed_first<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let due = |id: &str, at| NewWork { due: seconds(at), ..item(id, id) };
    let other = NewWork { kind: "views.Other".to_owned(), ..due("b", 2) };
    views.add_work(LIST, vec![due("d", 4), due("a", 1), other, due("c", 3), due("e", 4)]).await?;
    let claim = || ClaimWork { kinds: vec![KIND.to_owned(), "views.Other".to_owned()], ..any(2) };
    for expected in [vec!["a", "b"], vec!["c", "d"], vec!["e"]] {
        let claimed = views.claim_work(LIST, claim()).await?;
        same("the next two that are claimed", &ids(&claimed.items), &expected)?;
    }
    Ok(())
}

async fn no_more_are_claimed_than_asked_for<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    views.add_work(LIST, (0..100).map(|number| item(&number.to_string(), &number.to_string())).collect()).await?;
    for (limit, expected) in [(7, 7), (1, 1), (90, 90), (10, 2), (10, 0)] {
        let claimed = views.claim_work(LIST, any(limit)).await?.items.len();
        same(&format!("how many are claimed of up to {limit}"), &claimed, &expected)?;
    }
    Ok(())
}

async fn only_items_of_these_kinds_are_claimed<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let of = |id: &str, kind: &str| NewWork { kind: kind.to_owned(), ..item(id, id) };
    views.add_work(LIST, vec![of("a", "x"), of("b", "y"), of("c", "x"), of("d", "z")]).await?;
    let claim = |kinds: &[&str]| ClaimWork { kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(), ..any(10) };
    for (kinds, expected) in
        [(&["X"][..], vec![]), (&[], vec![]), (&["x", "x"], vec!["a", "c"]), (&["z", "y"], vec!["b", "d"])]
    {
        let claimed = views.claim_work(LIST, claim(kinds)).await?;
        same(&format!("what is claimed of the kinds {kinds:?}"), &ids(&claimed.items), &expected)?;
        same(&format!("when the next item of the kinds {kinds:?} is due"), &claimed.next_due, &None)?;
    }
    Ok(())
}

async fn an_item_has_one_holder<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1"), ("b", "2")]).await?;
    let first = claim_one(&views, "a").await?;
    let second = claim_one(&views, "b").await?;
    nothing(&views.clone(), "both items are held").await?;
    ensure!(second.epoch > first.epoch, "a claim of epoch {} follows one of {}", second.epoch, first.epoch);
    let mut other = first.clone();
    other.epoch = second.epoch;
    same("whether who does not hold an item settles it", &settle(&views, &other, Outcome::Done).await?, &false)?;
    let renewed = views.renew_work(LIST, vec![(other.id, other.epoch), (first.id, first.epoch)], LONG).await?;
    same("which of a wrong and a right claim is renewed", &renewed, &vec![false, true])
}

async fn of_a_key_only_the_first_item_is_claimed<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")]).await?;
    let claimed = views.claim_work(LIST, any(10)).await?;
    same("what is claimed of two keys", &ids(&claimed.items), &vec!["a1", "b1"])?;
    same("when the next first item of a key is due", &claimed.next_due, &None)?;
    let first = &claimed.items[0];
    nothing(&views, "the first item of the key is being done").await?;
    let at = Timestamp::now() + LONG;
    settle(&views, first, Outcome::Retry { at, text: "later".to_owned() }).await?;
    let claimed = views.claim_work(LIST, any(10)).await?;
    same("what is claimed while the first item waits for its next try", &ids(&claimed.items), &vec![])?;
    same("when that is due", &claimed.next_due, &Some(at))?;
    let later = ClaimWork { now: at, ..any(10) };
    let first = views.claim_work(LIST, later).await?.items.remove(0);
    settle(&views, &first, Outcome::Park { text: "broken".to_owned() }).await?;
    nothing(&views, "the first item of the key is parked").await?;
    views.drop_work(LIST, "a1").await?;
    let second = claim_one(&views, "a2").await?;
    settle(&views, &second, Outcome::Done).await?;
    claim_one(&views, "a3").await?;
    // Of another kind, or not due.
    let other = NewWork { kind: "views.Other".to_owned(), ..item("c1", "c") };
    let later = NewWork { due: Timestamp::now() + LONG, ..item("d1", "d") };
    views.add_work(LIST, vec![other, item("c2", "c"), later, item("d2", "d")]).await?;
    nothing(&views, "the first items of two keys are of another kind, and not due").await
}

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

async fn items_are_listed_by_number<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("c", "1"), ("a", "1"), ("b", "2")]).await?;
    views.add_work(LIST, vec![item("d", "2")]).await?;
    let listed = all(&views).await?;
    same("the items in order", &ids(&listed), &vec!["c", "a", "b", "d"])?;
    ensure!(listed.is_sorted_by(|one, other| one.number < other.number), "the numbers do not ascend: {listed:?}");
    let (mut found, mut after) = (Vec::new(), 0);
    for _ in 0..3 {
        let page = views.list_work(LIST, ListWork { after, limit: 3, ..ListWork::default() }).await?;
        after = page.last().map_or(after, |last| last.number);
        found.extend(page);
    }
    same("the items, page after page", &found, &listed)
}

async fn lists_are_kept_apart<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = with_items(context, &[("a", "1")]).await?;
    let none = views.claim_work("other", any(10)).await?;
    same("what is claimed of a list that is not there", &(none.items.len(), none.next_due), &(0, None))?;
    let held = vec![("a".to_owned(), 1), ("b".to_owned(), 1)];
    same("what is renewed there", &views.renew_work("other", held, LONG).await?, &vec![false, false])?;
    let end = eskit_runtime::work::Settled { id: "a".to_owned(), epoch: 1, outcome: Outcome::Done };
    same("what is settled there", &views.settle_work("other", vec![end]).await?, &vec![false])?;
    same("what is listed there", &views.list_work("other", ListWork::default()).await?, &Vec::new())?;
    same("what is retried there", &views.retry_work("other", "a").await?, &false)?;
    same("what is dropped there", &views.drop_work("other", "a").await?, &false)?;
    same("how many are added there", &views.add_work("other", vec![item("a", "1")]).await?, &1)?;
    let claimed = views.claim_work("other", any(10)).await?;
    same("what is claimed there", &ids(&claimed.items), &vec!["a"])?;
    let held = settle(&views, &claimed.items[0], Outcome::Done).await?;
    same("whether a claim of another list is settled in this one", &held, &false)?;
    claim_one(&views, "a").await.map(drop)
}

async fn what_is_beyond_its_limits_is_refused<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let long = NewWork { key: "k".repeat(513), ..item("b", "") };
    for (list, items, told) in
        [(LIST, vec![item("a", "1"), long], "\"b\""), ("no list", vec![item("a", "1")], "no list")]
    {
        match views.add_work(list, items).await {
            Err(error) if error.kind() == StoreErrorKind::Invalid && error.to_string().contains(told) => {}
            other => return Err(Failure::new(format!("work beyond its limits was answered with {other:?}"))),
        }
    }
    same("how many items are there after that", &all(&views).await?.len(), &0)
}
