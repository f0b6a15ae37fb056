//! What concurrent clients are told could have happened one call after the other.

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::history::{self, Recorder};
use crate::sample::whole;

pub(super) const CASES: &[Case] = cases![
    "history": concurrent_calls_are_linearizable,
    calls_through_several_handles_are_linearizable(Shared),
];

const CLIENTS: u64 = 8;
const CALLS: u32 = 40;

async fn concurrent_calls_are_linearizable(context: &Context) -> Outcome {
    run(context, 1).await
}

async fn calls_through_several_handles_are_linearizable(context: &Context) -> Outcome {
    run(context, 3).await
}

async fn run(context: &Context, handles: usize) -> Outcome {
    for round in 0..context.repeats(6) {
        let mut rng = context.rng(round);
        let log = context.log();
        let mut stores = Vec::with_capacity(handles);
        for _ in 0..handles {
            stores.push(context.open_log(&log).await?);
        }
        let recorder = Recorder::default();
        let clients = (0..CLIENTS).map(|number| {
            let store = stores[number as usize % handles].clone();
            history::client(recorder.clone(), store, rng.fork(number), CALLS)
        });
        context.together("a history", clients.collect::<Vec<_>>()).await?;
        let log = whole(&stores[0]).await?;
        let checked = history::check(&log, recorder.finish());
        checked.map_err(|failure: Failure| failure.during(format!("history {round}")))?;
    }
    Ok(())
}
