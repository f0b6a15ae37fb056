//! What it costs to check an append condition, as the log grows.
//!
//! An append with one condition that fails writes nothing. Put behind many conditions that hold, it tells what these
//! cost: the time of the append with them, less that without, divided by their number.

use std::time::{Duration, Instant};

use eskit::EventStore;
use eskit::log::{
    Append, AppendError, Condition, ExpectedVersion, NewEvent, Position, Query, QueryItem, StreamId, Tag,
};
use eskit_sqlite::{Durability, SqliteOptions};
use tokio::runtime::Runtime;

use crate::log::{open, payload};
use crate::postgres;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::median;
use eskit_bench_harness::{Failure, disk};

/// Conditions of one append besides the one that fails: the most that the contract allows.
const CHECKS: usize = 63;
/// Every tenth event carries the hot tag.
const HOT_EVERY: u64 = 10;
const EVENTS_PER_APPEND: u64 = 5000;

/// Runs the row on SQLite.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    // How the log is filled does not matter here; without syncs it is filled sooner.
    let open = |name| {
        let folder = context.fresh(name)?;
        Ok::<_, Failure>((open(&runtime, &folder, SqliteOptions::new().durability(Durability::Normal))?, folder))
    };
    let ((few, _), (store, folder)) = (open("condition-few")?, open("condition")?);
    let sizes = context.size(&[10_000, 100_000, 1_000_000, 5_000_000][..], &[10_000, 50_000]);
    measure(context, &runtime, [&*few, &*store], sizes, Some(Bar::AtMost(10_000.0)), || disk::settle(&folder))
}

/// Runs the row on PostgreSQL.
pub(crate) fn run_postgres(context: &Context) -> Result<Finding, Failure> {
    let Some(cluster) = postgres::start(context)? else { return Ok(Finding::Skipped(postgres::NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let (few, store) = (postgres::open(&runtime, &cluster, "few")?, postgres::open(&runtime, &cluster, "eskit")?);
    let sizes = context.size(&[10_000, 1_000_000][..], &[10_000, 50_000]);
    // The server writes to the disk at its own pace.
    measure(context, &runtime, [&*few, &*store], sizes, None, || Ok(()))
}

/// Fills a log to each of these sizes, lets it settle, and measures what a check costs then, which this bar is for, taking turns
/// with another log that keeps the first size.
fn measure<S: EventStore>(
    context: &Context,
    runtime: &Runtime,
    [few, store]: [&S; 2],
    sizes: &[u64],
    bar: Option<Bar>,
    settle: impl Fn() -> Result<(), Failure>,
) -> Result<Finding, Failure> {
    let (mut figures, mut growths) = (Vec::new(), Vec::new());
    runtime.block_on(fill(few, 0, sizes[0]))?;
    let mut filled = 0;
    for &events in sizes {
        runtime.block_on(fill(store, filled, events))?;
        filled = events;
        settle()?;
        for shape in SHAPES {
            let [cost, first] = costs(runtime, [store, few], shape, context.size(400, 40))?;
            let case = format!("{}, {events} events", shape.name);
            let figure = Figure::absolute(case, Quantity::nanoseconds(cost));
            figures.push(bar.filter(|_| shape.is_judged).into_iter().fold(figure, Figure::bar));
            if Some(&events) == sizes.last() {
                growths.push(growth(shape, sizes[0], first, events, cost));
            }
        }
    }
    figures.append(&mut growths);
    Ok(Finding::Figures(figures))
}

fn growth(shape: &Shape, few: u64, first: f64, many: u64, last: f64) -> Figure {
    let case = format!("{}, growth", shape.name);
    let (last_cost, first_cost) = (Quantity::nanoseconds(last), Quantity::nanoseconds(first));
    let against = format!("{many} events against {few}");
    let figure = Figure::compared(case, last_cost, against, first_cost, last / first);
    if shape.is_judged { figure.bar(Bar::AtMost(1.5)) } else { figure }
}

/// A shape of condition that holds.
struct Shape {
    name: &'static str,
    /// Whether the bars are for it.
    is_judged: bool,
    query: fn(usize) -> QueryItem,
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "absent tag",
        is_judged: true,
        query: |check| enrolled().with_tag(Tag::new("course", format!("absent{check}"))),
    },
    Shape {
        name: "hot tag, absent type",
        is_judged: true,
        query: |check| QueryItem::types([format!("bench.Absent{check}")]).with_tag(Tag::new("course", "hot")),
    },
    Shape {
        name: "hot tag and absent tag",
        is_judged: true,
        query: |check| {
            let student = Tag::new("student", format!("absent{check}"));
            enrolled().with_tag(Tag::new("course", "hot")).with_tag(student)
        },
    },
    Shape {
        name: "hot tag and rare tag",
        is_judged: true,
        // Students with odd numbers are in no hot course.
        query: |check| {
            let student = Tag::new("student", (check * 2 + 1).to_string());
            enrolled().with_tag(Tag::new("course", "hot")).with_tag(student)
        },
    },
    Shape {
        name: "hot tag and growing tag",
        // No event is in two courses, so each event of the rarer one, about one in ten thousand, is looked at.
        is_judged: false,
        query: |check| {
            let course = Tag::new("course", (check + 1).to_string());
            enrolled().with_tag(Tag::new("course", "hot")).with_tag(course)
        },
    },
];

fn enrolled() -> QueryItem {
    QueryItem::types(["bench.StudentEnrolled"])
}

async fn fill(store: &impl EventStore, from: u64, to: u64) -> Result<(), Failure> {
    let mut next = from;
    while next < to {
        let until = to.min(next + EVENTS_PER_APPEND);
        let events = (next..until).map(|number| {
            let mut event = NewEvent::json("bench.StudentEnrolled", payload(number));
            event.tags.push("student", number);
            if number % HOT_EVERY == 0 {
                event.tags.push("course", "hot");
            } else {
                event.tags.push("course", number % 9973);
            }
            event
        });
        store.append(Append::new(events.collect())).await?;
        next = until;
    }
    Ok(())
}

/// The nanoseconds that one check of this shape takes in each of two logs, which take turns.
fn costs<S: EventStore>(runtime: &Runtime, stores: [&S; 2], shape: &Shape, rounds: usize) -> Result<[f64; 2], Failure> {
    let mut differences = [Vec::with_capacity(rounds), Vec::with_capacity(rounds)];
    for _ in 0..rounds {
        for (store, differences) in stores.iter().zip(&mut differences) {
            let with = runtime.block_on(refused(*store, checks(shape)))?;
            let without = runtime.block_on(refused(*store, Vec::new()))?;
            differences.push((with.as_nanos() as f64 - without.as_nanos() as f64) / CHECKS as f64);
        }
    }
    Ok(differences.map(|differences| median(&differences)))
}

fn checks(shape: &Shape) -> Vec<Condition> {
    let condition = |check| Condition::NoEvents { query: Query::from((shape.query)(check)), after: Position::START };
    (0..CHECKS).map(condition).collect()
}

/// How long an append takes that is refused by the last of its conditions.
async fn refused(store: &impl EventStore, conditions: Vec<Condition>) -> Result<Duration, Failure> {
    let stream = StreamId::new("account", "never-written");
    let last = Condition::Stream { stream, expected: ExpectedVersion::Exact(1) };
    let mut append = Append::new(vec![NewEvent::json("bench.Refused", payload(0))]);
    append.conditions = conditions;
    append.conditions.push(last);
    let started = Instant::now();
    match store.append(append).await {
        Err(AppendError::Conflict(conflict)) if matches!(conflict.kind, eskit::log::ConflictKind::Stream { .. }) => {
            Ok(started.elapsed())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err("an append whose last condition fails was taken".into()),
    }
}
