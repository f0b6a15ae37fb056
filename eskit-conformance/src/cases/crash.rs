//! What is left of a log whose writer was killed amid its work.

use std::time::Duration;

use eskit_runtime::EventStore;

use super::{Case, cases};
use crate::context::Context;
use crate::crash::{self, Writer};
use crate::failure::{Failure, Outcome, same};
use crate::sample::{one, plain, put, whole};

pub(super) const CASES: &[Case] = cases![
    "crash": what_was_confirmed_survives_a_kill(Process),
];

async fn what_was_confirmed_survives_a_kill(context: &Context) -> Outcome {
    let log = context.log();
    let writers = if context.harness().is_shared { 2 } else { 1 };
    let mut confirmed = Vec::new();
    for round in 0..context.repeats(12) {
        let mut rng = context.rng(round);
        let mut processes = Vec::new();
        for number in 0..writers {
            processes.push(Writer::start(context, &log, round * writers + number, rng.next())?);
        }
        for process in &mut processes {
            process.noted(context, 3).await?;
        }
        for process in processes {
            tokio::time::sleep(Duration::from_micros(rng.below(20_000))).await;
            let noted = process.kill()?;
            context.tally().kill();
            context.tally().commits(noted.len());
            confirmed.extend(noted);
        }
        let store = context.open_log(&log).await?;
        let found = whole(&store).await?;
        let told = |failure: Failure| failure.during(format!("after kill {}", (round + 1) * writers));
        crash::check(&found, &confirmed, context.harness().is_contiguous).map_err(told)?;
        let head = store.head().await?;
        same("the head after a kill", &Some(head), &found.last().map(|event| event.position))?;
        put(&store, one(plain("crash.Noted"))).await?;
    }
    Ok(())
}
