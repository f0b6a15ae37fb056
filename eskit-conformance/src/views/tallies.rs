//! The aggregates whose rows the suite keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use eskit_runtime::codec::DecodeError;
use eskit_runtime::model::{AggregateType, EventTypes, Evolve, Key, Keys};
use eskit_runtime::rows::{ReadRows, Rows};
use eskit_runtime::subscription::{Apply, TellChanges};
use eskit_runtime::{Aggregate, RecordedEvent};
use serde::{Deserialize, Serialize};

use super::probe::{KEY, LOCATION, NOTED_TYPE};
use crate::rng::Rng;

/// The second tag of the aggregate with two.
pub(super) const OTHER_KEY: &str = "other";
/// The type of the streams of the aggregate that has one.
pub(super) const STREAM: &str = "tally";
/// An event with a tag of this key cannot be folded in.
pub(super) const REFUSED: &str = "refused";

/// Views that keep the rows of the suite. Implemented for all that keep the rows of any aggregate.
pub trait KeepRows:
    ReadRows
    + Apply<Rows<Tally<ByTag>>>
    + Apply<Rows<Tally<ByTags>>>
    + Apply<Rows<Tally<ByStream>>>
    + Apply<Rows<Tally<OfAll>>>
    + Apply<Rows<Tally<RevisedByTag>>>
{
}

impl<V> KeepRows for V where
    V: ReadRows
        + Apply<Rows<Tally<ByTag>>>
        + Apply<Rows<Tally<ByTags>>>
        + Apply<Rows<Tally<ByStream>>>
        + Apply<Rows<Tally<OfAll>>>
        + Apply<Rows<Tally<RevisedByTag>>>
{
}

/// Views that keep the rows of the suite, and tell of changes in them.
pub trait KeepChanges: KeepRows + TellChanges {}

impl<V> KeepChanges for V where V: KeepRows + TellChanges {}

/// What selects the events of a [`Tally`].
pub trait TallyKind: fmt::Debug + Send + Sync + 'static {
    /// Its description.
    const TYPE: &'static AggregateType;
    /// Its keys.
    type Keys;
}

const BASE: AggregateType = AggregateType {
    personal: None,
    name: "Tally",
    key: Key::Tags(&[KEY]),
    id_types: &[],
    partial: false,
    index: &["delta", "flag", "number", "serial", "text"],
    version: 1,
    shape: 0,
    slug: "tally",
    public: true,
    location: LOCATION,
};

/// One for each value of a tag.
#[derive(Debug)]
pub enum ByTag {}

/// The second version of [`ByTag`], with an index on one more field.
#[derive(Debug)]
pub enum RevisedByTag {}

/// One for each pair of values of two tags.
#[derive(Debug)]
pub enum ByTags {}

/// One for each stream.
#[derive(Debug)]
pub enum ByStream {}

/// A single one.
#[derive(Debug)]
pub enum OfAll {}

impl TallyKind for ByTag {
    const TYPE: &'static AggregateType = &BASE;
    type Keys = Keys<1>;
}

impl TallyKind for RevisedByTag {
    const TYPE: &'static AggregateType =
        &AggregateType { version: 2, index: &["delta", "flag", "number", "serial", "text", "count"], ..BASE };
    type Keys = Keys<1>;
}

impl TallyKind for ByTags {
    const TYPE: &'static AggregateType =
        &AggregateType { key: Key::Tags(&[KEY, OTHER_KEY]), slug: "tally-by-tags", ..BASE };
    type Keys = Keys<2>;
}

impl TallyKind for ByStream {
    const TYPE: &'static AggregateType = &AggregateType { key: Key::Stream(STREAM), slug: "tally-by-stream", ..BASE };
    type Keys = Keys<1>;
}

impl TallyKind for OfAll {
    const TYPE: &'static AggregateType = &AggregateType { key: Key::All, slug: "tally-of-all", ..BASE };
    type Keys = Keys<0>;
}

/// The state that the suite folds: it depends on each event and on their order, and holds a value of each kind that can be indexed.
#[derive(Serialize, Deserialize, Debug)]
#[serde(bound = "")]
pub struct Tally<K> {
    pub(super) count: u64,
    pub(super) hash: u64,
    pub(super) delta: i64,
    pub(super) flag: Option<bool>,
    pub(super) number: Option<f64>,
    pub(super) serial: u64,
    pub(super) text: Option<String>,
    pub(super) wide: u128,
    #[serde(skip)]
    of: PhantomData<fn() -> K>,
}

impl<K> Default for Tally<K> {
    fn default() -> Tally<K> {
        let (count, hash, delta, serial, wide) = (0, 0, 0, 0, 0);
        Tally { count, hash, delta, flag: None, number: None, serial, text: None, wide, of: PhantomData }
    }
}

impl<K> Clone for Tally<K> {
    fn clone(&self) -> Tally<K> {
        Tally { text: self.text.clone(), ..*self }
    }
}

/// Floats are compared to the last bit.
impl<K> PartialEq for Tally<K> {
    fn eq(&self, other: &Tally<K>) -> bool {
        let all = |tally: &Tally<K>| {
            let Tally { count, hash, delta, flag, serial, wide, .. } = *tally;
            (count, hash, delta, flag, tally.number.map(f64::to_bits), serial, wide)
        };
        all(self) == all(other) && self.text == other.text
    }
}

impl<K> Tally<K> {
    #[allow(clippy::panic, reason = "whether views survive a panic is what is tested")]
    fn add(&mut self, event: &RecordedEvent) {
        if event.tags.values(REFUSED).next().is_some() {
            panic!("the event at position {} is refused", event.position);
        }
        self.count += 1;
        self.hash = (self.hash ^ event.position.get()).wrapping_mul(0x0100_0000_01b3);
        let mut rng = Rng::new(self.hash);
        self.delta = DELTAS[rng.below(DELTAS.len() as u64) as usize];
        self.flag = [None, Some(false), Some(true)][rng.below(3) as usize];
        self.number = number(&mut rng);
        self.serial = [0, 1, 2, 10, u64::MAX, u64::MAX - 1, 1 << 53, (1 << 53) + 1][rng.below(8) as usize];
        self.text = rng.chance(80).then(|| TEXTS[rng.below(TEXTS.len() as u64) as usize].to_owned());
        self.wide = u128::from(rng.next()) << 64 | u128::from(rng.next());
    }
}

/// Whole numbers that must be told apart.
pub(super) const DELTAS: [i64; 8] = [i64::MIN, i64::MIN + 1, -10, -1, 0, 2, 10, i64::MAX];
/// Texts that must be sorted by their bytes.
pub(super) const TEXTS: [&str; 10] = ["", "A", "a", "a\0", "a\tb", "aa", "b%_\\", "\"'`;--", "é", "漢字🦀"];

/// A float, now and then of any pattern of bits.
pub(super) fn number(rng: &mut Rng) -> Option<f64> {
    let any = f64::from_bits(rng.next());
    match rng.below(8) {
        0 => None,
        1 => Some(0.1 + 0.2),
        2 => Some(-0.0),
        3 => Some(10.0),
        4 => Some(-1.5),
        _ => Some(if any.is_finite() { any } else { 1e300 }),
    }
}

impl<K: TallyKind> Aggregate for Tally<K> {
    const TYPE: &'static AggregateType = K::TYPE;
    type Keys = K::Keys;

    fn initial() -> Tally<K> {
        Tally::default()
    }
}

impl<K: TallyKind> Evolve for Tally<K> {
    const EVENTS: EventTypes = EventTypes::One(&NOTED_TYPE);

    fn evolve(&mut self, event: &RecordedEvent) -> Result<bool, DecodeError> {
        self.add(event);
        Ok(true)
    }
}

/// What rows should be after these events: the keys, with states and the positions of the last events.
pub(super) fn tallies<K: TallyKind>(events: &[RecordedEvent]) -> BTreeMap<String, (Tally<K>, u64)> {
    let mut rows: BTreeMap<String, (Tally<K>, u64)> = BTreeMap::new();
    for event in events {
        for key in keys(K::TYPE.key, event) {
            let (tally, position) = rows.entry(key).or_default();
            tally.add(event);
            *position = event.position.get();
        }
    }
    rows
}

/// The keys of an event, as rows name them.
fn keys(key: Key, event: &RecordedEvent) -> BTreeSet<String> {
    let values = |name: &str| event.tags.values(name).map(str::to_owned).collect::<Vec<_>>();
    match key {
        Key::All => BTreeSet::from([String::new()]),
        Key::Stream(name) => {
            let own = event.stream.as_ref().filter(|at| at.stream.stream_type() == name);
            own.map(|at| at.stream.id().to_owned()).into_iter().collect()
        }
        Key::Tags(names) => match names {
            [first, second] => {
                let pair = |first: &String, second: &String| format!("{}\t{}", escaped(first), escaped(second));
                let seconds = values(second);
                values(first)
                    .iter()
                    .flat_map(|first| seconds.iter().map(|second| pair(first, second)).collect::<Vec<_>>())
                    .collect()
            }
            names => names.iter().flat_map(|name| values(name)).collect(),
        },
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\t', "\\t")
}
