//! Where a read starts and stops, in which order, and how much one page holds.

use eskit_runtime::log::{Append, Pages, Position, Query, QueryItem, ReadOptions, limits};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{on, one, plain, positions, put, read_all, stream, tagged, tags, with_tags};

pub(super) const CASES: &[Case] = cases![
    "reads": after_is_exclusive,
    until_is_inclusive,
    backward_is_the_reverse,
    a_page_holds_at_most_its_limit,
    limits_are_brought_inside,
    a_page_is_bounded_in_bytes,
    pages_follow_each_other,
    no_page_hides_that_more_follow,
    positions_beyond_the_log_are_allowed,
    versions_bound_a_read_of_a_stream,
    versions_beyond_the_stream_are_allowed,
    pages_read_ahead_keep_nobody_waiting,
];

/// How many handle a page at the same time: more than a pool usually has connections.
const READERS: usize = 40;

/// A log of ten events, one an append, every other one with a tag.
async fn ten(context: &Context) -> Result<(AnyStore, Vec<RecordedEvent>), Failure> {
    let store = context.open().await?;
    let mut log = Vec::new();
    for number in 0..10 {
        let event = if number % 2 == 0 { tagged("bank.Paid", &[("even", "yes")]) } else { plain("bank.Noted") };
        log.extend(put(&store, one(event)).await?);
    }
    Ok((store, log))
}

/// Reads with these options must return what stands in `log` at the places `expected`, through every query that the log
/// can be asked with.
async fn expect(store: &AnyStore, log: &[RecordedEvent], options: ReadOptions, expected: &[usize]) -> Outcome {
    for query in [Query::all(), Query::from(with_tags(&[("even", "yes")]))] {
        let wanted = expected.iter().map(|at| &log[*at]).filter(|event| query.matches(event)).cloned();
        let wanted: Vec<_> = wanted.take(options.page_len()).collect();
        found_as_wanted((&query, options), &store.read(&query, options).await?.events, &wanted)?;
    }
    Ok(())
}

fn found_as_wanted(read: (&Query, ReadOptions), found: &[RecordedEvent], wanted: &[RecordedEvent]) -> Outcome {
    let (query, options) = read;
    ensure!(
        found == wanted,
        "{query:?} with {options:?} read {:?}, expected {:?}",
        positions(found),
        positions(wanted)
    );
    Ok(())
}

async fn after_is_exclusive(context: &Context) -> Outcome {
    let (store, log) = ten(context).await?;
    for at in 0..10 {
        let options = ReadOptions::default().after(log[at].position);
        expect(&store, &log, options, &(at + 1..10).collect::<Vec<_>>()).await?;
        expect(&store, &log, options.backward(), &(at + 1..10).rev().collect::<Vec<_>>()).await?;
    }
    expect(&store, &log, ReadOptions::default(), &(0..10).collect::<Vec<_>>()).await
}

async fn until_is_inclusive(context: &Context) -> Outcome {
    let (store, log) = ten(context).await?;
    for at in 0..10 {
        let options = ReadOptions::default().until(log[at].position);
        expect(&store, &log, options, &(0..=at).collect::<Vec<_>>()).await?;
        expect(&store, &log, options.backward(), &(0..=at).rev().collect::<Vec<_>>()).await?;
        for after in 0..10 {
            let inside: Vec<_> = (after + 1..=at).collect();
            expect(&store, &log, options.after(log[after].position), &inside).await?;
        }
    }
    expect(&store, &log, ReadOptions::default().until(Position::START), &[]).await
}

async fn backward_is_the_reverse(context: &Context) -> Outcome {
    let (store, log) = ten(context).await?;
    expect(&store, &log, ReadOptions::default().backward(), &(0..10).rev().collect::<Vec<_>>()).await?;
    expect(&store, &log, ReadOptions::default().backward().limit(3), &[9, 8, 7, 6, 5, 4]).await
}

async fn a_page_holds_at_most_its_limit(context: &Context) -> Outcome {
    let (store, log) = ten(context).await?;
    for limit in 1..=11 {
        let options = ReadOptions::default().limit(limit);
        expect(&store, &log, options, &(0..10).collect::<Vec<_>>()).await?;
        expect(&store, &log, options.after(log[3].position), &(4..10).collect::<Vec<_>>()).await?;
        expect(&store, &log, options.backward(), &(0..10).rev().collect::<Vec<_>>()).await?;
    }
    Ok(())
}

async fn limits_are_brought_inside(context: &Context) -> Outcome {
    let store = context.open().await?;
    let max = limits::PAGE_EVENTS_MAX;
    put(&store, Append::new((0..max).map(|_| plain("bank.Noted")).collect())).await?;
    put(&store, one(plain("bank.Noted"))).await?;
    for (limit, expected) in [(0, 1), (max, max), (max + 1, max), (usize::MAX, max)] {
        let page = store.read(&Query::all(), ReadOptions::default().limit(limit)).await?;
        let found = page.events.len();
        ensure!(found == expected, "a page with the limit {limit} held {found} events, expected {expected}");
        ensure!(page.more, "a page with the limit {limit} did not say that more events follow");
    }
    Ok(())
}

/// What fits no page is read in several, however few events it is.
async fn a_page_is_bounded_in_bytes(context: &Context) -> Outcome {
    let store = context.open().await?;
    let payload = format!(r#""{}""#, "x".repeat(limits::PAGE_BYTES / 4));
    let mut log = Vec::new();
    for _ in 0..6 {
        let event = tagged("bank.Paid", &[("even", "yes")]).with_payload(payload.clone());
        log.extend(put(&store, one(event)).await?);
    }
    for query in [Query::all(), Query::from(with_tags(&[("even", "yes")]))] {
        for mut options in [ReadOptions::default(), ReadOptions::default().backward()] {
            let mut read = 0;
            loop {
                let page = store.read(&query, options).await?;
                let Some((last, before)) = page.events.split_last() else { break };
                read += page.events.len();
                let bytes: usize = before.iter().map(RecordedEvent::size_bytes).sum();
                ensure!(bytes < limits::PAGE_BYTES, "a page that held {bytes} bytes took in a further event");
                ensure!(page.more == (read < log.len()), "after {read} of {} events, more: {}", log.len(), page.more);
                if !page.more {
                    break;
                }
                options = options.following(last);
            }
            same("how many events were read", &read, &log.len())?;
        }
    }
    Ok(())
}

async fn pages_follow_each_other(context: &Context) -> Outcome {
    let (store, log) = ten(context).await?;
    for limit in 1..=11 {
        for query in [Query::all(), Query::from(with_tags(&[("even", "yes")]))] {
            let mut expected: Vec<_> = log.iter().filter(|event| query.matches(event)).cloned().collect();
            let found = read_all(&store, &query, ReadOptions::default().limit(limit)).await?;
            same("all pages forward", &positions(&found), &positions(&expected))?;
            expected.reverse();
            let found = read_all(&store, &query, ReadOptions::default().limit(limit).backward()).await?;
            same("all pages backward", &positions(&found), &positions(&expected))?;
        }
    }
    Ok(())
}

async fn no_page_hides_that_more_follow(context: &Context) -> Outcome {
    let (store, _) = ten(context).await?;
    for options in [ReadOptions::default(), ReadOptions::default().backward()] {
        for limit in 1..10 {
            let page = store.read(&Query::all(), options.limit(limit)).await?;
            ensure!(page.more, "a page of {limit} events out of 10 did not say that more follow ({options:?})");
        }
        for nothing in [Query::default(), with_tags(&[("even", "no")]).into()] {
            let page = store.read(&nothing, options).await?;
            ensure!(page.events.is_empty() && !page.more, "a page of {nothing:?} is not empty: {page:?}");
        }
    }
    Ok(())
}

async fn positions_beyond_the_log_are_allowed(context: &Context) -> Outcome {
    let (store, log) = ten(context).await?;
    let all: Vec<_> = (0..10).collect();
    let head = log[9].position.get();
    for far in [head + 1, head + 1000, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX].map(Position::new) {
        expect(&store, &log, ReadOptions::default().until(far), &all).await?;
        expect(&store, &log, ReadOptions::default().until(far).backward(), &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]).await?;
        expect(&store, &log, ReadOptions::default().after(log[9].position).until(far), &[]).await?;
        expect(&store, &log, ReadOptions::default().after(log[9].position).until(log[4].position), &[]).await?;
    }
    Ok(())
}

/// A stream of five events, each followed by one of another stream; every other one has a tag.
async fn five(context: &Context) -> Result<(AnyStore, Vec<RecordedEvent>), Failure> {
    let store = context.open().await?;
    let mut log = Vec::new();
    for number in 0..5 {
        let name = if number % 2 == 0 { "bank.Paid" } else { "bank.Noted" };
        let mut event = on(stream("a"), name);
        event.tags = tags(if number % 2 == 0 { &[("even", "yes")] } else { &[] });
        log.extend(put(&store, one(event)).await?);
        put(&store, one(on(stream("b"), name))).await?;
    }
    Ok((store, log))
}

/// Reads with these options must return what stands in `log`, a stream, at the places `expected`, through every query that
/// is of it.
async fn expect_of_stream(
    store: &AnyStore,
    log: &[RecordedEvent],
    options: ReadOptions,
    expected: &[usize],
) -> Outcome {
    let of = |mut item: QueryItem| {
        item.stream = Some(stream("a"));
        item
    };
    let ids = log.iter().map(|event| event.id);
    let queries = [
        Query::stream(stream("a")),
        of(QueryItem::types(["bank.Paid"])).into(),
        of(with_tags(&[("even", "yes")])).into(),
        of(QueryItem::ids(ids)).into(),
        Query::from(of(QueryItem::types(["bank.Noted"]))).or(of(with_tags(&[("even", "yes")]))),
    ];
    for query in queries {
        let wanted: Vec<_> =
            expected.iter().map(|at| &log[*at]).filter(|event| query.matches(event)).cloned().collect();
        found_as_wanted((&query, options), &read_all(store, &query, options).await?, &wanted)?;
    }
    Ok(())
}

async fn versions_bound_a_read_of_a_stream(context: &Context) -> Outcome {
    let (store, log) = five(context).await?;
    for limit in [1, 2, 1000] {
        let all = ReadOptions::default().limit(limit);
        for from in 1..=5 {
            let behind: Vec<_> = (from - 1..5).collect();
            expect_of_stream(&store, &log, all.from_version(from as u64), &behind).await?;
            for to in 1..=5 {
                let options = all.from_version(from as u64).to_version(to as u64);
                let mut between: Vec<_> = (from - 1..to).collect();
                expect_of_stream(&store, &log, options, &between).await?;
                between.reverse();
                expect_of_stream(&store, &log, options.backward(), &between).await?;
            }
            let until: Vec<_> = (0..from).collect();
            expect_of_stream(&store, &log, all.to_version(from as u64), &until).await?;
            // Positions narrow it further.
            let options = all.from_version(2).after(log[from - 1].position);
            expect_of_stream(&store, &log, options, &(from..5).collect::<Vec<_>>()).await?;
            let options = all.to_version(4).until(log[from - 1].position);
            expect_of_stream(&store, &log, options, &(0..from.min(4)).collect::<Vec<_>>()).await?;
        }
    }
    Ok(())
}

async fn versions_beyond_the_stream_are_allowed(context: &Context) -> Outcome {
    let (store, log) = five(context).await?;
    let all: Vec<_> = (0..5).collect();
    expect_of_stream(&store, &log, ReadOptions::default().from_version(0), &all).await?;
    expect_of_stream(&store, &log, ReadOptions::default().to_version(0), &[]).await?;
    for far in [6, 1000, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        expect_of_stream(&store, &log, ReadOptions::default().from_version(far), &[]).await?;
        expect_of_stream(&store, &log, ReadOptions::default().from_version(far).backward(), &[]).await?;
        expect_of_stream(&store, &log, ReadOptions::default().to_version(far), &all).await?;
        expect_of_stream(&store, &log, ReadOptions::default().from_version(far).to_version(2), &[]).await?;
    }
    let nobody = Query::stream(stream("nobody"));
    let page = store.read(&nobody, ReadOptions::default().from_version(1).to_version(3)).await?;
    ensure!(page.events.is_empty(), "a stream without events has some: {page:?}");
    Ok(())
}

/// A reader that handles a page has already requested the next one, and may take long. Other callers must not wait for that.
async fn pages_read_ahead_keep_nobody_waiting(context: &Context) -> Outcome {
    let (store, _) = ten(context).await?;
    let options = ReadOptions::default().limit(1);
    let mut readers: Vec<_> = (0..READERS).map(|_| Pages::new(&store, Query::all(), options)).collect();
    for pages in &mut readers {
        ensure!(pages.next().await?.is_some(), "a log of ten events has no first page");
    }
    put(&store, one(plain("bank.Noted"))).await?;
    for mut pages in readers {
        let mut read = 1;
        while let Some(page) = pages.next().await? {
            read += page.len();
        }
        // The last event came while the others were read.
        ensure!((10..=11).contains(&read), "{read} events of ten or eleven were read, page by page");
    }
    Ok(())
}
