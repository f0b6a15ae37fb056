//! Rows of odd states under odd keys, and what goes wrong.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::collections::BTreeMap;

use eskit::log::{Append, NewEvent, Position};
use eskit::prelude::*;
use eskit::rows::{ReadRows, Rows};
use eskit::subscription::{Apply, FollowOptions, Subscriber};
use eskit::{EventStore, RetryPolicy, Running};

/// Views that hold the rows of these tests.
pub(crate) trait OddViews: ReadRows + Apply<Rows<Odd>> + Apply<Rows<Pair>> + Apply<Rows<Ratio>> {}

impl<V> OddViews for V where V: ReadRows + Apply<Rows<Odd>> + Apply<Rows<Pair>> + Apply<Rows<Ratio>> {}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug, Default)]
pub(crate) enum Kind {
    #[default]
    Plain,
    Sized {
        edge: f64,
    },
    Named(String, u8),
}

/// Names that a table of rows has too, and a name that is a word of Rust.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    r#type: String,
    key: Option<String>,
    state: bool,
    position: i64,
    changed_at: u64,
    ratio: f64,
    single: f32,
    big: u128,
    kind: Kind,
    by_number: BTreeMap<u32, Option<String>>,
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct Drawn {
    #[tag]
    odd: String,
    shape: Shape,
}

#[derive(Command)]
pub(crate) struct Draw {
    #[tag]
    odd: String,
    shape: Shape,
}

#[aggregate(tag = "odd", index("type", "key", "state", "position", "changedAt", "ratio", "single", "big"))]
#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Odd {
    r#type: String,
    key: Option<String>,
    state: bool,
    position: i64,
    changed_at: u64,
    ratio: f64,
    single: f32,
    big: u128,
    kind: Kind,
    by_number: BTreeMap<u32, Option<String>>,
}

#[decider]
impl Odd {
    #[evolve]
    fn drawn(&mut self, e: &Drawn) {
        let Shape { r#type, key, state, position, changed_at, ratio, single, big, kind, by_number } = e.shape.clone();
        *self = Odd { r#type, key, state, position, changed_at, ratio, single, big, kind, by_number };
    }

    #[decide]
    fn draw(&self, c: &Draw) -> Drawn {
        Drawn { odd: c.odd.clone(), shape: c.shape.clone() }
    }
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct Matched {
    #[tag("left")]
    lefts: Vec<String>,
    #[tag("right")]
    rights: Vec<String>,
}

#[aggregate(tag("left", "right"))]
#[derive(Serialize, Deserialize, PartialEq, Debug, Default)]
pub(crate) struct Pair {
    times: u32,
}

#[decider]
impl Pair {
    #[evolve]
    fn matched(&mut self, _: &Matched) {
        self.times += 1;
    }
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct Measured {
    #[tag]
    ratio: String,
    count: u32,
}

#[derive(Command)]
pub(crate) struct Measure {
    #[tag]
    ratio: String,
    count: u32,
}

/// A state that is no number after a count of zero, and cannot be written after one of thirteen.
#[aggregate(tag = "ratio", index("mean"))]
#[derive(Serialize, Deserialize, Default, Debug)]
pub(crate) struct Ratio {
    mean: Option<f64>,
    #[serde(serialize_with = "unlucky")]
    count: u32,
}

#[allow(clippy::panic, reason = "what a panic does is tested")]
fn unlucky<S: serde::Serializer>(count: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    if *count == 13 { panic!("unlucky") } else { serializer.serialize_u32(*count) }
}

#[decider]
impl Ratio {
    #[evolve]
    fn measured(&mut self, e: &Measured) {
        self.count = e.count;
        self.mean = Some(if e.count == 0 { f64::NAN } else { 1.0 / f64::from(e.count) });
    }

    #[decide]
    fn measure(&self, c: &Measure) -> Measured {
        Measured { ratio: c.ratio.clone(), count: c.count }
    }
}

fn shape(n: u64) -> Shape {
    // SplitMix64, so that every pattern of bits is met.
    let mut bits = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let (ratio, single) = (f64::from_bits(bits), f32::from_bits(bits as u32));
    Shape {
        r#type: ["", "\u{1}\u{7f}", "nul \0", "quotes \"'`", "%_\\", "漢字 🦀"][n as usize % 6].to_owned(),
        key: (!n.is_multiple_of(3)).then(|| "k".repeat(n as usize % 3 * 600)),
        state: n.is_multiple_of(2),
        position: i64::MIN.wrapping_add(n as i64),
        changed_at: u64::MAX - n,
        ratio: if ratio.is_finite() { ratio } else { -0.0 },
        single: if single.is_finite() { single } else { f32::MIN_POSITIVE },
        big: u128::MAX / (u128::from(n) + 1),
        kind: [Kind::Plain, Kind::Sized { edge: 0.1 + 0.2 }, Kind::Named("\0".to_owned(), 7)][n as usize % 3].clone(),
        by_number: BTreeMap::from([(n as u32, None), (u32::MAX, Some("x".to_owned()))]),
    }
}

const KEYS: [&str; 9] = ["a\tb", "a\\tb", "\"'`; --", " ", "é漢字🦀", "%_", "\u{1}\n\r", "null", "e\u{301}"];

pub(crate) async fn odd_states_come_back_as_they_were<V: OddViews>(views: V) {
    let app = App::new(MemoryStore::new()).with_rows::<Odd>(views.clone()).start().await.unwrap();
    let long = "ü".repeat(128);
    for n in 0..60 {
        let key = KEYS.get(n as usize % 10).copied().unwrap_or(&long);
        let done = app.execute(Draw { odd: key.to_owned(), shape: shape(n) }).await.unwrap();
        if n % 7 == 0 {
            app.caught_up::<Rows<Odd>>(&done).await.unwrap();
        }
    }
    app.caught_up::<Rows<Odd>>(Position::new(60)).await.unwrap();
    let rows = || views.rows::<Odd>();
    for key in KEYS.into_iter().chain([long.as_str()]) {
        let (row, loaded) = (rows().get(key).await.unwrap().unwrap(), app.load::<Odd>(key).await.unwrap());
        assert_eq!((row.key.as_str(), &row.state, row.position), (key, &*loaded, loaded.last.position));
        assert_eq!((row.ratio.to_bits(), row.single.to_bits()), (loaded.ratio.to_bits(), loaded.single.to_bits()));
        let found = rows()
            .equal("type", &loaded.r#type)
            .equal("key", loaded.state.key.as_ref())
            .equal("state", loaded.state.state);
        let found = found.equal("position", loaded.position).equal("changedAt", loaded.changed_at);
        let found = found.equal("ratio", loaded.ratio).equal("single", loaded.single).equal("big", loaded.big);
        let found: Vec<String> = found.list().await.unwrap().rows.into_iter().map(|row| row.key).collect();
        assert_eq!(found, [key]);
    }
    let mut sorted: Vec<String> = KEYS.into_iter().chain([long.as_str()]).map(str::to_owned).collect();
    sorted.sort();
    let listed: Vec<String> = rows().list().await.unwrap().rows.into_iter().map(|row| row.key).collect();
    assert_eq!(listed, sorted);
    assert!(rows().get("a\0b").await.unwrap().is_none());
    app.stop().await.unwrap();
}

pub(crate) async fn an_event_of_several_instances_counts_once_for_each<V: OddViews>(views: V) {
    let store = MemoryStore::new();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let values = ["a", "a\tb", "b", "a\\", "tb"];
    let matched = |lefts: &[&str], rights: &[&str]| Matched { lefts: texts(lefts), rights: texts(rights) };
    for event in [matched(&["a", "b", "a"], &values), matched(&values, &["b\tc", "c"]), matched(&[], &["b"])] {
        store.append(Append::new(NewEvent::encode(&event).unwrap())).await.unwrap();
    }
    let app = App::new(store).with_rows::<Pair>(views.clone()).start().await.unwrap();
    app.caught_up::<Rows<Pair>>(Position::new(3)).await.unwrap();
    let mut count = 0;
    for left in values {
        for right in values.into_iter().chain(["b\tc", "c"]) {
            let loaded = app.load::<Pair>((left, right)).await.unwrap();
            let row = views.rows::<Pair>().get((left, right)).await.unwrap();
            assert_eq!(row.as_ref().map_or(0, |row| row.times), loaded.times, "{left:?} and {right:?}");
            count += u64::from(row.is_some());
        }
    }
    assert_eq!((views.rows::<Pair>().count().await.unwrap(), count), (20, 20));
    app.stop().await.unwrap();
}

async fn failed<P: Subscriber>(app: &Running<MemoryStore>, position: Position) -> String {
    app.caught_up::<P>(position).await.unwrap_err().to_string()
}

/// A row of the first event, and a second event after which the state cannot be written.
async fn not_kept<V: OddViews>(views: V, count: u32, why: &str) {
    let mut options = FollowOptions::default();
    options.retry = RetryPolicy::never();
    let app = App::new(MemoryStore::new()).with_follow_options(options);
    let app = app.with_rows::<Ratio>(views.clone()).start().await.unwrap();
    let done = app.execute(Measure { ratio: "r".to_owned(), count: 4 }).await.unwrap();
    app.caught_up::<Rows<Ratio>>(&done).await.unwrap();
    app.execute(Measure { ratio: "r".to_owned(), count }).await.unwrap();
    let text = failed::<Rows<Ratio>>(&app, Position::new(2)).await;
    assert!(text.contains(why), "{text}");
    let row = views.rows::<Ratio>().get("r").await.unwrap().unwrap();
    assert_eq!((row.count, row.position.get()), (4, 1));
    app.stop().await.unwrap();
}

pub(crate) async fn a_state_that_json_would_change_is_not_kept<V: OddViews>(views: V) {
    let error = views.rows::<Ratio>().equal("mean", f64::NAN).list().await.unwrap_err();
    assert!(error.to_string().starts_with("the value for `mean` cannot be compared: it is a number"), "{error}");
    let why =
        "the state of `Ratio` with the key `r` cannot be kept as a row: `mean` is NaN, for which JSON has only `null`";
    not_kept(views, 0, why).await;
}

pub(crate) async fn a_panic_of_serde_loses_no_row<V: OddViews>(views: V) {
    not_kept(views, 13, "the handler panicked: unlucky").await;
}
