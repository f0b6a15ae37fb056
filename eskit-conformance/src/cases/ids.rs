//! An append that is repeated is answered, not written again; an id is used once.

use eskit_runtime::log::{
    Append, AppendError, Appended, EventId, ExpectedVersion, NewEvent, Position, Query, QueryItem,
};
use eskit_runtime::{AnyStore, EventStore, Timestamp};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{expect, no_events, on, one, plain, put, stream, tagged, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "ids": a_repeat_is_answered_with_the_original_places,
    a_repeat_is_answered_when_its_conditions_no_longer_hold,
    a_repeat_is_known_by_its_ids_alone,
    a_repeat_tells_the_original_time,
    ids_of_any_kind_are_known_again,
    a_part_of_an_append_is_no_repeat,
    several_appends_in_one_are_no_repeat,
    another_order_is_no_repeat,
    known_and_new_ids_do_not_mix,
    repeats_at_the_same_time_write_once,
    an_id_is_won_once,
];

/// Sends an append again, which must change nothing and be answered as before.
async fn repeat(store: &AnyStore, append: Append, original: &Appended) -> Result<Appended, Failure> {
    let before = whole(store).await?;
    let again = store.append(append).await?;
    same("the positions of a repeat", &again.positions, &original.positions)?;
    same("the versions of a repeat", &again.versions, &original.versions)?;
    ensure!(again.repeated, "a repeat was not marked as one: {again:?}");
    same("the log after a repeat", &whole(store).await?, &before)?;
    Ok(again)
}

/// Sends events of which some ids are in the log already; they must be refused with one of these and its place.
async fn reuse(store: &AnyStore, events: Vec<NewEvent>) -> Outcome {
    let before = whole(store).await?;
    match store.append(Append::new(events.clone())).await {
        Err(AppendError::IdReused { id, position }) => {
            let found = before.iter().find(|event| event.id == id).map(|event| event.position);
            ensure!(events.iter().any(|event| event.id == id), "the refusal names the id {id}, which was not appended");
            same("the position of the id that was reused", &Some(position), &found)?;
        }
        other => return Err(Failure::new(format!("ids were used again, and the answer was {other:?}"))),
    }
    same("the log after a refusal", &whole(store).await?, &before)
}

fn opened() -> Vec<NewEvent> {
    vec![on(stream("a"), "bank.Opened"), plain("bank.Noted"), tagged("bank.Paid", &[("owner", "o")])]
}

async fn a_repeat_is_answered_with_the_original_places(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, one(plain("bank.Noted"))).await?;
    let append = Append::new(opened());
    let original = store.append(append.clone()).await?;
    repeat(&store, append.clone(), &original).await?;
    put(&store, one(on(stream("a"), "bank.Paid"))).await?;
    repeat(&store, append, &original).await.map(drop)
}

async fn a_repeat_is_answered_when_its_conditions_no_longer_hold(context: &Context) -> Outcome {
    let store = context.open().await?;
    let append = Append::new(opened())
        .with(expect(stream("a"), ExpectedVersion::NoStream))
        .with(no_events(with_tags(&[("owner", "o")]), Position::START));
    let original = store.append(append.clone()).await?;
    repeat(&store, append.clone(), &original).await?;
    put(&store, Append::new(opened())).await?;
    let stricter = append.with(no_events(Query::all(), Position::START));
    repeat(&store, stricter, &original).await.map(drop)
}

async fn a_repeat_is_known_by_its_ids_alone(context: &Context) -> Outcome {
    let store = context.open().await?;
    let append = Append::new(opened());
    let original = store.append(append.clone()).await?;
    let other = |event: NewEvent| on(stream("b"), "bank.Else").with_id(event.id);
    let changed = Append::new(append.events.into_iter().map(other).collect());
    repeat(&store, changed, &original).await.map(drop)
}

async fn a_repeat_tells_the_original_time(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut append = Append::new(opened());
    append.events[0].recorded_at = Some(Timestamp::from_micros(7));
    let original = store.append(append.clone()).await?;
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    let again = repeat(&store, append, &original).await?;
    same("the time of a repeat", &again.recorded_at, &original.recorded_at)
}

async fn ids_of_any_kind_are_known_again(context: &Context) -> Outcome {
    let store = context.open().await?;
    let ids = [
        EventId::from_bytes([0; 16]),
        EventId::from_bytes([0xff; 16]),
        EventId::from_key("order-1", 0),
        EventId::new(),
        EventId::from_key("order-1", 1),
        EventId::from_bytes([0x80; 16]),
    ];
    let mut sent = Vec::new();
    for id in ids {
        let append = one(plain("bank.Noted").with_id(id));
        sent.push((append.clone(), store.append(append).await?));
    }
    for (append, original) in sent {
        repeat(&store, append, &original).await?;
    }
    Ok(())
}

async fn a_part_of_an_append_is_no_repeat(context: &Context) -> Outcome {
    let store = context.open().await?;
    let events = opened();
    put(&store, Append::new(events.clone())).await?;
    put(&store, one(plain("bank.Noted"))).await?;
    for part in [&events[..1], &events[..2], &events[1..2], &events[1..], &events[2..]] {
        reuse(&store, part.to_vec()).await?;
    }
    Ok(())
}

async fn several_appends_in_one_are_no_repeat(context: &Context) -> Outcome {
    let store = context.open().await?;
    let (first, second) = (opened(), opened());
    put(&store, Append::new(first.clone())).await?;
    put(&store, Append::new(second.clone())).await?;
    let across = [first[2].clone(), second[0].clone()].to_vec();
    for events in [[first, second].concat(), across] {
        reuse(&store, events).await?;
    }
    Ok(())
}

async fn another_order_is_no_repeat(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut events = opened();
    put(&store, Append::new(events.clone())).await?;
    events.swap(0, 1);
    reuse(&store, events.clone()).await?;
    events.rotate_left(1);
    reuse(&store, events).await
}

async fn known_and_new_ids_do_not_mix(context: &Context) -> Outcome {
    let store = context.open().await?;
    let old = opened();
    put(&store, Append::new(old.clone())).await?;
    let new = || plain("bank.Noted");
    let before = [vec![new()], old.clone()].concat();
    let behind = [old.clone(), vec![new()]].concat();
    for events in [before, behind, vec![new(), old[1].clone(), new()], vec![old[0].clone(), new(), old[2].clone()]] {
        reuse(&store, events).await?;
    }
    Ok(())
}

async fn repeats_at_the_same_time_write_once(context: &Context) -> Outcome {
    let store = context.open().await?;
    for round in 0..context.rounds() {
        context.count_seed();
        let key = format!("{round}");
        let append = Append::new(opened()).with(no_events(with_tags(&[("key", &key)]), Position::START));
        let append =
            Append { events: [append.events, vec![tagged("bank.Keyed", &[("key", &key)])]].concat(), ..append };
        let senders = (0..8).map(|_| {
            let (store, append) = (store.clone(), append.clone());
            async move { Ok(store.append(append).await?) }
        });
        let answers = context.together("a repeat at the same time", senders).await?;
        let firsts = answers.iter().filter(|answer| !answer.repeated).count();
        ensure!(firsts == 1, "of 8 equal appends, {firsts} were answered as the first");
        let positions = &answers[0].positions;
        ensure!(
            answers.iter().all(|answer| answer.positions == *positions),
            "equal appends were answered with different places: {answers:?}"
        );
        let keyed = Query::from(with_tags(&[("key", &key)]));
        let found = store.read(&keyed, Default::default()).await?.events.len();
        same("how often an append is in the log that was sent 8 times", &found, &1)?;
    }
    Ok(())
}

async fn an_id_is_won_once(context: &Context) -> Outcome {
    let store = context.open().await?;
    for round in 0..context.rounds() {
        context.count_seed();
        let id = EventId::from_key("won", round as usize);
        let senders = (0..8).map(|sender| {
            let store = store.clone();
            let contested = tagged("bank.Won", &[("sender", &sender.to_string())]).with_id(id);
            let append = Append::new(vec![plain("bank.Noted"), contested]);
            async move {
                match store.append(append).await {
                    Ok(_) => Ok(true),
                    Err(AppendError::IdReused { id: found, .. }) if found == id => Ok(false),
                    Err(error) => Err(error.into()),
                }
            }
        });
        let won = context.together("a race for one id", senders).await?.into_iter().filter(|won| *won).count();
        ensure!(won == 1, "of 8 appends with one common id, {won} went through");
        let found = store.read(&QueryItem::ids([id]).into(), Default::default()).await?.events.len();
        same("how often the id is in the log", &found, &1)?;
    }
    Ok(())
}
