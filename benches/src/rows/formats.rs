//! The same event as JSON, as CBOR and as Protobuf: from the stored bytes to the type, and from the type to what is stored.
//!
//! Each format has a type of its own, with the same fields. CBOR of a type that does not say `codec = "cbor"` is read by way of JSON text.

use std::hint::black_box;

use eskit::log::{ContentType, NewEvent, Part, Position};
use eskit::model::Emit;
use eskit::prelude::*;
use eskit::{Event, RecordedEvent, Timestamp};

use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};
use eskit_bench_harness::{Failure, cpu};

macro_rules! shipped {
    ($name:ident, $text:literal $(, $derive:path, $codec:literal)?) => {
        #[derive(Event, Serialize, Deserialize, Clone, PartialEq $(, $derive)?)]
        #[event(name = $text $(, codec = $codec)?)]
        struct $name {
            #[tag("parcel")]
            parcel: String,
            street: String,
            zip: u32,
            grams: Vec<u32>,
            height: f64,
            is_insured: bool,
        }
    };
}

shipped!(AsJson, "bench.ShippedAsJson");
shipped!(AsCbor, "bench.ShippedAsCbor", Debug, "cbor");

#[derive(Event, prost::Message, Serialize, Deserialize, Clone, PartialEq)]
#[event(name = "bench.ShippedAsProtobuf", codec = "protobuf")]
struct AsProtobuf {
    #[tag("parcel")]
    #[prost(string, tag = "1")]
    parcel: String,
    #[prost(string, tag = "2")]
    street: String,
    #[prost(uint32, tag = "3")]
    zip: u32,
    #[prost(uint32, repeated, tag = "4")]
    grams: Vec<u32>,
    #[prost(double, tag = "5")]
    height: f64,
    #[prost(bool, tag = "6")]
    is_insured: bool,
}

macro_rules! sample {
    ($type:ident) => {
        $type {
            parcel: "0195f3a6-7c1e-7bb3".to_owned(),
            street: "12 Long Acre, London".to_owned(),
            zip: 90210,
            grams: vec![120, 4500, 7, 65_000],
            height: 12.75,
            is_insured: true,
        }
    };
}

/// How often one round decodes or encodes.
const TIMES: usize = 10_000;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let (json, cbor, protobuf) =
        (recorded(&sample!(AsJson))?, recorded(&sample!(AsCbor))?, recorded(&sample!(AsProtobuf))?);
    let mut converted = json.clone();
    converted.recode(&ContentType::CBOR)?;
    let mut figures: Vec<Figure> = [("CBOR", &cbor), ("Protobuf", &protobuf)]
        .map(|(name, event)| Figure::reported(format!("bytes, {name}"), Quantity::bytes(event.payload.len() as f64)))
        .into();
    figures.insert(0, Figure::reported("bytes, JSON", Quantity::bytes(json.payload.len() as f64)));
    let mut decode = vec![
        decoder::<AsJson>("JSON", &json),
        decoder::<AsCbor>("CBOR", &cbor),
        decoder::<AsProtobuf>("Protobuf", &protobuf),
        decoder::<AsJson>("CBOR of a JSON type", &converted),
    ];
    figures.extend(compare("decode", context, &mut decode)?);
    let (as_json, as_cbor, as_protobuf) = (sample!(AsJson), sample!(AsCbor), sample!(AsProtobuf));
    let mut encode = vec![encoder("JSON", &as_json), encoder("CBOR", &as_cbor), encoder("Protobuf", &as_protobuf)];
    figures.extend(compare("encode", context, &mut encode)?);
    Ok(Finding::Figures(figures))
}

fn recorded(event: &impl Emit) -> Result<RecordedEvent, Failure> {
    let new = NewEvent::encode(event)?.pop().ok_or("nothing was encoded")?;
    Ok(new.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::now()))
}

fn decoder<'a, E: Event>(name: &'static str, event: &'a RecordedEvent) -> Contender<'a> {
    per_event(name, move || {
        black_box(black_box(event).decode::<E>()?);
        Ok(())
    })
}

fn encoder<'a, E: Emit>(name: &'static str, event: &'a E) -> Contender<'a> {
    per_event(name, move || {
        black_box(NewEvent::encode(black_box(event))?);
        Ok(())
    })
}

/// Its value is the nanoseconds of processor time that one event takes: other programs do not count.
fn per_event<'a>(name: &'static str, once: impl Fn() -> Result<(), Failure> + 'a) -> Contender<'a> {
    let run = move || {
        let before = cpu::used();
        (0..TIMES).try_for_each(|_| once())?;
        Ok((cpu::used() - before).as_nanos() as f64 / TIMES as f64)
    };
    Contender { name, run: Box::new(run) }
}

/// Each against JSON, which comes first.
fn compare(what: &str, context: &Context, contenders: &mut [Contender<'_>]) -> Result<Vec<Figure>, Failure> {
    // The first rounds fill caches and branch predictors.
    take_turns(2, contenders)?;
    let values = take_turns(context.size(101, 5), contenders)?;
    let json = &values[0];
    let compared = contenders.iter().zip(&values).skip(1).map(|(contender, own)| {
        let (ours, theirs) = (Quantity::nanoseconds(median(own)), Quantity::nanoseconds(median(json)));
        let figure =
            Figure::compared(format!("{what}, {}", contender.name), ours, "JSON", theirs, median_ratio(own, json));
        if (what, contender.name) == ("decode", "CBOR") { figure.bar(Bar::AtMost(0.8)) } else { figure }
    });
    Ok(compared.collect())
}
