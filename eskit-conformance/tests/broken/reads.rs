//! Stores that answer a read with something else.

use eskit_runtime::log::{Direction, Page, Position, Query, QueryItem, ReadOptions};
use tokio::sync::Semaphore;

use crate::sound::{Sound, broken};
use crate::table::Row;

/// A mistake in how the options of a read are taken.
fn options(
    mistake: &'static str,
    change: fn(ReadOptions) -> ReadOptions,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    let change = move |store: &mut Sound| store.read_in = Box::new(move |(query, options)| (query, change(options)));
    broken(mistake, change, told, cases)
}

/// A mistake in how each item of a query is taken.
fn items(mistake: &'static str, change: fn(QueryItem) -> Vec<QueryItem>, cases: &'static [&'static str]) -> Row {
    queries(mistake, move |query| Query::any_of(query.items().iter().cloned().flat_map(change)), cases)
}

fn queries(
    mistake: &'static str,
    change: impl Fn(Query) -> Query + Clone + Send + Sync + 'static,
    cases: &'static [&'static str],
) -> Row {
    let change = move |store: &mut Sound| {
        let change = change.clone();
        store.read_in = Box::new(move |(query, options)| (change(query), options));
    };
    broken(mistake, change, "read", cases)
}

fn pages(mistake: &'static str, change: fn(Page) -> Page, told: &'static str, cases: &'static [&'static str]) -> Row {
    broken(mistake, move |store| store.page_out = Box::new(change), told, cases)
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = ranges();
    rows.extend(paging());
    rows.extend(kinds());
    rows
}

fn ranges() -> Vec<Row> {
    vec![
        options(
            "a read includes the event that it is to follow",
            |options| options.after(Position::new(options.after.get().saturating_sub(1))),
            "expected",
            &[
                "reads::after_is_exclusive",
                "reads::pages_follow_each_other",
                "subscriptions::who_polls_sees_everything",
            ],
        ),
        options(
            "a read passes over the event right behind its start",
            |options| if options.after > Position::START { options.after(options.after.next()) } else { options },
            "expected",
            &["reads::after_is_exclusive", "subscriptions::who_watches_sees_everything"],
        ),
        options(
            "the end of a read is passed over",
            |mut options| {
                options.until = None;
                options
            },
            "expected",
            &["reads::until_is_inclusive", "queries::of_everything", "queries::of_a_stream", "queries::of_ids"],
        ),
        options(
            "the end of a read is exclusive",
            |mut options| {
                options.until = options.until.map(|until| Position::new(until.get().saturating_sub(1)));
                options
            },
            "expected",
            &["reads::until_is_inclusive", "reads::pages_follow_each_other", "queries::of_tags"],
        ),
        options(
            "the first version of a read is passed over",
            |mut options| {
                options.from_version = None;
                options
            },
            "expected",
            &["reads::versions_bound_a_read_of_a_stream", "queries::of_a_stream"],
        ),
        options(
            "the last version of a read is exclusive",
            |mut options| {
                options.to_version = options.to_version.map(|last| last.saturating_sub(1));
                options
            },
            "expected",
            &["reads::versions_bound_a_read_of_a_stream", "queries::of_a_stream"],
        ),
        options(
            "versions in reads have 63 bits",
            |mut options| {
                options.from_version = options.from_version.map(|first| first & i64::MAX as u64);
                options
            },
            "expected",
            &["reads::versions_beyond_the_stream_are_allowed"],
        ),
        options(
            "positions in reads have 63 bits",
            |mut options| {
                options.until = options.until.map(|until| Position::new(until.get() & i64::MAX as u64));
                options
            },
            "expected",
            &["reads::positions_beyond_the_log_are_allowed"],
        ),
    ]
}

fn paging() -> Vec<Row> {
    vec![
        broken(
            "a read ahead keeps its connection from others",
            |store| store.connections = Some(Semaphore::new(4)),
            "not answered within",
            &["reads::pages_read_ahead_keep_nobody_waiting"],
        ),
        options(
            "every read is forward",
            |mut options| {
                options.direction = Direction::Forward;
                options
            },
            "expected",
            &["reads::backward_is_the_reverse", "reads::pages_follow_each_other", "queries::of_types"],
        ),
        options(
            "a page holds one event more",
            |options| options.limit(options.page_len() + 1),
            "expected",
            &["reads::a_page_holds_at_most_its_limit", "queries::of_everything"],
        ),
        options(
            "a limit of none is none",
            |options| {
                if options.limit == 0 { options.until(Position::START) } else { options }
            },
            "a page with the limit 0",
            &["reads::limits_are_brought_inside"],
        ),
        pages(
            "no page is followed by another",
            |mut page| {
                page.more = false;
                page
            },
            "did not say that more follow",
            &["reads::no_page_hides_that_more_follow", "reads::limits_are_brought_inside"],
        ),
        pages(
            "what was cut for its size is not continued",
            |mut page| {
                page.more &= page.events.len() >= 10;
                page
            },
            "more: false",
            &["reads::a_page_is_bounded_in_bytes"],
        ),
        pages(
            "every page is followed by another",
            |mut page| {
                page.more = true;
                page
            },
            "is not empty",
            &["reads::no_page_hides_that_more_follow", "basics::an_empty_log_holds_nothing"],
        ),
        pages(
            "an event that matches twice comes twice",
            |mut page| {
                let twice: Vec<_> = page.events.iter().filter(|event| event.tags.len() > 1).cloned().collect();
                page.events.extend(twice);
                page.events.sort_by_key(|event| event.position);
                page
            },
            "read",
            &["queries::of_several_items", "queries::of_several_items_in_a_stream"],
        ),
    ]
}

fn split(item: QueryItem) -> Vec<QueryItem> {
    let one = |tag: &eskit_runtime::log::Tag| alone(&item, tag);
    if item.tags.is_empty() { vec![item.clone()] } else { item.tags.iter().map(one).collect() }
}

fn alone(item: &QueryItem, tag: &eskit_runtime::log::Tag) -> QueryItem {
    let mut alone = item.clone();
    alone.tags = vec![tag.clone()];
    alone
}

/// An item of which a part is passed over if `when` holds.
fn without(mut item: QueryItem, when: fn(&QueryItem) -> bool, part: fn(&mut QueryItem)) -> Vec<QueryItem> {
    if when(&item) {
        part(&mut item);
    }
    vec![item]
}

fn kinds() -> Vec<Row> {
    vec![
        queries(
            "a query without items is every event",
            |query| if query.items().is_empty() { Query::all() } else { query },
            &["queries::of_nothing"],
        ),
        queries(
            "only the first item of a query counts",
            |query| Query::any_of(query.items().first().cloned()),
            &["queries::of_several_items", "queries::of_several_items_in_a_stream"],
        ),
        items(
            "only the first type counts",
            |item| without(item, |_| true, |item| item.types.truncate(1)),
            &["queries::of_types", "queries::of_types_and_tags"],
        ),
        items("tags are in OR", split, &["queries::of_tags", "queries::of_types_and_tags"]),
        items(
            "a stream is all that counts",
            |item| {
                without(
                    item,
                    |item| item.stream.is_some(),
                    |item| {
                        item.types.clear();
                        item.tags.clear();
                        item.ids.clear();
                    },
                )
            },
            &["queries::of_a_stream_and_types", "queries::of_a_stream_and_tags", "queries::of_ids_in_a_stream"],
        ),
        items(
            "a stream is a type of streams",
            |item| {
                without(
                    item,
                    |item| item.stream.is_some(),
                    |item| {
                        item.stream_type = item.stream.take().map(|stream| stream.stream_type().into());
                    },
                )
            },
            &["queries::of_a_stream", "subscriptions::who_filters_sees_every_match"],
        ),
        items(
            "types of streams are passed over",
            |item| without(item, |_| true, |item| item.stream_type = None),
            &["queries::of_a_stream_type", "queries::of_a_stream_type_and_types_and_tags"],
        ),
        items(
            "a type of streams is all that counts",
            |item| {
                without(
                    item,
                    |item| item.stream_type.is_some(),
                    |item| {
                        item.types.clear();
                        item.tags.clear();
                    },
                )
            },
            &["queries::of_a_stream_type_and_types_and_tags"],
        ),
        items(
            "only the first id counts",
            |item| without(item, |_| true, |item| item.ids.truncate(1)),
            &["queries::of_ids"],
        ),
        items(
            "ids are all that counts",
            |item| {
                without(
                    item,
                    |item| !item.ids.is_empty(),
                    |item| {
                        let ids = std::mem::take(&mut item.ids);
                        *item = QueryItem::ids(ids);
                    },
                )
            },
            &["queries::of_ids_and_types_and_tags", "queries::of_ids_in_a_stream"],
        ),
        items(
            "a filter asks for tags or types",
            |item| without(item, |item| !item.tags.is_empty(), |item| item.types.clear()),
            &["queries::of_types_and_tags"],
        ),
    ]
}
