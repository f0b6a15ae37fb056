//! What a column of PostgreSQL does to the values of events.

use std::collections::BTreeMap;

use eskit::log::{Append, NewEvent, Query, ReadOptions};
use eskit::prelude::*;
use eskit_postgres::{PayloadType, PostgresStore, testing};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Weighed {
    double: f64,
    single: f32,
    many: Vec<f64>,
    unsigned: u128,
    signed: i128,
    small: i64,
    text: String,
    map: BTreeMap<String, Option<f64>>,
    #[serde(flatten)]
    flat: Flat,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Flat {
    share: f64,
    count: u64,
}

fn double() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |float| float.is_finite())
}

fn weighed() -> impl Strategy<Value = Weighed> {
    let numbers = (double(), any::<u128>(), any::<i128>(), any::<i64>());
    let single = any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |float| float.is_finite());
    let texts = ("[^\0]{0,20}", proptest::collection::btree_map("[^\0]{0,5}", proptest::option::of(double()), 0..4));
    let flat = (double(), any::<u64>()).prop_map(|(share, count)| Flat { share, count });
    (numbers, single, proptest::collection::vec(double(), 0..5), texts, flat).prop_map(
        |((double, unsigned, signed, small), single, many, (text, map), flat)| Weighed {
            double,
            single,
            many,
            unsigned,
            signed,
            small,
            text,
            map,
            flat,
        },
    )
}

/// Values at the ends, and some between.
fn samples() -> Vec<Weighed> {
    let mut runner = TestRunner::deterministic();
    let strategy = weighed();
    let mut samples: Vec<Weighed> = (0..200).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let ends = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e16, 1e21, 0.0, -0.0, 117.63331139400017];
    samples.extend(ends.map(|double| Weighed { double, single: f32::MAX, many: vec![double], ..samples[0].clone() }));
    samples
}

#[tokio::test]
async fn every_column_type_gives_values_back() {
    let Some(database) = testing::database().await.unwrap() else { return };
    for payload in [PayloadType::Bytea, PayloadType::Json, PayloadType::Jsonb] {
        let options = PostgresStore::options().schema(format!("as_{payload:?}").to_lowercase()).payload_type(payload);
        let store = options.migrate(true).open(database.pool()).await.unwrap();
        let samples = samples();
        store.append(Append::new(NewEvent::encode(&samples).unwrap())).await.unwrap();
        let page = store.read(&Query::all(), ReadOptions::default()).await.unwrap();
        assert_eq!(page.events.len(), samples.len());
        for (event, sample) in page.events.iter().zip(&samples) {
            assert_eq!(event.decode::<Weighed>().unwrap(), *sample, "{payload:?}: {event:?}");
        }
    }
}

#[tokio::test]
async fn what_jsonb_changes_is_what_its_documentation_says() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let options = PostgresStore::options().payload_type(PayloadType::Jsonb).migrate(true);
    let store = options.open(database.pool()).await.unwrap();
    let cases = [
        (r#"{"b":1,"a":2,"b":3}"#, r#"{"a": 2, "b": 3}"#),
        ("[1e16,1.50,-0.0,1E-7]", "[10000000000000000, 1.50, 0.0, 0.0000001]"),
    ];
    for (json, _) in cases {
        store.append(Append::new(vec![NewEvent::json("tests.Any", json)])).await.unwrap();
    }
    let page = store.read(&Query::all(), ReadOptions::default()).await.unwrap();
    for (event, (_, back)) in page.events.iter().zip(cases) {
        assert_eq!(String::from_utf8_lossy(&event.payload), back);
    }
}

#[tokio::test]
async fn a_nul_character_is_refused_by_name() {
    let Some(database) = testing::database().await.unwrap() else { return };
    for payload in [PayloadType::Bytea, PayloadType::Json, PayloadType::Jsonb] {
        let options = PostgresStore::options().schema(format!("as_{payload:?}").to_lowercase()).payload_type(payload);
        let store = options.migrate(true).open(database.pool()).await.unwrap();
        let event = Weighed { map: [("x".to_owned(), None), ("a\0b".to_owned(), None)].into(), ..samples()[0].clone() };
        let appended = store.append(Append::new(NewEvent::encode(&event).unwrap())).await;
        if payload != PayloadType::Jsonb {
            let page = {
                appended.unwrap();
                store.read(&Query::all(), ReadOptions::default()).await.unwrap()
            };
            assert_eq!(page.events[0].decode::<Weighed>().unwrap(), event);
            continue;
        }
        let error = appended.unwrap_err().to_string();
        assert_eq!(
            error,
            "the log `as_jsonb.*` keeps payloads as `jsonb`: event `eskit-tests.Weighed` holds a NUL character in `map`, which \
             PostgreSQL refuses there\nhelp: leave it out, or keep payloads as `json` or `bytea`"
        );
    }
}
