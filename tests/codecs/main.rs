//! Events as CBOR, chosen by the type or by a layer, and as Protobuf: mixed with JSON in one log, and converted without their types.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod lossless;
mod protobuf;

use eskit::codec::{DecodeReason, EncodeReason, UpcastError};
use eskit::layer::Recoding;
use eskit::log::{Append, ContentType, NewEvent, Part, Position, SchemaVersion};
use eskit::prelude::*;
use eskit::{Import, Timestamp};
use eskit_tests::scripted::log;
use serde_json::Value;

/// As JSON.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(context = "codecs")]
struct Opened {
    #[tag]
    account: String,
}

/// As CBOR.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(codec = "cbor", context = "codecs")]
struct Deposited {
    #[tag]
    account: String,
    cents: u64,
    rates: Vec<f64>,
}

#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
enum Ledger {
    #[event(codec = "cbor", name = "codecs.Noted")]
    Noted {
        #[tag]
        account: String,
        text: Option<String>,
    },
    Opened(Opened),
}

/// Of the second version; the first had another field.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(codec = "cbor", context = "codecs", version = 2, upcast(1 = cents_of_euros))]
struct Withdrawn {
    #[tag]
    account: String,
    cents: u64,
}

fn cents_of_euros(mut payload: Value) -> Result<Value, UpcastError> {
    payload["cents"] = Value::from(payload["euros"].as_u64().ok_or(UpcastError::new("no euros"))? * 100);
    Ok(payload)
}

/// A type whose JSON CBOR cannot hold.
#[derive(Event, Serialize, Deserialize, Clone, Debug)]
#[event(codec = "cbor", context = "codecs")]
struct Measured {
    #[tag]
    account: String,
    raw: Box<serde_json::value::RawValue>,
}

#[aggregate(tag = "account")]
#[derive(Default)]
struct Balance {
    cents: u64,
    notes: Vec<String>,
}

#[derive(Command)]
struct Deposit {
    #[tag]
    account: String,
    cents: u64,
}

#[decider]
impl Balance {
    #[evolve]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
    #[evolve]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
    }
    #[evolve]
    fn ledger(&mut self, event: &Ledger) {
        if let Ledger::Noted { text: Some(text), .. } = event {
            self.notes.push(text.clone());
        }
    }
    #[decide]
    fn deposit(&self, command: &Deposit) -> Deposited {
        deposited(&command.account, command.cents)
    }
}

fn deposited(account: &str, cents: u64) -> Deposited {
    Deposited { account: account.to_owned(), cents, rates: vec![0.1, 1.0] }
}

fn opened(account: &str) -> Opened {
    Opened { account: account.to_owned() }
}

fn noted(account: &str, text: &str) -> Ledger {
    Ledger::Noted { account: account.to_owned(), text: Some(text.to_owned()) }
}

#[tokio::test]
async fn a_log_of_json_and_cbor_folds_like_one() {
    let app = App::new(MemoryStore::new());
    let events = NewEvent::encode(&(opened("a"), noted("a", "first"), deposited("a", 500))).unwrap();
    let formats: Vec<_> = events.iter().map(|event| event.content_type.as_str()).collect();
    assert_eq!(formats, ["application/json", "application/cbor", "application/cbor"]);
    app.store().append(Append::new(events)).await.unwrap();
    let mut old = NewEvent::json("codecs.Withdrawn", r#"{"account":"a","euros":2}"#);
    old.tags.push("account", "a");
    let mut old_as_cbor = old.clone().with_id(eskit::log::EventId::new());
    old_as_cbor.recode(&ContentType::CBOR).unwrap();
    app.store().append(Append::new(vec![old, old_as_cbor])).await.unwrap();

    let answer = app.execute(Deposit { account: "a".to_owned(), cents: 7 }).await.unwrap();

    assert_eq!(answer.state.cents, 500 - 200 - 200 + 7);
    assert_eq!(answer.state.notes, ["first"]);
    let log = log(app.store()).await.unwrap();
    assert_eq!(log[5].content_type, ContentType::CBOR);
    assert_eq!(log[5].decode::<Deposited>().unwrap(), deposited("a", 7));
    assert_eq!(log[4].decode::<Withdrawn>().unwrap().cents, 200);
    assert!(log[2].payload.len() < log[2].payload_as_json().unwrap().len());
}

#[tokio::test]
async fn a_layer_writes_all_events_in_one_format() {
    let app = App::new(Recoding::new(MemoryStore::new(), ContentType::CBOR));
    let other = NewEvent::json("codecs.Other", "x").with_content_type(ContentType::new("text/plain"));
    let mut events = NewEvent::encode(&(opened("a"), deposited("a", 3))).unwrap();
    events.push(other);
    let recorded = app.store().append(Append::new(events.clone())).await.unwrap().record(events);
    let mut import = Import::resume(app.store(), "accounts.csv").await.unwrap();
    import.push(1, NewEvent::encode(&opened("b")).unwrap().remove(0)).await.unwrap();
    import.finish().await.unwrap();
    let answer = app.execute(Deposit { account: "a".to_owned(), cents: 4 }).await.unwrap();

    let log = log(app.store()).await.unwrap();
    let formats: Vec<_> = log.iter().map(|event| event.content_type.as_str()).collect();
    assert_eq!(formats, ["application/cbor", "application/cbor", "text/plain", "application/cbor", "application/cbor"]);
    assert_eq!(recorded, log[..3]);
    assert_eq!(answer.events[0].payload, log[4].payload);
    assert_eq!(log[0].decode::<Opened>().unwrap(), opened("a"));
    assert_eq!(answer.state.cents, 7);

    let json = Recoding::new(MemoryStore::new(), ContentType::JSON);
    json.append(Append::new(NewEvent::encode(&deposited("a", 3)).unwrap())).await.unwrap();
    let written = eskit_tests::scripted::log(&json).await.unwrap();
    assert_eq!(written[0].payload, br#"{"account":"a","cents":3,"rates":[0.1,1.0]}"#);
}

#[tokio::test]
async fn a_layer_with_an_unknown_format_refuses_every_append() {
    let store = Recoding::new(MemoryStore::new(), ContentType::new("application/yaml"));
    let error = store.append(Append::new(NewEvent::encode(&opened("a")).unwrap())).await.unwrap_err();
    let expected = "the payload of event `codecs.Opened` is `application/json` and cannot be written as \
                    `application/yaml`: this program does not know `application/yaml`";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_number_that_cbor_cannot_hold_is_refused_before_it_is_stored() {
    let event = |raw: &str| Measured { account: "a".to_owned(), raw: serde_json::from_str(raw).unwrap() };
    let recorded = NewEvent::encode(&event("1.10")).unwrap().remove(0);
    let recorded = recorded.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::now());
    assert_eq!(recorded.decode::<Measured>().unwrap().raw.get(), "1.10");

    let error = NewEvent::encode(&event("340282366920938463463374607431768211456")).unwrap_err();
    assert!(matches!(error.reason, EncodeReason::Format { .. }));
    assert_eq!(
        error.to_string(),
        "event `codecs.Measured` cannot be written as `application/cbor`: the number \
         340282366920938463463374607431768211456 has more digits than an integer of 128 bits\nhelp: give the field another form \
         with `#[serde(with = \"..\")]`"
    );
}

#[test]
fn a_damaged_payload_is_named_with_its_position() {
    let mut new = NewEvent::encode(&deposited("a", 3)).unwrap().remove(0);
    let decode = |new: NewEvent| {
        let recorded = new.into_recorded(Position::new(9), None, Part::WHOLE, Timestamp::now());
        recorded.decode::<Deposited>().unwrap_err()
    };
    let mut longer = new.clone();
    longer.payload.push(0);
    let error = decode(longer);
    assert!(matches!(error.reason, DecodeReason::Malformed(_)));
    assert_eq!(
        error.to_string(),
        "event `codecs.Deposited` version 1 at position 9 has a payload that does not fit its type: bytes after the value, \
         from byte 37 on"
    );
    let other = new.clone().with_payload(b"\xa1\x61a\x01".to_vec());
    assert!(decode(other).to_string().contains("missing field `account`"));
    let newer = new.clone().with_schema_version(SchemaVersion::new(2).unwrap());
    assert!(matches!(decode(newer).reason, DecodeReason::NewerVersion { .. }));
    new.payload.clear();
    assert!(decode(new).to_string().contains("end of input bytes"));
}
