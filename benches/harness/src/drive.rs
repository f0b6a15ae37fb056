//! Callers that each append one after the other, all at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::Failure;

/// Starts `callers` tasks that call `append` with their number and the count of their own calls so far, one call after
/// the other, for this long. Returns the calls a second of all callers together.
pub fn calls_per_second<F, R>(runtime: &Runtime, callers: usize, time: Duration, append: F) -> Result<f64, Failure>
where
    F: Fn(usize, u64) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<(), Failure>> + Send,
{
    let stop = Arc::new(AtomicBool::new(false));
    runtime.block_on(async {
        let started = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let (stop, append) = (Arc::clone(&stop), append.clone());
                tokio::spawn(async move {
                    let mut calls = 0;
                    while !stop.load(Ordering::Relaxed) {
                        append(caller, calls).await?;
                        calls += 1;
                    }
                    Ok::<u64, Failure>(calls)
                })
            })
            .collect();
        tokio::time::sleep(time).await;
        stop.store(true, Ordering::Relaxed);
        let mut calls = 0;
        for task in tasks {
            calls += task.await??;
        }
        Ok(calls as f64 / started.elapsed().as_secs_f64())
    })
}
