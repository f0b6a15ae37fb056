//! Values that would not come back are refused before the append, by name.

use std::collections::BTreeMap;

use eskit::codec::EncodeReason;
use eskit::prelude::*;
use serde::{Deserializer, Serializer};
use serde_json::Value;

use crate::{encode, same};

/// The error's text, which names the event.
#[track_caller]
fn refused<E: Event>(event: E) -> String {
    let error = encode(event).unwrap_err().to_string();
    let (first, help) = error.split_once("\nhelp: ").unwrap();
    assert!(help.contains("`#[serde(with = \"..\")]`"), "{help}");
    first.to_owned()
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug, Default)]
struct Measured {
    celsius: Option<f64>,
    readings: Vec<BTreeMap<String, (Option<()>, f32)>>,
    note: Option<Option<String>>,
    extra: Option<Value>,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug, Default)]
struct Place {
    latitude: Option<f64>,
}

#[test]
fn what_json_has_only_null_for() {
    let text = |what| {
        format!(
            "event `eskit-tests.Measured` would be read back as another one: {what}, for which JSON has only `null`"
        )
    };
    let whole = Measured { readings: vec![[("a".to_owned(), (None, 1.5))].into()], ..Measured::default() };
    same(whole.clone());
    for (celsius, what) in [(f64::NAN, "NaN"), (f64::INFINITY, "infinity"), (f64::NEG_INFINITY, "negative infinity")] {
        let event = Measured { celsius: Some(celsius), ..whole.clone() };
        assert_eq!(refused(event), text(format!("`celsius` is {what}")));
    }
    let reading =
        |value| Measured { readings: vec![BTreeMap::new(), [("#1".to_owned(), value)].into()], ..whole.clone() };
    assert_eq!(refused(reading((None, f32::NAN))), text("`readings[1][\"#1\"][1]` is NaN".to_owned()));
    assert_eq!(
        refused(reading((Some(()), 0.0))),
        text("`readings[1][\"#1\"][0]` is `Some` of an empty value".to_owned())
    );
    let event = Measured { note: Some(None), ..whole.clone() };
    assert_eq!(refused(event), text("`note` is `Some` of an empty value".to_owned()));
    let event = Measured { extra: Some(Value::Null), ..whole.clone() };
    assert_eq!(refused(event), text("`extra` is `Some` of an empty value".to_owned()));
    let event = Measured { place: Place { latitude: Some(f64::NAN) }, ..whole };
    assert_eq!(refused(event), text("`latitude` is NaN".to_owned()));
}

/// Fields whose own code tells `null` from nothing, and reads `null` as NaN.
#[derive(Event, Serialize, Deserialize, Clone, Debug)]
struct Patched {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    note: Option<Option<String>>,
    #[serde(deserialize_with = "nan_or_float")]
    share: f64,
}

impl PartialEq for Patched {
    fn eq(&self, other: &Patched) -> bool {
        self.note == other.note && self.share.to_bits() == other.share.to_bits()
    }
}

fn given<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Option<String>>, D::Error> {
    Deserialize::deserialize(json).map(Some)
}

fn nan_or_float<'de, D: Deserializer<'de>>(json: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(json)?.unwrap_or(f64::NAN))
}

#[test]
fn null_is_no_loss_where_it_is_read_as_what_was_written() {
    for note in [None, Some(None), Some(Some("x".to_owned()))] {
        for share in [0.5, f64::NAN] {
            same(Patched { note: note.clone(), share });
        }
    }
    let error = refused(Patched { note: None, share: f64::INFINITY });
    assert!(error.ends_with("`share` is infinity, for which JSON has only `null`"), "{error}");
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Priced {
    #[serde(skip_serializing_if = "Vec::is_empty", default = "standard")]
    currencies: Vec<String>,
    number: Number,
    #[serde(flatten)]
    amount: Amount,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(untagged)]
enum Number {
    Float(f64),
    Integer(u64),
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Amount {
    cents: u64,
}

fn standard() -> Vec<String> {
    vec!["EUR".into()]
}

#[test]
fn what_is_read_as_another_value() {
    let priced = Priced { currencies: standard(), number: Number::Float(1.5), amount: Amount { cents: u64::MAX } };
    same(priced.clone());
    let text = "event `eskit-tests.Priced` would be read back as another one: ";
    let event = Priced { currencies: Vec::new(), ..priced.clone() };
    assert_eq!(refused(event), format!("{text}`currencies` is written as `nothing` and read as `[\"EUR\"]`"));
    let event = Priced { number: Number::Integer(7), ..priced.clone() };
    assert_eq!(refused(event), format!("{text}`number` is written as `7` and read as `7.0`"));
}

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
struct Chosen {
    #[serde(flatten)]
    count: Count,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(untagged)]
enum Count {
    Small(u8),
    Named { count: u128 },
}

#[test]
fn what_serde_cannot_read() {
    // serde holds what may be one thing or another in numbers of 64 bits.
    for count in [1 << 64, 1] {
        let error = encode(Chosen { count: Count::Named { count } }).unwrap_err();
        assert!(matches!(error.reason, EncodeReason::Unreadable(_)), "{error:?}");
    }
    let error = refused(Chosen { count: Count::Small(1) });
    assert!(error.starts_with("event `eskit-tests.Chosen` cannot be written as JSON: can"), "{error}");
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Secret {
    #[serde(with = "encrypted")]
    name: String,
    #[serde(with = "upper")]
    code: String,
}

/// As if it were encrypted: otherwise each time.
mod encrypted {
    use super::*;

    pub(super) fn serialize<S: Serializer>(text: &str, json: S) -> Result<S::Ok, S::Error> {
        format!("{}:{text}", eskit::log::EventId::new()).serialize(json)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
        let text = String::deserialize(json)?;
        Ok(text.split_once(':').map_or("", |(_, text)| text).to_owned())
    }
}

/// Changes what it reads.
mod upper {
    use super::*;

    pub(super) fn serialize<S: Serializer>(text: &str, json: S) -> Result<S::Ok, S::Error> {
        text.serialize(json)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
        Ok(String::deserialize(json)?.to_uppercase())
    }
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Coded {
    #[serde(with = "upper")]
    code: String,
}

#[test]
fn what_is_written_otherwise_each_time_is_taken() {
    same(Secret { name: "ada".into(), code: "A".into() });
    let error = refused(Coded { code: "a".into() });
    assert!(error.ends_with("`code` is written as `\"a\"` and read as `\"A\"`"), "{error}");
}

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
struct Deep {
    #[serde(default)]
    inner: Option<Box<Deep>>,
}

#[test]
fn what_is_too_deep_to_be_read() {
    let deep = |levels| (0..levels).fold(Deep { inner: None }, |deep, _| Deep { inner: Some(Box::new(deep)) });
    encode(deep(120)).unwrap();
    let error = refused(deep(200));
    assert!(
        error.contains("its type does not read back: `inner.inner.") && error.contains("recursion limit"),
        "{error}"
    );
}

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
enum Told {
    #[event(name = "eskit-tests.ToldOfShare")]
    Share { share: Option<f64> },
}

#[test]
fn an_event_of_an_enum_is_named() {
    let error = refused(Told::Share { share: Some(f64::NAN) });
    assert!(error.starts_with("event `eskit-tests.ToldOfShare` would be read back as another one: `share` is NaN"));
}
