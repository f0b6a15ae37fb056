//! What a condition costs one of many tenants: on the tag of its own that is hot, in a log of 1,000 tenants, against a log that it has alone.
//!
//! Both logs have as many events of the tenant; the shared one has those of the others around them. As in the row `condition`, an append with one
//! condition that fails writes nothing; put behind conditions that hold, it tells what those cost.

use std::time::Instant;

use eskit::EventStore;
use eskit::log::{
    Append, AppendError, Condition, ExpectedVersion, NewEvent, Position, Query, QueryItem, StreamId, Tag,
};
use eskit::tenant::{TenantId, Tenanted};
use eskit_sqlite::{Durability, SqliteOptions};
use tokio::runtime::Runtime;

use crate::log::open;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const TENANTS: usize = 1_000;
/// Conditions of one append besides the one that fails.
const CHECKS: usize = 63;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let open = |name| open(&runtime, &context.fresh(name)?, SqliteOptions::new().durability(Durability::Normal));
    let (alone, shared) = (open("tenants-alone")?, open("tenants-shared")?);
    let own = context.size(200, 20);
    for index in 0..own {
        runtime.block_on(fill(&*alone, 1, index))?;
        runtime.block_on(fill(&*shared, TENANTS, index))?;
    }
    let (alone, shared) = (tenant(&*alone, 0)?, tenant(&*shared, 0)?);
    let mut figures = Vec::new();
    for (case, item) in [("hot tag, absent type", hot as fn(usize) -> QueryItem), ("absent tag", absent)] {
        let rounds = context.size(200, 20);
        let runtime = &runtime;
        let paired = Paired::run(rounds, || refused(runtime, &shared, item), || refused(runtime, &alone, item))?;
        let (ours, theirs) = (Quantity::nanoseconds(paired.ours()), Quantity::nanoseconds(paired.theirs()));
        let figure = Figure::compared(case, ours, "one tenant alone", theirs, paired.ratio());
        figures.push(figure.bar(Bar::AtMost(1.2)));
    }
    Ok(Finding::Figures(figures))
}

fn tenant<S: EventStore>(store: &S, number: usize) -> Result<Tenanted<&S>, Failure> {
    Ok(Tenanted::new(store, TenantId::new(format!("t{number}"))?))
}

/// Appends five events of each tenant, all with one hot tag.
async fn fill<S: EventStore>(store: &S, tenants: usize, index: usize) -> Result<(), Failure> {
    for number in 0..tenants {
        let events = (0..5).map(|part| {
            let mut event = NewEvent::json("bench.StudentEnrolled", "{}");
            event.tags.push("course", "hot");
            event.tags.push("student", index * 5 + part);
            event
        });
        tenant(store, number)?.append(Append::new(events.collect())).await?;
    }
    Ok(())
}

fn hot(check: usize) -> QueryItem {
    QueryItem::types([format!("bench.Absent{check}")]).with_tag(Tag::new("course", "hot"))
}

fn absent(check: usize) -> QueryItem {
    QueryItem::types(["bench.StudentEnrolled"]).with_tag(Tag::new("student", format!("absent{check}")))
}

/// The nanoseconds of an append that is refused after conditions that hold.
fn refused<S: EventStore>(runtime: &Runtime, store: &S, item: fn(usize) -> QueryItem) -> Result<f64, Failure> {
    let holds = |check| Condition::NoEvents { query: Query::from(item(check)), after: Position::START };
    let fails = Condition::Stream { stream: StreamId::new("none", "none"), expected: ExpectedVersion::Exact(1) };
    let append = (0..CHECKS).fold(Append::new(vec![NewEvent::json("bench.StudentEnrolled", "{}")]), |append, check| {
        append.with(holds(check))
    });
    let started = Instant::now();
    match runtime.block_on(store.append(append.with(fails))) {
        Err(AppendError::Conflict(_)) => Ok(started.elapsed().as_nanos() as f64),
        other => Err(format!("the append was to be refused by its last condition: {other:?}").into()),
    }
}
