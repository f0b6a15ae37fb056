//! A disk that is full, or that fails to make written data last, amid the work of several callers.

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::fault::Fault;
use crate::storm::{self, Scene};

pub(super) const CASES: &[Case] = cases![
    "faults": what_was_confirmed_survives_a_full_disk(FullDisk),
    what_was_confirmed_survives_a_failed_sync(FailedSync),
    a_full_disk_leaves_nothing_by_halves(FullDisk),
    a_failed_sync_leaves_nothing_by_halves(FailedSync),
    what_a_full_disk_refused_is_not_there(FullDisk),
    what_a_failed_sync_refused_is_not_there(FailedSync),
    a_full_disk_is_told(FullDisk),
    a_failed_sync_is_told(FailedSync),
    reads_stay_right_on_a_full_disk(FullDisk),
    reads_stay_right_while_syncs_fail(FailedSync),
    appends_go_on_after_a_full_disk(FullDisk),
    appends_go_on_after_a_failed_sync(FailedSync),
    repeats_after_a_full_disk_go_in_once(FullDisk),
    repeats_after_a_failed_sync_go_in_once(FailedSync),
];

/// Rounds of a race that cost as much as one storm.
const COST: u32 = 6;

async fn what_was_confirmed_survives_a_full_disk(context: &Context) -> Outcome {
    survives(context, Fault::FullDisk).await
}

async fn what_was_confirmed_survives_a_failed_sync(context: &Context) -> Outcome {
    survives(context, Fault::FailedSync).await
}

async fn survives(context: &Context, fault: Fault) -> Outcome {
    let is_contiguous = context.harness().is_contiguous;
    let mut scene = Scene::new(context, fault);
    for round in 0..context.repeats(COST) {
        scene.storm(round, false).await?;
        let log = scene.reopened().await?;
        storm::confirmed(&log, scene.sent()).map_err(after(round))?;
        storm::order(&log, is_contiguous).map_err(after(round))?;
    }
    Ok(())
}

async fn a_full_disk_leaves_nothing_by_halves(context: &Context) -> Outcome {
    nothing_by_halves(context, Fault::FullDisk).await
}

async fn a_failed_sync_leaves_nothing_by_halves(context: &Context) -> Outcome {
    nothing_by_halves(context, Fault::FailedSync).await
}

async fn nothing_by_halves(context: &Context, fault: Fault) -> Outcome {
    let mut scene = Scene::new(context, fault);
    for round in 0..context.repeats(COST) {
        scene.storm(round, false).await?;
        let log = scene.reopened().await?;
        storm::halves(&log, scene.sent()).map_err(after(round))?;
    }
    Ok(())
}

async fn what_a_full_disk_refused_is_not_there(context: &Context) -> Outcome {
    refused_is_not_there(context, Fault::FullDisk).await
}

async fn what_a_failed_sync_refused_is_not_there(context: &Context) -> Outcome {
    refused_is_not_there(context, Fault::FailedSync).await
}

async fn refused_is_not_there(context: &Context, fault: Fault) -> Outcome {
    let mut scene = Scene::new(context, fault);
    for round in 0..context.repeats(COST) {
        scene.storm(round, false).await?;
        let log = scene.reopened().await?;
        storm::refused(&log, scene.sent()).map_err(after(round))?;
    }
    Ok(())
}

async fn a_full_disk_is_told(context: &Context) -> Outcome {
    is_told(context, Fault::FullDisk).await
}

async fn a_failed_sync_is_told(context: &Context) -> Outcome {
    is_told(context, Fault::FailedSync).await
}

async fn is_told(context: &Context, fault: Fault) -> Outcome {
    let mut scene = Scene::new(context, fault);
    for round in 0..context.repeats(COST) {
        let earlier = scene.storm(round, false).await?;
        storm::told(fault, &scene.sent()[earlier..]).map_err(after(round))?;
        scene.reopened().await?;
    }
    Ok(())
}

async fn reads_stay_right_on_a_full_disk(context: &Context) -> Outcome {
    reads_stay_right(context, Fault::FullDisk).await
}

async fn reads_stay_right_while_syncs_fail(context: &Context) -> Outcome {
    reads_stay_right(context, Fault::FailedSync).await
}

async fn reads_stay_right(context: &Context, fault: Fault) -> Outcome {
    let mut scene = Scene::new(context, fault);
    for round in 0..context.repeats(COST) {
        scene.storm(round, true).await.map_err(after(round))?;
        scene.reopened().await?;
    }
    Ok(())
}

async fn appends_go_on_after_a_full_disk(context: &Context) -> Outcome {
    appends_go_on(context, Fault::FullDisk).await
}

async fn appends_go_on_after_a_failed_sync(context: &Context) -> Outcome {
    appends_go_on(context, Fault::FailedSync).await
}

/// Also through a handle that did not fail closed: what it confirms from then on must be as durable as ever.
async fn appends_go_on(context: &Context, fault: Fault) -> Outcome {
    let is_contiguous = context.harness().is_contiguous;
    let mut scene = Scene::new(context, fault);
    for round in 0..context.repeats(COST) {
        scene.storm(round, false).await?;
        scene.go_on().await.map_err(after(round))?;
        let log = scene.reopened().await?;
        storm::confirmed(&log, scene.sent()).map_err(after(round))?;
        storm::order(&log, is_contiguous).map_err(after(round))?;
    }
    Ok(())
}

async fn repeats_after_a_full_disk_go_in_once(context: &Context) -> Outcome {
    repeats_go_in_once(context, Fault::FullDisk).await
}

async fn repeats_after_a_failed_sync_go_in_once(context: &Context) -> Outcome {
    repeats_go_in_once(context, Fault::FailedSync).await
}

async fn repeats_go_in_once(context: &Context, fault: Fault) -> Outcome {
    let mut scene = Scene::new(context, fault);
    for round in 0..context.repeats(COST) {
        let earlier = scene.storm(round, false).await?;
        scene.go_on().await.map_err(after(round))?;
        scene.send_again(earlier).await.map_err(after(round))?;
        let log = scene.reopened().await?;
        storm::confirmed(&log, scene.sent()).map_err(after(round))?;
        storm::halves(&log, scene.sent()).map_err(after(round))?;
    }
    Ok(())
}

/// Says in which round a failure arose.
fn after(round: u32) -> impl Fn(Failure) -> Failure {
    move |failure| failure.during(format!("in round {} of a failing disk", round + 1))
}
