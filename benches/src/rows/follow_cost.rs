//! What subscriptions that follow a SQLite log take from those who append to it, in the same process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use eskit::{App, RecordedEvent, projection};
use eskit_sqlite::{SqliteOptions, SqliteStore, SqliteViews};
use tokio::runtime::Runtime;

use crate::account::Deposited;
use crate::followers::with_followers;
use crate::log::{open, stream_appends_per_second};
use crate::rows::follow_live::Closed;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

const CALLERS: usize = 64;
const SUBSCRIPTIONS: usize = 50;

/// A row for each event of the log.
struct Journal;

#[projection(name = "journal")]
impl Journal {
    #[tables]
    const SQL: &str = "CREATE TABLE journal (pos INTEGER PRIMARY KEY, payload BLOB NOT NULL)";

    #[on]
    fn every(&self, recorded: &RecordedEvent, tx: &mut eskit_sqlite::Tx) -> rusqlite::Result<()> {
        let mut insert = tx.prepare_cached("INSERT INTO journal VALUES (?1, ?2)")?;
        insert.execute((recorded.position.get().cast_signed(), &recorded.payload[..]))?;
        Ok(())
    }
}

type Subscribe = fn(App<Arc<SqliteStore>>, SqliteViews) -> App<Arc<SqliteStore>>;

/// The bar is for following alone. What handlers do takes the processors too, and the more so the fewer there are.
const CASES: [(&str, Option<f64>, Subscribe); 3] = [
    ("50 subscriptions to other events", Some(0.9), |app, views| with_followers!(app, views, SUBSCRIPTIONS, Closed)),
    ("the same, one of which stores each event", None, |app, views| {
        let app = with_followers!(app, views.clone(), SUBSCRIPTIONS - 1, Closed);
        app.with_projection(Journal, views)
    }),
    ("50 subscriptions to each event", None, |app, views| with_followers!(app, views, SUBSCRIPTIONS, Deposited)),
];

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let figures = CASES.iter().map(|(case, bar, subscribe)| {
        let figure = compare(context, &runtime, case, *subscribe)?;
        Ok(bar.map(Bar::AtLeast).into_iter().fold(figure, Figure::bar))
    });
    Ok(Finding::Figures(figures.collect::<Result<_, Failure>>()?))
}

fn compare(context: &Context, runtime: &Runtime, case: &str, subscribe: Subscribe) -> Result<Figure, Failure> {
    let alone = open(runtime, &context.fresh("alone")?, SqliteOptions::new())?;
    let store = open(runtime, &context.fresh("followed")?, SqliteOptions::new())?;
    let views = runtime.block_on(SqliteViews::open(context.fresh("views")?.join("views.db")))?;
    let rounds = AtomicU32::new(0);
    let appends_per_second = |store: &Arc<SqliteStore>| {
        stream_appends_per_second(context, runtime, store, CALLERS, rounds.fetch_add(1, Ordering::Relaxed))
    };
    let paired = Paired::run(
        context.rounds(),
        || {
            // From where they have come to, they first catch up; then they follow.
            let app = subscribe(App::new(Arc::clone(&store)), views.clone());
            let app = runtime.block_on(app.start())?;
            let rate = appends_per_second(&store);
            runtime.block_on(app.stop().into_future())?;
            rate
        },
        || appends_per_second(&alone),
    )?;
    let (ours, theirs) = (Quantity::per_second(paired.ours()), Quantity::per_second(paired.theirs()));
    Ok(Figure::compared(case, ours, "no subscriptions", theirs, paired.ratio()))
}
