//! Items of work: which of them are claimed, and by whom.

use std::time::Duration;

use eskit_runtime::Timestamp;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::work::{ClaimWork, ListWork, NewWork, Outcome, Settled, Work, WorkState};

use super::cases;
use crate::failure::{Failure, Outcome as Tested, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::target::TestViews;
use crate::views::todos::{KIND, KeepWork, LONG, any, ids, item};
use crate::views::work_list::{LIST, all, claim_one, nothing, seconds, settle, with_items};

cases![
    "work" where KeepWork: what_was_added_is_claimed,
    an_item_that_is_there_is_left_as_it_is,
    items_are_claimed_when_they_are_due,
    those_due_first_are_claimed_first,
    no_more_are_claimed_than_asked_for,
    only_items_of_these_kinds_are_claimed,
    an_item_has_one_holder,
    of_a_key_only_the_first_item_is_claimed,
    items_are_listed_by_number,
    lists_are_kept_apart,
    what_is_beyond_its_limits_is_refused,
];

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
    let end = Settled { id: "a".to_owned(), epoch: 1, outcome: Outcome::Done };
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
