//! From wire name and version to a typed event.
//!
//! Every contender gets the same events in the same shuffled order, with the same payload of 140 B, and ends with a
//! typed event: a variant of an enum, or a box. The forms of serde and typetag need the name inside the payload, which
//! makes theirs longer; that is their cost.

use std::hint::black_box;
use std::time::Instant;

use eskit::log::{NewEvent, Part, Position, WireName};
use eskit::{RecordedEvent, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::json;

use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

#[allow(clippy::all, dead_code, reason = "generated: see build.rs")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/events.rs"));
}

/// How many events one round decodes.
const EVENTS: usize = 10_000;

/// Decodes JSON from checked text, as eskit decodes a payload.
pub(crate) fn from_utf8<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Failure> {
    Ok(serde_json::from_str(std::str::from_utf8(payload)?)?)
}

/// Decodes JSON from bytes, as programs without eskit mostly do.
pub(crate) fn from_slice<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Failure> {
    Ok(serde_json::from_slice(payload)?)
}

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let mut figures = Vec::new();
    figures.extend(of_10(context)?);
    figures.extend(of_100(context)?);
    #[cfg(all_types)]
    figures.extend(of_1000(context)?);
    Ok(Finding::Figures(figures))
}

/// One event in every form that a contender reads.
struct Message {
    id: u32,
    recorded: RecordedEvent,
    external: Vec<u8>,
    adjacent: Vec<u8>,
    internal: Vec<u8>,
}

/// `EVENTS` events of the first `types` types, shuffled.
fn messages(types: usize) -> Result<Vec<Message>, Failure> {
    let names: Vec<WireName> = (0..types).map(|index| WireName::from(format!("bench.Event{index}"))).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // A linear congruential generator: the order only has to defeat branch prediction.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % types
    };
    (0..EVENTS).map(|_| message(next(), &names)).collect()
}

fn message(index: usize, names: &[WireName]) -> Result<Message, Failure> {
    let payload = generated::PAYLOADS[index];
    let name = format!("Event{index}");
    let internal = format!("{{\"type\":\"{name}\",{}", &payload[1..]);
    let value: serde_json::Value = serde_json::from_str(payload)?;
    Ok(Message {
        id: u32::try_from(index)?,
        external: format!("{{\"{name}\":{payload}}}").into_bytes(),
        adjacent: serde_json::to_vec(&json!({ "type": name, "data": value }))?,
        internal: internal.into_bytes(),
        recorded: NewEvent::json(names[index].clone(), payload).into_recorded(
            Position::new(1),
            None,
            Part::WHOLE,
            Timestamp::now(),
        ),
    })
}

/// A contender that decodes every message; its value is the nanoseconds that one takes.
fn contender<'a, T>(
    name: &'static str,
    messages: &'a [Message],
    decode: impl Fn(&Message) -> Result<T, Failure> + 'a,
) -> Contender<'a> {
    let run = move || {
        let started = Instant::now();
        for message in messages {
            black_box(decode(black_box(message))?);
        }
        Ok(started.elapsed().as_nanos() as f64 / messages.len() as f64)
    };
    Contender { name, run: Box::new(run) }
}

macro_rules! compare {
    ($of:ident, $types:literal $(, $costly:ident)?) => {
        fn $of(context: &Context) -> Result<Vec<Figure>, Failure> {
            use generated::$of::*;
            let messages = messages($types)?;
            let mut contenders = vec![
                contender("eskit", &messages, |message| Ok(message.recorded.decode::<Named>()?)),
                contender(BY_ID, &messages, |message| by_id(message.id, &message.recorded.payload)),
                contender("serde, externally tagged", &messages, |message| from_slice::<External>(&message.external)),
            ];
            $(
                compare!(@$costly);
                contenders.push(contender("serde, adjacently tagged", &messages, |message| {
                    from_slice::<Adjacent>(&message.adjacent)
                }));
                contenders.push(contender("serde, internally tagged", &messages, |message| {
                    from_slice::<Internal>(&message.internal)
                }));
                contenders.push(contender("typetag, externally tagged", &messages, |message| {
                    from_slice::<Box<dyn Boxed>>(&message.external)
                }));
                contenders.push(contender(BY_ID_FROM_SLICE, &messages, |message| {
                    by_id_from_slice(message.id, &message.recorded.payload)
                }));
            )?
            figures(concat!($types, " types"), context, &mut contenders)
        }
    };
    (@costly) => {};
}

const BY_ID: &str = "an integer id, the same decode";
const BY_ID_FROM_SLICE: &str = "an integer id, `from_slice`";

compare!(of_10, 10, costly);
compare!(of_100, 100, costly);
#[cfg(all_types)]
compare!(of_1000, 1000);

fn figures(case: &str, context: &Context, contenders: &mut [Contender<'_>]) -> Result<Vec<Figure>, Failure> {
    // The first rounds fill caches and branch predictors.
    take_turns(2, contenders)?;
    let values = take_turns(context.size(101, 5), contenders)?;
    let ours = &values[0];
    let compared = contenders.iter().zip(&values).skip(1).map(|(contender, theirs)| {
        let (own, other) = (Quantity::nanoseconds(median(ours)), Quantity::nanoseconds(median(theirs)));
        let figure = Figure::compared(case, own, contender.name, other, median_ratio(ours, theirs));
        match contender.name {
            BY_ID => figure.bar(Bar::AtMost(1.07)).stretch(Bar::AtMost(1.0)),
            BY_ID_FROM_SLICE => figure.stretch(Bar::AtMost(0.8)),
            _ => figure.bar(Bar::AtMost(1.0)),
        }
    });
    Ok(compared.collect())
}

/// The events that the row `scan` reads.
pub(crate) use generated::of_10::Named as Scanned;

/// The wire name and the payload of event number `number` of the first ten types.
pub(crate) fn sample(number: usize) -> (String, &'static str) {
    let index = number % 10;
    (format!("bench.Event{index}"), generated::PAYLOADS[index])
}
