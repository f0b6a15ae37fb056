//! What an upcaster leaves alone comes out of it as it went in.

use eskit::log::{NewEvent, SchemaVersion};
use eskit::prelude::*;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{encode, recorded};

fn identity(payload: Value) -> Result<Value, UpcastError> {
    Ok(payload)
}

fn add_note(mut payload: Value) -> Result<Value, UpcastError> {
    payload["note"] = "added".into();
    Ok(payload)
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
#[event(name = "eskit-tests.Counted", version = 3, upcast(1 = identity, 2 = add_note))]
struct Counted {
    unsigned: u128,
    signed: i128,
    float: f64,
    single: f32,
    text: String,
    many: Vec<u128>,
    #[serde(default)]
    note: String,
}

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(name = "eskit-tests.Quoted", version = 2, upcast(1 = identity))]
struct Quoted {
    price: Box<RawValue>,
    other: Box<RawValue>,
}

/// The event as if it had been recorded at its first version.
fn at_version_1(event: NewEvent) -> RecordedEvent {
    recorded(event.with_schema_version(SchemaVersion::FIRST))
}

#[track_caller]
fn same_after_steps(event: Counted) {
    let upcast = at_version_1(encode(event.clone()).unwrap()).decode::<Counted>().unwrap();
    assert_eq!(upcast, Counted { note: "added".into(), ..event });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn numbers_of_every_size(
        unsigned: u128, signed: i128,
        float in any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |float| float.is_finite()),
        single in any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |float| float.is_finite()),
        text: String,
    ) {
        let many = vec![unsigned, unsigned.wrapping_add(1), unsigned >> 64, 1 << 64, (1 << 64) + 1];
        same_after_steps(Counted { unsigned, signed, float, single, text, many, note: String::new() });
    }
}

#[test]
fn the_digits_of_a_raw_value() {
    for price in ["1.10", "1", "-0", "100000000000000000000000.10", "1e400", "[7.50,{\"a\":0.10}]", "\"1.10\""] {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let event = Quoted { price: raw(price), other: raw("1.5") };
        let upcast = at_version_1(encode(event).unwrap()).decode::<Quoted>().unwrap();
        assert_eq!((upcast.price.get(), upcast.other.get()), (price, "1.5"));
    }
}
