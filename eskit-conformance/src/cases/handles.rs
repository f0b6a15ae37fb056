//! One log that is open several times, as several processes have it.

use eskit_runtime::log::{ExpectedVersion, Place, Position, Query, StreamChange};
use eskit_runtime::{AnyStore, EventStore};

use super::lifecycle::refused_by;
use super::races::{by_tag, by_version, fill_a_course, one_wins};
use super::watch::beyond;
use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::follow::{self, Follower, Way};
use crate::sample::{expect, no_events, on, one, plain, put, refused, stream, tagged, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "handles": an_append_is_seen_by_all(Shared),
    conditions_count_the_appends_of_all(Shared),
    repeats_are_known_by_all(Shared),
    an_append_wakes_who_waits_elsewhere(Shared),
    one_wins_a_tag(Shared),
    one_wins_a_version(Shared),
    a_limit_holds_between_read_and_append(Shared),
    followers_that_reconnect_see_everything(Shared),
    a_change_is_seen_by_all(Shared, Deletion),
];

async fn handles(context: &Context, count: usize) -> Result<Vec<AnyStore>, Failure> {
    let log = context.log();
    let mut stores = Vec::with_capacity(count);
    for _ in 0..count {
        stores.push(context.open_log(&log).await?);
    }
    Ok(stores)
}

async fn an_append_is_seen_by_all(context: &Context) -> Outcome {
    let stores = handles(context, 2).await?;
    let mut expected = Vec::new();
    for number in 0..20 {
        let (writer, reader) = (&stores[number % 2], &stores[(number + 1) % 2]);
        expected.extend(put(writer, one(plain("bank.Noted"))).await?);
        same("the log, as the other handle reads it", &whole(reader).await?, &expected)?;
        let last = expected[number].place();
        same("the head, as the other handle tells it", &reader.head().await?, &last)?;
    }
    Ok(())
}

async fn conditions_count_the_appends_of_all(context: &Context) -> Outcome {
    let stores = handles(context, 2).await?;
    let taken = || tagged("campus.Taken", &[("seat", "1")]);
    let free = || no_events(with_tags(&[("seat", "1")]), Position::START);
    put(&stores[0], one(taken()).with(free())).await?;
    refused(&stores[1], one(taken()).with(free())).await?;
    for version in 0..4 {
        let append = || one(on(stream("a"), "bank.Paid")).with(expect(stream("a"), ExpectedVersion::Exact(version)));
        put(&stores[version as usize % 2], append()).await?;
        refused(&stores[(version as usize + 1) % 2], append()).await?;
    }
    Ok(())
}

async fn repeats_are_known_by_all(context: &Context) -> Outcome {
    let stores = handles(context, 2).await?;
    for sender in [0, 1, 1, 0] {
        let append = one(plain("bank.Noted"));
        let original = stores[sender].append(append.clone()).await?;
        let again = stores[1 - sender].append(append).await?;
        same("the places of a repeat", &again.positions, &original.positions)?;
        ensure!(again.repeated, "a repeat through another handle was not marked as one");
    }
    same("how many events the log holds", &whole(&stores[0]).await?.len(), &4)
}

async fn an_append_wakes_who_waits_elsewhere(context: &Context) -> Outcome {
    let stores = handles(context, 2).await?;
    let mut head = Place::START;
    for number in 0..6 {
        let (writer, reader) = (&stores[number % 2], &stores[(number + 1) % 2]);
        let appending = async {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            put(writer, one(plain("bank.Noted"))).await
        };
        let (woken, log) = tokio::join!(beyond(context, reader, head), appending);
        let last = log?[0].place();
        same("the head that woke the other handle", &woken?, &last)?;
        head = last;
    }
    Ok(())
}

async fn one_wins_a_tag(context: &Context) -> Outcome {
    one_wins(context, &handles(context, 4).await?, by_tag).await
}

async fn one_wins_a_version(context: &Context) -> Outcome {
    one_wins(context, &handles(context, 4).await?, by_version).await
}

async fn a_limit_holds_between_read_and_append(context: &Context) -> Outcome {
    fill_a_course(context, &handles(context, 3).await?).await
}

async fn followers_that_reconnect_see_everything(context: &Context) -> Outcome {
    for round in 0..context.repeats(24) {
        let log = context.log();
        let stores = [context.open_log(&log).await?, context.open_log(&log).await?];
        let follower = |way, page| Follower { reconnect: Some(log.clone()), ..Follower::new(Query::all(), way, page) };
        let followers = vec![follower(Way::Watch, 5), follower(Way::Poll, 20)];
        follow::run(context, &stores, followers, round).await?;
    }
    Ok(())
}

async fn a_change_is_seen_by_all(context: &Context) -> Outcome {
    let stores = handles(context, 2).await?;
    let paid = || one(on(stream("a"), "bank.Paid"));
    put(&stores[0], paid()).await?;
    let changes = [StreamChange::Archive, StreamChange::Restore, StreamChange::delete("it was asked for")];
    for (turn, change) in changes.into_iter().enumerate() {
        let (changer, other) = (&stores[turn % 2], &stores[(turn + 1) % 2]);
        let status = changer.change_stream(&stream("a"), change).await?;
        same("the status, as the other handle tells it", &other.stream_info(&stream("a")).await?.status, &status)?;
        if status.is_open() {
            put(other, paid()).await?;
        } else {
            refused_by(other, &stream("a"), paid()).await?;
        }
    }
    same("the log, as the other handle reads it", &whole(&stores[1]).await?.len(), &0)
}
