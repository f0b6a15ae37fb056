//! Events of older versions and under former names, read through the log.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use eskit::Timestamp;
use eskit::codec::DecodeReason;
use eskit::log::{Append, ContentType, NewEvent, Part, Position, SchemaVersion, Tags};
use eskit::prelude::*;
use eskit_tests::scripted::{Scripted, Step};
use serde_json::{Value, json};

/// An event as an older program left it in the log.
fn old(name: &str, version: u32, payload: Value, tags: &[(&str, &str)]) -> NewEvent {
    let mut all = Tags::new();
    tags.iter().for_each(|(key, value)| all.push(key, value));
    let schema_version = SchemaVersion::new(version).unwrap();
    NewEvent::json(name, payload.to_string()).with_schema_version(schema_version).with_tags(all)
}

fn recorded(event: NewEvent) -> RecordedEvent {
    event.into_recorded(Position::new(7), None, Part::WHOLE, Timestamp::from_micros(0))
}

/// Typed all the way: 1 -> 2 -> 3, each by `From`.
mod typed {
    use super::*;

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "shop.Priced", version = 1)]
    pub(super) struct PricedV1 {
        pub(super) euros: u64,
    }

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "shop.Priced", version = 2, from = PricedV1)]
    pub(super) struct PricedV2 {
        pub(super) cents: u64,
    }

    #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    #[event(name = "shop.Priced", version = 3, from = PricedV2)]
    pub(super) struct Priced {
        pub(super) cents: u64,
        pub(super) currency: String,
    }

    impl From<PricedV1> for PricedV2 {
        fn from(old: PricedV1) -> PricedV2 {
            PricedV2 { cents: old.euros * 100 }
        }
    }

    impl From<PricedV2> for Priced {
        fn from(old: PricedV2) -> Priced {
            Priced { cents: old.cents, currency: "EUR".into() }
        }
    }
}

#[test]
fn a_typed_chain_reads_every_version() {
    let expected = typed::Priced { cents: 700, currency: "EUR".into() };
    for (version, payload) in
        [(1, json!({"euros": 7})), (2, json!({"cents": 700})), (3, json!({"cents": 700, "currency": "EUR"}))]
    {
        let event = recorded(old("shop.Priced", version, payload, &[]));
        assert_eq!(event.decode::<typed::Priced>().unwrap(), expected, "version {version}");
    }
    // An older type reads what it knows, and no newer version.
    assert_eq!(
        recorded(old("shop.Priced", 1, json!({"euros": 7}), &[])).decode::<typed::PricedV2>().unwrap().cents,
        700
    );
    let newer = recorded(old("shop.Priced", 3, json!({}), &[])).decode::<typed::PricedV2>().err().unwrap();
    assert!(matches!(newer.reason, DecodeReason::NewerVersion { newest } if newest.get() == 2), "{newer}");
}

/// JSON steps all the way: the types of the versions 1 and 2 are gone.
mod json_steps {
    use super::*;

    fn add_currency(mut payload: Value) -> Result<Value, UpcastError> {
        payload["currency"] = "EUR".into();
        Ok(payload)
    }

    fn split_name(mut payload: Value) -> Result<Value, UpcastError> {
        let name = payload["name"].as_str().ok_or_else(|| UpcastError::new("`name` is no text"))?;
        let (first, last) = name.split_once(' ').ok_or_else(|| UpcastError::new("`name` has one part"))?;
        payload = json!({ "first": first, "last": last, "currency": payload["currency"] });
        Ok(payload)
    }

    #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    #[event(name = "shop.Joined", version = 3, upcast(1 = add_currency, 2 = split_name))]
    pub(super) struct Joined {
        pub(super) first: String,
        pub(super) last: String,
        pub(super) currency: String,
    }
}

#[test]
fn json_steps_read_every_version() {
    let expected = json_steps::Joined { first: "Ada".into(), last: "King".into(), currency: "EUR".into() };
    for (version, payload) in [
        (1, json!({"name": "Ada King"})),
        (2, json!({"name": "Ada King", "currency": "EUR"})),
        (3, json!({"first": "Ada", "last": "King", "currency": "EUR"})),
    ] {
        let event = recorded(old("shop.Joined", version, payload, &[]));
        assert_eq!(event.decode::<json_steps::Joined>().unwrap(), expected, "version {version}");
    }
}

#[test]
fn a_step_that_refuses_is_named() {
    let decode = |version, payload| recorded(old("shop.Joined", version, payload, &[])).decode::<json_steps::Joined>();
    let text = "event `shop.Joined` version 1 at position 7 was refused by the upcaster from version 2: `name` has one \
                part";
    assert_eq!(decode(1, json!({"name": "Ada"})).unwrap_err().to_string(), text);
    let text =
        "event `shop.Joined` version 2 at position 7 was refused by the upcaster from version 2: `name` is no text";
    assert_eq!(decode(2, json!({})).unwrap_err().to_string(), text);
    // The steps lead to a value that the type does not read.
    let misfit = decode(2, json!({"name": "Ada King", "currency": 1})).unwrap_err().to_string();
    assert!(
        misfit.starts_with("event `shop.Joined` version 2 at position 7 has a payload that does not fit"),
        "{misfit}"
    );
    // What is no JSON is refused before any step; what is no step of this version is not run.
    let broken = old("shop.Joined", 1, json!({}), &[]).with_payload(b"{".to_vec());
    assert!(matches!(recorded(broken).decode::<json_steps::Joined>().unwrap_err().reason, DecodeReason::Malformed(_)));
    let current = json!({"first": "Ada", "last": "King", "currency": "EUR", "name": 1});
    assert!(decode(3, current).is_ok());
}

/// JSON steps up to a typed predecessor: 1 -> 2 as JSON, 2 -> 3 and 3 -> 4 by `From`.
mod mixed {
    use super::*;

    fn wrap_address(payload: Value) -> Result<Value, UpcastError> {
        Ok(json!({ "order": payload["order"], "address": { "city": payload["city"] } }))
    }

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    pub(super) struct Address {
        pub(super) city: String,
    }

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "shop.Shipped", version = 2, upcast(1 = wrap_address))]
    pub(super) struct ShippedV2 {
        #[tag]
        order: String,
        address: Address,
    }

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "shop.Shipped", version = 3, from = ShippedV2)]
    pub(super) struct ShippedV3 {
        #[tag]
        order: String,
        address: Address,
        parcels: u32,
    }

    #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
    #[event(name = "shop.Shipped", version = 4, from = ShippedV3, alias = "shop.Dispatched", alias = "old.Sent")]
    pub(super) struct Shipped {
        #[tag]
        pub(super) order: String,
        pub(super) city: String,
        pub(super) parcels: u32,
    }

    impl From<ShippedV2> for ShippedV3 {
        fn from(old: ShippedV2) -> ShippedV3 {
            ShippedV3 { order: old.order, address: old.address, parcels: 1 }
        }
    }

    impl From<ShippedV3> for Shipped {
        fn from(old: ShippedV3) -> Shipped {
            Shipped { order: old.order, city: old.address.city, parcels: old.parcels }
        }
    }
}

/// The payloads of one shipment in the shape of each version.
fn shipments() -> [(u32, Value); 4] {
    [
        (1, json!({"order": "o", "city": "Paris"})),
        (2, json!({"order": "o", "address": {"city": "Paris"}})),
        (3, json!({"order": "o", "address": {"city": "Paris"}, "parcels": 1})),
        (4, json!({"order": "o", "city": "Paris", "parcels": 1})),
    ]
}

#[test]
fn json_steps_lead_up_to_a_typed_chain_under_every_name() {
    let expected = mixed::Shipped { order: "o".into(), city: "Paris".into(), parcels: 1 };
    for name in ["shop.Shipped", "shop.Dispatched", "old.Sent"] {
        for (version, payload) in shipments() {
            let event = recorded(old(name, version, payload, &[]));
            assert_eq!(event.decode::<mixed::Shipped>().unwrap(), expected, "{name} version {version}");
        }
    }
    let error = recorded(old("old.Send", 4, json!({}), &[])).decode::<mixed::Shipped>().unwrap_err();
    assert!(matches!(error.reason, DecodeReason::UnknownName { .. }), "{error}");
}

#[test]
fn an_error_names_the_event_as_it_was_recorded() {
    let error = recorded(old("old.Sent", 3, json!({"order": 1}), &[])).decode::<mixed::Shipped>().unwrap_err();
    assert_eq!((error.name.as_str(), error.version.get(), error.position.get()), ("old.Sent", 3, 7));
    assert!(matches!(error.reason, DecodeReason::Malformed(_)), "{error}");
    let newer = recorded(old("old.Sent", 5, json!({}), &[])).decode::<mixed::Shipped>().unwrap_err();
    assert!(matches!(newer.reason, DecodeReason::NewerVersion { newest } if newest.get() == 4), "{newer}");
    let mut event = recorded(old("old.Sent", 1, json!({}), &[]));
    event.content_type = ContentType::new("application/avro");
    assert!(matches!(event.decode::<mixed::Shipped>().unwrap_err().reason, DecodeReason::ContentType(_)));
}

#[derive(Command)]
struct Ship {
    #[tag]
    order: String,
}

/// The shipments of one order.
#[aggregate(tag = "order")]
#[derive(Default, Debug, PartialEq)]
struct Order {
    cities: Vec<String>,
}

#[decider]
impl Order {
    #[evolve]
    fn shipped(&mut self, event: &mixed::Shipped) {
        self.cities.push(event.city.clone());
    }

    #[decide]
    fn ship(&self, command: &Ship) -> Option<mixed::Shipped> {
        let order = command.order.clone();
        (self.cities.len() == 12).then_some(mixed::Shipped { order, city: "Rome".into(), parcels: 2 })
    }
}

#[tokio::test]
async fn a_decision_reads_every_version_under_every_name() {
    let app = App::new(MemoryStore::new());
    let names = ["shop.Shipped", "shop.Dispatched", "old.Sent"];
    let events = names.iter().flat_map(|name| {
        shipments().into_iter().map(move |(version, payload)| old(name, version, payload, &[("order", "o")]))
    });
    app.store().append(Append::new(events.collect())).await.unwrap();

    let executed = app.execute(Ship { order: "o".into() }).await.unwrap();

    // It is written as the newest version under the present name.
    let event = &executed.events[0];
    assert_eq!((event.name.as_str(), event.schema_version.get()), ("shop.Shipped", 4));
    assert_eq!(executed.state.cities.len(), 13);
}

#[tokio::test]
async fn a_rival_under_a_former_name_is_a_conflict() {
    // An older program still runs beside this one, and ships while this one decides.
    let shipped = |name| old(name, 1, json!({"order": "o", "city": "Paris"}), &[("order", "o")]);
    for name in ["shop.Shipped", "shop.Dispatched", "old.Sent"] {
        let app = App::new(Scripted::new());
        app.store().append(Append::new((0..12).map(|_| shipped(name)).collect())).await.unwrap();
        app.store().script([Step::Rival(Append::new(vec![shipped(name)]))]);

        let executed = app.execute(Ship { order: "o".into() }).await.unwrap();

        // The thirteenth shipment leaves nothing to do.
        assert_eq!((executed.attempts, executed.events.len(), executed.state.cities.len()), (2, 0, 13), "{name}");
    }
}

/// An enum whose variants are events of their own, each with a history.
#[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
#[event(context = "tickets")]
enum Ticket {
    #[event(alias = "tickets.Created")]
    Opened {
        title: String,
    },
    #[event(version = 2, upcast(1 = no_reason))]
    Closed {
        reason: Option<String>,
    },
    Frozen,
}

fn no_reason(mut payload: Value) -> Result<Value, UpcastError> {
    payload["reason"] = Value::Null;
    Ok(payload)
}

#[test]
fn the_variants_of_an_enum_are_read_by_their_names() {
    let decode = |name, version, payload| recorded(old(name, version, payload, &[])).decode::<Ticket>();
    assert_eq!(decode("tickets.Opened", 1, json!({"title": "t"})).unwrap(), Ticket::Opened { title: "t".into() });
    assert_eq!(decode("tickets.Created", 1, json!({"title": "t"})).unwrap(), Ticket::Opened { title: "t".into() });
    assert_eq!(decode("tickets.Closed", 1, json!({})).unwrap(), Ticket::Closed { reason: None });
    let reason = Some("done".to_owned());
    assert_eq!(decode("tickets.Closed", 2, json!({"reason": "done"})).unwrap(), Ticket::Closed { reason });
    assert_eq!(decode("tickets.Frozen", 1, json!({})).unwrap(), Ticket::Frozen);
    let error = decode("tickets.Thawed", 1, json!({})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "event `tickets.Thawed` version 1 at position 7 cannot be decoded as `evolution::Ticket`, which has no such wire \
         name\nhelp: decode it as its own type, or add the name with `#[event(alias = \"..\")]`"
    );
}

#[test]
fn an_event_of_another_type_is_not_unknown() {
    let error = recorded(old("tickets.Opened", 1, json!({"title": "t"}), &[])).decode::<mixed::Shipped>().unwrap_err();
    assert!(matches!(error.reason, DecodeReason::UnknownName { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "event `tickets.Opened` version 1 at position 7 cannot be decoded as `evolution::mixed::Shipped`, which has no \
         such wire name\nhelp: decode it as its own type, or add the name with `#[event(alias = \"..\")]`"
    );
}

#[test]
fn what_the_program_does_not_know_is_passed_over_where_the_reader_says_so() {
    let read = |name, version, payload| recorded(old(name, version, payload, &[])).decode_known::<Ticket>();
    assert_eq!(read("tickets.Frozen", 1, json!({})).unwrap(), Some(Ticket::Frozen));
    assert_eq!(read("tickets.Closed", 1, json!({})).unwrap(), Some(Ticket::Closed { reason: None }));
    assert_eq!(read("tickets.Thawed", 1, json!({})).unwrap(), None);
    assert_eq!(read("tickets.Closed", 3, json!({})).unwrap(), None);
    // What it knows and cannot read is no less an error.
    assert!(matches!(read("tickets.Opened", 1, json!({})).unwrap_err().reason, DecodeReason::Malformed(_)));
}
