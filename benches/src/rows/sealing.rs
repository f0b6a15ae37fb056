//! What personal data costs: sealing an event with one personal value, and what events without any pay for a layer that seals.
//!
//! All in memory, so that nothing hides it, and in processor time, so that other programs do not count: nothing waits.

use std::hint::black_box;
use std::sync::Arc;

use eskit::layer::Sealing;
use eskit::log::{Append, EventId, NewEvent};
use eskit::prelude::*;
use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};
use tokio::runtime::Runtime;

use crate::log::{STREAM_EVENT, payload, read_all};
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::Paired;
use eskit_bench_harness::{Failure, cpu};

#[derive(Event, Serialize, Deserialize)]
#[event(name = "bench.Registered")]
struct Registered {
    #[tag]
    student: String,
    #[personal(subject = "student")]
    name: Option<String>,
    seats: u32,
}

/// Appends of one round.
const TIMES: usize = 2_000;
/// Events of the log that is read.
const EVENTS: u64 = 10_000;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let runtime = context.runtime()?;
    let rounds = context.size(101, 5);
    let registered = Registered { student: "s-4711".into(), name: Some("Ada Lovelace".into()), seats: 1 };
    let sealed = NewEvent::encode(&registered)?;
    let plain: Vec<NewEvent> = sealed.iter().map(|event| event.clone().with_personal(Vec::new())).collect();

    let vault = Vault::new(MemoryKeyStore::new(), LocalMasterKey::from_bytes("bench", [7; 32]));
    let store = || Sealing::new(MemoryStore::new(), vault.clone());
    let appended = |events: &[NewEvent]| append(&runtime, &store(), events);
    let sealing = Paired::run(rounds, || appended(&sealed), || appended(&plain))?;
    let cost = Quantity::nanoseconds(sealing.ours() - sealing.theirs());
    let mut figures = vec![Figure::absolute("sealing one value of an event", cost).bar(Bar::AtMost(5_000.0))];

    let bare = Arc::new(MemoryStore::new());
    let events = (0..EVENTS).map(|number| NewEvent::json(STREAM_EVENT, payload(number)));
    for page in events.collect::<Vec<_>>().chunks(1_000) {
        runtime.block_on(bare.append(Append::new(page.to_vec())))?;
    }
    let layered = Sealing::new(Arc::clone(&bare), vault.clone());
    let reading = Paired::run(rounds, || read(&runtime, &layered), || read(&runtime, &*bare))?;
    figures.push(against_none("events without personal values, read", &reading));
    let appending = Paired::run(rounds, || appended(&plain), || append(&runtime, &MemoryStore::new(), &plain))?;
    figures.push(against_none("events without personal values, appended one by one", &appending));
    Ok(Finding::Figures(figures))
}

fn against_none(case: &str, paired: &Paired) -> Figure {
    let (ours, theirs) = (Quantity::nanoseconds(paired.ours()), Quantity::nanoseconds(paired.theirs()));
    Figure::compared(case, ours, "no layer", theirs, paired.ratio()).bar(Bar::AtMost(1.01))
}

/// The nanoseconds of one append, in a log that is new.
fn append(runtime: &Runtime, store: &impl EventStore, events: &[NewEvent]) -> Result<f64, Failure> {
    let appends: Vec<Append> = (0..TIMES)
        .map(|_| Append::new(events.iter().map(|event| event.clone().with_id(EventId::new())).collect()))
        .collect();
    // The key is made with the first.
    runtime.block_on(store.append(Append::new(events.to_vec())))?;
    runtime.block_on(async {
        let before = cpu::used();
        for append in appends {
            black_box(store.append(append).await?);
        }
        Ok((cpu::used() - before).as_nanos() as f64 / TIMES as f64)
    })
}

/// The nanoseconds of one event of the whole log.
fn read(runtime: &Runtime, store: &impl EventStore) -> Result<f64, Failure> {
    runtime.block_on(async {
        let before = cpu::used();
        let events = read_all(store, |page| {
            black_box(page);
            Ok(())
        });
        let events = events.await?;
        Ok((cpu::used() - before).as_nanos() as f64 / events as f64)
    })
}
