//! PostgreSQL: one event with two tags, under the condition that no event of its type has both, against one lock for
//! the whole log; and that the condition holds when everyone appends under one tag.

use std::sync::Arc;

use eskit::EventStore;
use eskit::log::{Append, AppendError, Condition, NewEvent, Pages, Position, Query, QueryItem, ReadOptions, Tag};
use eskit_postgres::PostgresStore;

use crate::log::{COURSES, TAGGED_EVENT, course_and_student, payload, unique_appends_per_second};
use crate::peers::postgres_lock::Locked;
use crate::postgres::{NOT_FOUND, open, start};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::drive::calls_per_second;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const CALLERS: usize = 32;
const EVENTS_PER_APPEND: u64 = 5000;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = start(context)? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let events = context.size(1_000_000, 20_000);
    let store = open(&runtime, &cluster, "eskit")?;
    runtime.block_on(fill(&store, events))?;
    let locked = Arc::new(runtime.block_on(Locked::open(&cluster, CALLERS, events, COURSES))?);
    let (mut our_round, mut their_round) = (0, 0);
    let paired = Paired::run(
        context.rounds(),
        || {
            our_round += 1;
            unique_appends_per_second(context, &runtime, &store, CALLERS, our_round)
        },
        || {
            their_round += 1;
            let locked = locked.clone();
            calls_per_second(&runtime, CALLERS, context.round_time(), move |caller, number| {
                let (locked, [course, student]) = (locked.clone(), course_and_student(their_round, caller, number));
                let tags = [format!("course:{course}"), format!("student:{student}")];
                async move { locked.append_unique(caller, tags, number).await }
            })
        },
    )?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    let case = format!("{CALLERS} callers, {events} events before");
    let speed = Figure::compared(case, ours, "one lock, by hand", theirs, paired.ratio()).bar(Bar::AtLeast(2.5));
    Ok(Finding::Figures(vec![speed, hot_tag(context, &store)?]))
}

async fn fill(store: &PostgresStore, events: u64) -> Result<(), Failure> {
    for from in (0..events).step_by(usize::try_from(EVENTS_PER_APPEND)?) {
        let batch = (from..events.min(from + EVENTS_PER_APPEND)).map(|number| {
            let mut event = NewEvent::json(TAGGED_EVENT, payload(number));
            event.tags.push("course", format!("c{}", number % COURSES));
            event.tags.push("student", format!("p{number}"));
            event
        });
        store.append(Append::new(batch.collect())).await?;
    }
    Ok(())
}

/// Everyone looks for the last event of one course and appends under the condition that it still is the last, which it
/// records. Counts the events that do not record the one before them.
fn hot_tag(context: &Context, store: &Arc<PostgresStore>) -> Result<Figure, Failure> {
    let runtime = context.runtime()?;
    let racing = store.clone();
    calls_per_second(&runtime, CALLERS, context.round_time() * 3, move |_, _| {
        let store = racing.clone();
        async move {
            let last = store.read(&hot(), ReadOptions::default().backward().limit(1)).await?;
            let after = last.events.last().map_or(Position::START, |event| event.position);
            let mut event = NewEvent::json(TAGGED_EVENT, after.get().to_string().into_bytes());
            event.tags.push("course", "hot");
            let condition = Condition::NoEvents { query: hot(), after };
            match store.append(Append::new(vec![event]).with(condition)).await {
                Ok(_) | Err(AppendError::Conflict(_)) => Ok(()),
                Err(error) => Err(error.into()),
            }
        }
    })?;
    let (mut before, mut events, mut violations) = (Position::START, 0_u32, 0_u32);
    let mut pages = Pages::new(&**store, hot(), ReadOptions::default());
    while let Some(page) = runtime.block_on(pages.next())? {
        for event in page {
            let recorded: u64 = serde_json::from_slice(&event.payload)?;
            violations += u32::from(recorded != before.get());
            (before, events) = (event.position, events + 1);
        }
    }
    if events == 0 {
        return Err("no event was appended under the hot tag".into());
    }
    let case = format!("one tag, {CALLERS} callers, violations in {events} appends");
    Ok(Figure::absolute(case, Quantity::count(f64::from(violations))).bar(Bar::AtMost(0.0)))
}

fn hot() -> Query {
    Query::from(QueryItem::types([TAGGED_EVENT]).with_tag(Tag::new("course", "hot")))
}
