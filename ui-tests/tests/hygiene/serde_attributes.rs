//! A variant's payload follows serde's attributes on the variant, on its fields and on the enum.

use eskit::Timestamp;
use eskit::log::{ContentType, NewEvent, Part, Position};
use eskit::model::{Emit, Emitter};
use eskit::prelude::*;

/// Writes a number as text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Event, Clone, Debug, PartialEq)]
#[event(context = "serde")]
#[serde(rename_all_fields = "camelCase")]
enum Order {
    Placed {
        #[serde(with = "as_text")]
        #[shape(as = std::string::String)]
        total_cents: u64,
        #[serde(rename = "who")]
        customer: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        voucher_code: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<u8>,
        #[serde(skip)]
        cached: u8,
        #[serde(flatten)]
        address: Address,
    },
    #[serde(rename_all = "SCREAMING-KEBAB-CASE", deny_unknown_fields)]
    Shipped {
        parcel_number: u8,
    },
    Cancelled,
    Forgotten {},
}

#[derive(Shape, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Address {
    city: String,
}

/// An enum that serde writes too, in another way than eskit.
#[derive(Event, Serialize, Deserialize, Debug)]
#[event(context = "serde")]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum Both {
    #[serde(alias = "began")]
    Started { by: String },
    #[serde(skip)]
    Paused,
    #[serde(other)]
    Unknown,
}

fn json(event: &impl Emit) -> String {
    let mut emitter = Emitter::new();
    event.emit(&mut emitter).unwrap();
    let event = emitter.into_events().remove(0);
    assert_eq!(event.content_type, ContentType::JSON);
    String::from_utf8(event.payload).unwrap()
}

fn placed() -> Order {
    Order::Placed {
        total_cents: 700,
        customer: "ada".to_owned(),
        voucher_code: None,
        lines: Vec::new(),
        cached: 0,
        address: Address { city: "Kiel".to_owned() },
    }
}

#[test]
fn payloads_are_written_as_serde_is_told() {
    assert_eq!(json(&placed()), r#"{"totalCents":"700","who":"ada","city":"Kiel"}"#);
    assert_eq!(json(&Order::Shipped { parcel_number: 3 }), r#"{"PARCEL-NUMBER":3}"#);
    assert_eq!(json(&Order::Cancelled), "{}");
    assert_eq!(json(&Order::Forgotten {}), "{}");
}

#[test]
fn what_serde_is_told_of_the_enum_itself_is_not_stored() {
    let started = || Both::Started { by: "ada".to_owned() };
    assert_eq!(serde_json::to_string(&started()).unwrap(), r#"{"type":"started","by":"ada"}"#);
    assert_eq!(json(&started()), r#"{"by":"ada"}"#);
    assert_eq!((json(&Both::Paused), json(&Both::Unknown)), ("{}".to_owned(), "{}".to_owned()));
}

#[test]
fn an_enum_refuses_unknown_fields_for_its_variants() {
    let read = |payload: &str| {
        let mut event = NewEvent::encode(&Both::Started { by: "ada".to_owned() }).unwrap().remove(0);
        event.payload = payload.into();
        event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::now()).decode::<Both>().is_ok()
    };
    assert!(read(r#"{"by":"ada"}"#));
    assert!(!read(r#"{"by":"ada","at":1}"#));
}

#[test]
fn payloads_are_read_as_they_were_written() {
    // Emitting reads every payload back; what was skipped has its default.
    let Order::Placed { total_cents, customer, address, .. } = placed() else { unreachable!() };
    let full =
        Order::Placed { total_cents, customer, voucher_code: Some("x".to_owned()), lines: vec![1], cached: 0, address };
    assert!(json(&full).contains(r#""voucherCode":"x","lines":[1]"#));
}
