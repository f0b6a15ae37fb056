//! What is left of views whose process was killed amid its work, and who goes on.

use std::time::Duration;

use eskit_runtime::EventStore;
use eskit_runtime::log::{LogId, Position};
use eskit_runtime::subscription::{Claimed, Views};

use super::cases;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::follower::{Follower, activate};
use crate::views::model_log::ModelLog;
use crate::views::probe::{Probe, Stops, rows_of};
use crate::views::process::{Process, Work};
use crate::views::scene::{claim_in_time, subscription};
use crate::views::target::TestViews;

cases![
    "crash": a_killed_process_loses_and_repeats_nothing(Process),
];

/// How many events each process should handle before it is killed.
const EVENTS: u64 = 60;

async fn a_killed_process_loses_and_repeats_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let (place, rounds) = (context.log(), context.repeats(12));
    let views = context.open_at(&place).await?;
    let work = Work { log: LogId::new(), seed: context.seed(), events: (u64::from(rounds) * 2 * EVENTS) as usize };
    let store = ModelLog::seeded(work.log, work.seed, work.events);
    let subscription = subscription::<T, Stops>(work.log);
    activate::<T>(&views, &subscription).await?;
    let mut last = 0;
    for round in 0..rounds {
        let target = last + 1 + context.rng(round).below(EVENTS);
        let mut process = Process::start(context, &place, &work)?;
        let waiting = async {
            while context.checkpoint::<Stops>(&views).await?.place.position < Position::new(target) {
                process.check_alive()?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok::<_, Failure>(())
        };
        context.within(&format!("another process, which must handle position {target}"), waiting).await??;
        let claimed = views.claim(&subscription).await?;
        ensure!(matches!(claimed, Claimed::Standby(_)), "a claim that another process holds was given to this one");
        process.kill()?;
        context.tally().kill();
        let claim = claim_in_time(context, &views, &subscription).await?;
        last = claim.checkpoint.place.position.get();
        ensure!(last >= target, "the checkpoint was at position {target}, and after the kill at {last}");
        let events = store.events();
        let handled = events.iter().filter(|event| event.position.get() <= last);
        let what = format!("the rows at position {last}, after kill {}", round + 1);
        same(&what, &context.rows::<Stops>(&views).await?, &rows_of(handled))?;
        views.release(claim).await;
    }
    let follower = Follower::start(&store, &views, &Probe::<T, Stops>::new(), 100);
    follower.reached(context, store.head().await?.position).await?;
    follower.stop(context).await?;
    same("the rows at the end", &context.rows::<Stops>(&views).await?, &rows_of(&store.events()))
}
