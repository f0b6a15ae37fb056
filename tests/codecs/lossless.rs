//! Nothing is lost between JSON and CBOR, whatever the payload is.

use eskit::log::{ContentType, NewEvent};
use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

/// Any JSON text, with numbers of every spelling.
fn json() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i128>().prop_map(|number| number.to_string()),
        any::<u128>().prop_map(|number| number.to_string()),
        any::<f32>()
            .prop_filter_map("finite", |float| serde_json::to_string(&float.is_finite().then_some(float)?).ok()),
        any::<f64>()
            .prop_filter_map("finite", |float| serde_json::to_string(&float.is_finite().then_some(float)?).ok()),
        "-?(0|[1-9][0-9]{0,9})\\.[0-9]{1,20}",
        "-?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,9})?[eE][+-]?[0-9]{1,4}",
    ];
    let text = any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap_or_default());
    let leaf = prop_oneof![4 => number, 2 => text, 1 => Just("null".to_owned()), 1 => any::<bool>().prop_map(|b| b.to_string())];
    leaf.prop_recursive(5, 64, 8, |inner| {
        let key = any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap_or_default());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::btree_map(key, inner, 0..8).prop_map(|fields| {
                let fields: Vec<String> = fields.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

/// The text with each number as sign, digits and power of ten; everything else as it is.
fn canonical(json: &str) -> String {
    let mut canonical = String::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => {
                let raw: &RawValue = match serde_json::Deserializer::from_str(rest).into_iter().next() {
                    Some(Ok(raw)) => raw,
                    other => panic!("{other:?} in {rest}"),
                };
                canonical.push_str(&serde_json::from_str::<String>(raw.get()).unwrap());
                raw.get().len()
            }
            '-' | '0'..='9' => {
                let len = rest.find([',', ']', '}']).unwrap_or(rest.len());
                canonical.push_str(&number(&rest[..len]));
                len
            }
            other => {
                canonical.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[len..];
    }
    canonical
}

fn number(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('-').trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    let zeros = (digits.len() - significant.len()) as i64 - fraction.len() as i64;
    let exponent = if significant.is_empty() { 0 } else { exponent.parse::<i64>().unwrap() + zeros };
    let sign = if text.starts_with('-') { "-" } else { "" };
    format!("{sign}{significant}e{exponent}")
}

fn recoded(mut event: NewEvent, to: &ContentType) -> NewEvent {
    event.recode(to).unwrap_or_else(|error| panic!("{error}"));
    event
}

proptest! {
    #[test]
    fn json_comes_back_from_cbor(json in json()) {
        let event = NewEvent::json("codecs.Any", json.clone());
        let there = recoded(event.clone(), &ContentType::CBOR);
        let back = recoded(there.clone(), &ContentType::JSON);
        let text = String::from_utf8(back.payload.clone()).unwrap();
        prop_assert_eq!(canonical(&text), canonical(&json));
        // From there on, not one byte changes.
        prop_assert_eq!(recoded(recoded(back.clone(), &ContentType::CBOR), &ContentType::JSON).payload, back.payload.clone());
        prop_assert_eq!(back.with_payload(event.payload.clone()), event);
        // What serde_json reads is the same, as far as it can hold it.
        let (written, read) = (serde_json::from_str::<Value>(&json).ok(), serde_json::from_str::<Value>(&text).ok());
        prop_assert_eq!(written, read);
    }

    #[test]
    fn no_bytes_make_a_program_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut event = NewEvent::json("codecs.Any", bytes).with_content_type(ContentType::CBOR);
        if event.recode(&ContentType::JSON).is_ok() {
            prop_assert!(serde_json::from_slice::<&RawValue>(&event.payload).is_ok());
        }
    }
}
