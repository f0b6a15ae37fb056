//! Every kind of query, against the simplest code that answers it, on generated logs.

use eskit_runtime::log::{Append, Query, ReadOptions};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};
use proptest::prelude::*;

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Outcome, ensure, same};
use crate::generate::{self, ItemPlan, Kind};
use crate::model;
use crate::sample::{positions, put, read_all, whole};

pub(super) const CASES: &[Case] = cases![
    "queries": of_everything,
    of_nothing,
    of_types,
    of_tags,
    of_types_and_tags,
    of_a_stream,
    of_a_stream_and_types,
    of_a_stream_and_tags,
    of_a_stream_type,
    of_a_stream_type_and_types_and_tags,
    of_ids,
    of_ids_and_types_and_tags,
    of_ids_in_a_stream,
    of_several_items,
    of_several_items_in_a_stream,
];

async fn of_everything(context: &Context) -> Outcome {
    check_items(context, one_item(Kind::NONE)).await
}

async fn of_nothing(context: &Context) -> Outcome {
    check_items(context, Just(Vec::new())).await
}

async fn of_types(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { types: true, ..Kind::NONE })).await
}

async fn of_tags(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { tags: true, ..Kind::NONE })).await
}

async fn of_types_and_tags(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { types: true, tags: true, ..Kind::NONE })).await
}

async fn of_a_stream(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { stream: true, ..Kind::NONE })).await
}

async fn of_a_stream_and_types(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { stream: true, types: true, ..Kind::NONE })).await
}

async fn of_a_stream_and_tags(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { stream: true, tags: true, ..Kind::NONE })).await
}

async fn of_a_stream_type(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { stream_type: true, ..Kind::NONE })).await
}

async fn of_a_stream_type_and_types_and_tags(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { stream_type: true, types: true, tags: true, ..Kind::NONE })).await
}

async fn of_ids(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { ids: true, ..Kind::NONE })).await
}

async fn of_ids_and_types_and_tags(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { ids: true, types: true, tags: true, ..Kind::NONE })).await
}

async fn of_ids_in_a_stream(context: &Context) -> Outcome {
    check_items(context, one_item(Kind { ids: true, stream: true, ..Kind::NONE })).await
}

async fn of_several_items(context: &Context) -> Outcome {
    check_items(context, prop::collection::vec(generate::any_item(), 2..6)).await
}

async fn of_several_items_in_a_stream(context: &Context) -> Outcome {
    let of = |kind| generate::items(Kind { stream: true, ..kind });
    let types = of(Kind { types: true, ..Kind::NONE });
    let tags = of(Kind { tags: true, ..Kind::NONE });
    let ids = of(Kind { ids: true, ..Kind::NONE });
    let items = (types, tags, ids).prop_map(|(types, tags, ids)| ItemPlan::of_one_stream(vec![types, tags, ids]));
    check_items(context, items).await
}

fn one_item(kind: Kind) -> impl Strategy<Value = Vec<ItemPlan>> {
    generate::items(kind).prop_map(|item| vec![item])
}

/// Asks generated logs with queries of these items.
async fn check_items(context: &Context, items: impl Strategy<Value = Vec<ItemPlan>> + Send + 'static) -> Outcome {
    let reads = prop::collection::vec(generate::reads(items), 1..30);
    generate::check(context, 6, (generate::appends(), reads), |context, (appends, reads)| async move {
        let store = context.open().await?;
        let mut log = Vec::new();
        for events in appends {
            log.extend(put(&store, Append::new(events)).await?);
        }
        same("the log", &whole(&store).await?, &log)?;
        for read in reads {
            check_read(&store, &log, read.against(&log)).await?;
        }
        Ok(())
    })
    .await
}

/// Holds the answer to a read to what the log holds.
pub(super) async fn check_read(
    store: &AnyStore,
    log: &[RecordedEvent],
    (query, options): (Query, ReadOptions),
) -> Outcome {
    let expected: Vec<_> = model::matching(log, &query, options).into_iter().cloned().collect();
    let page = store.read(&query, options).await?;
    let first = &expected[..expected.len().min(options.page_len())];
    let (found, wanted) = (positions(&page.events), positions(first));
    ensure!(page.events == first, "{query:?} with {options:?} read {found:?}, expected {wanted:?}");
    let rest = expected.len() - first.len();
    ensure!(page.more || rest == 0, "{query:?} with {options:?} hides that {rest} more events follow");
    let all = read_all(store, &query, options).await?;
    ensure!(all == expected, "all pages of {query:?} with {options:?} are {:?}", positions(&all));
    Ok(())
}
