//! NATS, three servers: a command whose state is cached, one after the other, against publishes of the same size to a stream without eskit, each
//! under the condition that nothing follows the one before it.

use std::sync::Arc;
use std::time::Instant;

use eskit::App;

use crate::account::{Account, commands_per_second, filled};
use crate::nats::{NOT_FOUND, Servers};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let Some(servers) = Servers::three()? else { return Ok(Finding::Skipped(NOT_FOUND.to_owned())) };
    let runtime = context.runtime()?;
    let accounts = context.size(400, 40);
    let app = filled(&runtime, servers.open(&runtime, "execute")?, accounts)?;
    let app = Arc::new(App::clone(&app).with_state_cache::<Account>(accounts));
    commands_per_second(&runtime, &app, accounts, 1)?;
    let (plain, mut published) = (servers.plain(&runtime, "plain")?, 0_u64);
    let paired = Paired::run(
        context.rounds(),
        || commands_per_second(&runtime, &app, accounts, 1).map(|rate| 1000.0 / rate),
        || {
            let (started, before) = (Instant::now(), published);
            while started.elapsed() < context.round_time() {
                runtime.block_on(plain.publish_after(published))?;
                published += 1;
            }
            Ok(started.elapsed().as_secs_f64() * 1000.0 / (published - before) as f64)
        },
    )?;
    let (ours, theirs) = (Quantity::milliseconds(paired.ours()), Quantity::milliseconds(paired.theirs()));
    let figure =
        Figure::compared("1 caller, states cached", ours, "a publish under a condition", theirs, paired.ratio());
    Ok(Finding::Figures(vec![figure.bar(Bar::AtMost(1.5))]))
}
