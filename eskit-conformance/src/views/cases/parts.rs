//! A subscription that is divided by key.

use eskit_runtime::log::LogId;
use eskit_runtime::subscription::{Apply, Batch, Partition, Views};

use super::cases;
use crate::failure::{Failure, Outcome, same};
use crate::views::context::ViewsContext;
use crate::views::model_log::ModelLog;
use crate::views::probe::{Probe, Stops, rows_of};
use crate::views::scene::{claim, subscription};
use crate::views::target::TestViews;

cases![
    "parts": each_part_has_a_claim_and_a_checkpoint,
    parts_write_to_one_read_model,
];

const COUNT: u32 = 3;

async fn each_part_has_a_claim_and_a_checkpoint<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let (log, events) = (LogId::new(), ModelLog::of_keys(12).events());
    let probe = Probe::<T, Stops>::new();
    for index in [2, 0, 1] {
        let mut part = subscription::<T, Stops>(log);
        part.partition = Partition { index, count: COUNT };
        let claim = claim::<T>(&views, &part).await?;
        let batch = Batch::new(vec![events[index as usize].clone()], events[index as usize].place());
        views.apply(&claim, &probe, &batch).await?;
        views.release(claim).await;
    }
    let found = context.checkpoints::<Stops>(&views).await?;
    let found: Vec<_> = found.into_iter().map(|found| (found.partition, found.place)).collect();
    let expected = |index: u32| (Partition { index, count: COUNT }, events[index as usize].place());
    same("the checkpoints of the parts", &found, &(0..COUNT).map(expected).collect())
}

async fn parts_write_to_one_read_model<T: TestViews>(context: &ViewsContext<T>) -> Outcome {
    let views = context.open_at(&context.log()).await?;
    let (log, events) = (LogId::new(), ModelLog::of_keys(36).events());
    let mut parts = Vec::new();
    for index in 0..COUNT {
        let mut part = subscription::<T, Stops>(log);
        part.partition = Partition { index, count: COUNT };
        let mut claim = claim::<T>(&views, &part).await?;
        // The keys `a`, `b` and `c` stand in turn.
        let own: Vec<_> = events.iter().skip(index as usize).step_by(COUNT as usize).cloned().collect();
        let views = views.clone();
        parts.push(async move {
            let probe = Probe::<T, Stops>::new();
            for events in own.chunks(4) {
                let batch = Batch::new(events.to_vec(), events[events.len() - 1].place());
                views.apply(&claim, &probe, &batch).await?;
                claim.checkpoint.place = batch.to;
                tokio::task::yield_now().await;
            }
            Ok::<_, Failure>(claim)
        });
    }
    for claim in context.together("three parts of a subscription", parts).await? {
        views.activate(&claim).await?;
        views.release(claim).await;
    }
    same("the rows that three parts wrote", &context.rows::<Stops>(&views).await?, &rows_of(&events))
}
