//! What a collector gets of a program: trees of spans, and how they belong together.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod collector;
mod contents;
mod orders;
mod tree;
mod trees;
mod whole;

use std::sync::{Mutex, MutexGuard, PoisonError};

use eskit_otel::Traces;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::prelude::*;

use collector::Collector;

/// One test at a time: `tracing` keeps for the whole program which spans are wanted.
struct Alone(#[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

impl Alone {
    fn start() -> Alone {
        static ALONE: Mutex<()> = Mutex::new(());
        Alone(ALONE.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Exports the spans of this thread to a collector, while it lives.
struct Exported {
    collector: Collector,
    traces: Traces,
    _guard: DefaultGuard,
    _alone: Alone,
}

impl Exported {
    fn start() -> Exported {
        let _alone = Alone::start();
        let collector = Collector::start();
        let traces = Traces::export_to("campus", &collector.endpoint()).unwrap();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
        Exported { collector, traces, _guard: guard, _alone }
    }

    /// The collector, after all spans that have ended.
    fn flushed(&self) -> &Collector {
        self.traces.flush().unwrap();
        &self.collector
    }

    fn tree(&self) -> String {
        tree::tree(&self.flushed().spans())
    }
}
