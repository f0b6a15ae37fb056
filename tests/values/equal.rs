//! Values of every kind that serde knows, written and read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use eskit::prelude::*;
use proptest::collection::{btree_map, btree_set, hash_map, hash_set, vec};
use proptest::prelude::*;
use serde_json::Value;

use crate::same;

/// A float that is equal to itself, bit for bit.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(transparent)]
struct Double(f64);

impl PartialEq for Double {
    fn eq(&self, other: &Double) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(transparent)]
struct Single(f32);

impl PartialEq for Single {
    fn eq(&self, other: &Single) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// Every finite float, each bit pattern as likely as the other.
fn double() -> impl Strategy<Value = Double> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |float| float.is_finite()).prop_map(Double)
}

fn single() -> impl Strategy<Value = Single> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |float| float.is_finite()).prop_map(Single)
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Floats {
    double: Double,
    single: Single,
    either: Option<Double>,
    many: Vec<Double>,
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Integers {
    small: (u8, i8, u16, i16, u32, i32, u64, i64),
    unsigned: u128,
    signed: i128,
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Texts {
    text: String,
    character: char,
    by_text: BTreeMap<String, String>,
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Maps {
    by_number: BTreeMap<i128, u128>,
    by_character: BTreeMap<char, Option<bool>>,
    by_truth: BTreeMap<bool, ()>,
    by_kind: HashMap<Kind, HashSet<u64>>,
    in_any_order: HashMap<String, BTreeSet<String>>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, Clone, Debug)]
enum Kind {
    Small,
    #[serde(rename = "\u{0}\"\\ large")]
    Large,
}

#[derive(Event, Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Shapes {
    tree: Tree,
    tagged: Tagged,
    json: Value,
    nested: Option<Box<Shapes>>,
    #[serde(flatten)]
    flat: Flat,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
enum Tree {
    Leaf,
    One(Box<Tree>),
    Two(Box<Tree>, Box<Tree>),
    Named { left: Option<Box<Tree>>, weight: Double },
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(tag = "kind")]
enum Tagged {
    Count { count: i64 },
    Share { share: Double, note: Option<String> },
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Flat {
    ratio: Double,
    precise: Single,
    amount: u64,
    note: Option<String>,
}

fn tree() -> impl Strategy<Value = Tree> {
    Just(Tree::Leaf).prop_recursive(40, 60, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::One(Box::new(tree))),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| Tree::Two(Box::new(one), Box::new(two))),
            (proptest::option::of(inner), double())
                .prop_map(|(left, weight)| Tree::Named { left: left.map(Box::new), weight }),
        ]
    })
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        double().prop_map(|float| Value::from(float.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 30, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

fn tagged() -> impl Strategy<Value = Tagged> {
    prop_oneof![
        any::<i64>().prop_map(|count| Tagged::Count { count }),
        (double(), any::<Option<String>>()).prop_map(|(share, note)| Tagged::Share { share, note }),
    ]
}

fn shape() -> impl Strategy<Value = Shapes> {
    let flat = (double(), single(), any::<u64>(), any::<Option<String>>());
    let flat = flat.prop_map(|(ratio, precise, amount, note)| Flat { ratio, precise, amount, note });
    (tree(), tagged(), json(), flat).prop_map(|(tree, tagged, json, flat)| Shapes {
        tree,
        tagged,
        json,
        nested: None,
        flat,
    })
}

fn shapes() -> impl Strategy<Value = Shapes> {
    (shape(), proptest::option::of(shape()))
        .prop_map(|(outer, nested)| Shapes { nested: nested.map(Box::new), ..outer })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn floats(double in double(), single in single(), many in vec(double(), 0..40)) {
        same(Floats { either: many.last().cloned(), double, single, many });
    }

    #[test]
    fn integers(small in any::<(u8, i8, u16, i16, u32, i32, u64, i64)>(), unsigned: u128, signed: i128) {
        same(Integers { small, unsigned, signed });
    }

    #[test]
    fn texts(text: String, character: char, by_text: BTreeMap<String, String>) {
        same(Texts { text, character, by_text });
    }

    #[test]
    fn maps_and_sets(
        by_number in btree_map(any::<i128>(), any::<u128>(), 0..9),
        by_character: BTreeMap<char, Option<bool>>,
        by_truth: BTreeMap<bool, ()>,
        by_kind in hash_map(prop_oneof![Just(Kind::Small), Just(Kind::Large)], hash_set(any::<u64>(), 0..9), 0..3),
        in_any_order in hash_map(any::<String>(), btree_set(any::<String>(), 0..3), 0..9),
    ) {
        same(Maps { by_number, by_character, by_truth, by_kind, in_any_order });
    }

    #[test]
    fn shapes_of_every_representation(event in shapes()) {
        same(event);
    }
}

#[test]
fn the_ends_of_every_number() {
    for double in [0.0, -0.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::EPSILON, 5e-324, 117.63331139400017] {
        let single = double as f32;
        let single = Single(if single.is_finite() { single } else { f32::MAX });
        same(Floats { double: Double(double), single, either: Some(Double(-double)), many: vec![Double(double)] });
    }
    let small = (u8::MAX, i8::MIN, u16::MAX, i16::MIN, u32::MAX, i32::MIN, u64::MAX, i64::MIN);
    same(Integers { small, unsigned: u128::MAX, signed: i128::MIN });
    same(Integers { small, unsigned: 1 << 64, signed: -(1 << 63) - 1 });
}
