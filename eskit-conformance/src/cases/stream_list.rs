//! The streams of a type, page by page.

use eskit_runtime::log::limits::NAME_BYTES_MAX;
use eskit_runtime::log::{Append, LimitError, ListStreams, ListedStream, StoreErrorKind, StreamChange, StreamId};
use eskit_runtime::{AnyStore, EventStore};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{on, one, plain, put};

pub(super) const CASES: &[Case] = cases![
    "stream_list": streams_stand_in_the_order_of_their_ids(ListStreams),
    a_type_has_its_own_streams(ListStreams),
    pages_follow_each_other(ListStreams),
    closed_streams_are_among_them(ListStreams, Deletion),
    a_list_has_limits(ListStreams),
];

/// Ids in the order of their bytes. By letters, by numbers, without case or by UTF-16 it would be another one.
const IDS: [&str; 12] = ["-", "1", "10", "9", "A", "B", "a", "a-1", "aa", "\u{e4}", "\u{ff5e}", "\u{1f600}"];

/// Each of these streams holds this many events, appended in another order than that of the ids: many at once, and each alone.
async fn filled(store: &AnyStore, versions: u64) -> Outcome {
    let event = |id: &'static &str| on(StreamId::new("account", *id), "account.Changed");
    let round = || IDS.iter().rev();
    put(store, Append::new((2..versions).flat_map(|_| round().map(event)).collect())).await?;
    for event in round().map(event).chain(round().map(event)) {
        put(store, one(event)).await?;
        put(store, one(plain("other.Happened"))).await?;
    }
    Ok(())
}

/// The ids and the versions of a list.
fn shown(streams: &[ListedStream]) -> Vec<(&str, u64)> {
    streams.iter().map(|listed| (listed.stream.id(), listed.info.version)).collect()
}

/// All pages of a list.
async fn all(store: &AnyStore, list: ListStreams) -> Result<Vec<ListedStream>, Failure> {
    let (mut streams, mut next, mut is_announced) = (Vec::new(), Some(list), false);
    while let Some(list) = next {
        let page = store.list_streams(&list).await?;
        ensure!(page.streams.len() <= list.page_limit(), "a page of {} streams", page.streams.len());
        let is_idle = page.streams.is_empty() && (page.more || is_announced);
        ensure!(!is_idle, "an empty page that was announced, or that others follow");
        is_announced = page.more;
        streams.extend(page.streams.iter().cloned());
        ensure!(streams.len() <= IDS.len(), "{:?} and more", shown(&streams));
        next = list.following(&page);
    }
    Ok(streams)
}

async fn streams_stand_in_the_order_of_their_ids(context: &Context) -> Outcome {
    let store = context.open().await?;
    // So many events that a store may keep the older ones in another way.
    filled(&store, 60).await?;
    let page = store.list_streams(&ListStreams::of_type("account")).await?;
    same("the streams", &shown(&page.streams), &IDS.map(|id| (id, 60)).to_vec())?;
    ensure!(!page.more, "further streams are announced");
    for listed in &page.streams {
        same("what is listed of a stream", &listed.info, &store.stream_info(&listed.stream).await?)?;
    }
    Ok(())
}

async fn a_type_has_its_own_streams(context: &Context) -> Outcome {
    let store = context.open().await?;
    let none = store.list_streams(&ListStreams::of_type("account")).await?;
    ensure!(none.streams.is_empty() && !none.more, "an empty log lists {none:?}");
    for (stream_type, id) in
        [("account", "b"), ("Account", "c"), ("accounts", "a"), ("account:b", "b"), ("accoun", "t")]
    {
        put(&store, one(on(StreamId::new(stream_type, id), "account.Changed"))).await?;
        put(&store, one(plain("account.Changed"))).await?;
    }
    for (stream_type, id) in [("account", "b"), ("accounts", "a"), ("accoun", "t")] {
        let found = all(&store, ListStreams::of_type(stream_type)).await?;
        same(&format!("the streams of type `{stream_type}`"), &shown(&found), &vec![(id, 1)])?;
    }
    let never = all(&store, ListStreams::of_type("never")).await?;
    same("the streams of a type that never was", &shown(&never), &Vec::new())
}

async fn pages_follow_each_other(context: &Context) -> Outcome {
    let store = context.open().await?;
    filled(&store, 3).await?;
    let expected = IDS.map(|id| (id, 3)).to_vec();
    for limit in [0, 1, 2, 5, IDS.len() - 1, IDS.len(), IDS.len() + 1, usize::MAX] {
        let found = all(&store, ListStreams::of_type("account").limit(limit)).await?;
        same(&format!("the streams, {limit} to a page"), &shown(&found), &expected)?;
    }
    // Nothing stands in the log under the ids between two others.
    for after in ["!", "0", "A", "Z", "a-1", "a-1!", "zz", "\u{1f600}", "\u{10ffff}"] {
        let found = all(&store, ListStreams::of_type("account").after(after)).await?;
        let rest: Vec<_> = expected.iter().copied().filter(|(id, _)| *id > after).collect();
        same(&format!("the streams after {after:?}"), &shown(&found), &rest)?;
    }
    Ok(())
}

async fn closed_streams_are_among_them(context: &Context) -> Outcome {
    let store = context.open().await?;
    filled(&store, 3).await?;
    let changes = [
        StreamChange::Archive,
        StreamChange::tombstone("over"),
        StreamChange::delete("over"),
        StreamChange::delete("over"),
    ];
    // The last of them is the last of all: nothing but its name is left behind the others.
    let changed = ["1", "9", "a", IDS[IDS.len() - 1]];
    for (id, change) in changed.iter().zip(changes) {
        store.change_stream(&StreamId::new("account", *id), change).await?;
    }
    for limit in [1, 2, 1000] {
        let found = all(&store, ListStreams::of_type("account").limit(limit)).await?;
        same("the streams, some of them closed", &shown(&found), &IDS.map(|id| (id, 3)).to_vec())?;
        for listed in found {
            same("what is listed of a stream", &listed.info, &store.stream_info(&listed.stream).await?)?;
        }
    }
    Ok(())
}

async fn a_list_has_limits(context: &Context) -> Outcome {
    let store = context.open().await?;
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    let account = || ListStreams::of_type("account");
    let refused = [
        ListStreams::of_type(""),
        ListStreams::of_type("a\0"),
        ListStreams::of_type(long.clone()),
        account().after(""),
        account().after("a\0"),
        account().after(long.clone()),
    ];
    for list in refused {
        let answer = store.list_streams(&list).await;
        let is_named = matches!(&answer, Err(error) if error.kind() == StoreErrorKind::Invalid
            && matches!(error.limit(), Some(LimitError::Empty { .. } | LimitError::Nul { .. } | LimitError::TooLong { .. })));
        ensure!(is_named, "{list:?} came to {answer:?}");
    }
    let longest = ListStreams::of_type(&long[1..]).after(&long[1..]);
    let found = all(&store, longest).await?;
    same("the streams after the longest id", &shown(&found), &Vec::new())
}
