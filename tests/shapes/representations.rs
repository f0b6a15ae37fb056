//! Structs and enums in each of serde's representations, generic and recursive ones too.

use std::marker::PhantomData;

use std::collections::BTreeMap;

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct UnitStruct;

#[derive(Event, Serialize, Deserialize)]
struct Newtype(Option<u8>);

#[derive(Event, Serialize, Deserialize)]
struct Tuple(#[tag("first")] u8, Choice, Adjacent, Internal, Untagged);

#[derive(Shape, Serialize, Deserialize)]
pub(crate) enum Choice {
    Unit,
    One(u8),
    Two(u8, bool),
    Named { a: u8, b: Option<Box<Choice>> },
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Adjacent {
    FirstOfAll,
    Second { some_name: u8 },
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    #[serde(rename = "a", alias = "b")]
    A { x: u8 },
    #[serde(other)]
    Other,
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Text(String),
}

#[derive(Shape, Serialize, Deserialize)]
struct Pair<A, B> {
    a: A,
    b: Vec<B>,
}

#[derive(Shape, Serialize, Deserialize)]
struct Tree<T> {
    value: T,
    below: Vec<Tree<T>>,
}

trait Keyed {
    type Key;
}

struct Shop;

impl Keyed for Shop {
    type Key = u16;
}

/// Of a type that has no shape, but names some that do.
#[derive(Shape, Serialize, Deserialize)]
#[serde(bound(serialize = "T::Key: Serialize", deserialize = "T::Key: Deserialize<'de>"))]
struct ByKey<T: Keyed> {
    key: T::Key,
    others: Vec<<T as Keyed>::Key>,
}

/// The same, where another type is written in place of this one.
#[derive(Shape, Serialize, Deserialize, Clone)]
#[serde(from = "(T, T)", into = "(T, T)")]
struct InPlace<T: Clone> {
    both: [T; 2],
}

impl<T: Clone> From<(T, T)> for InPlace<T> {
    fn from((first, second): (T, T)) -> InPlace<T> {
        InPlace { both: [first, second] }
    }
}

impl<T: Clone> From<InPlace<T>> for (T, T) {
    fn from(InPlace { both: [first, second] }: InPlace<T>) -> (T, T) {
        (first, second)
    }
}

/// Of a type that has no shape, but marks this one.
#[derive(Shape, Serialize, Deserialize)]
#[serde(bound = "")]
struct Marked<T, U> {
    id: u64,
    of: PhantomData<T>,
    #[serde(skip)]
    cached: Option<U>,
}

struct Mark;

#[derive(Event, Serialize, Deserialize)]
struct Generic {
    by_key: ByKey<Shop>,
    in_place: InPlace<bool>,
    marked: Marked<Mark, Mark>,
    pair: Pair<u8, Pair<String, bool>>,
    tree: Tree<u32>,
}

/// Variants that are events of their own, in one and in another version.
#[derive(Event)]
#[event(context = "parcel")]
#[serde(rename_all_fields = "camelCase")]
enum Parcel {
    #[event(alias = "parcel.Packed")]
    Posted {
        #[tag]
        parcel: u64,
        weight_grams: u32,
    },
    #[event(version = 2, upcast(1 = as_it_is))]
    Delivered {
        #[serde(default)]
        at_door: bool,
    },
    Lost,
    Generic(Generic),
}

fn as_it_is(value: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    Ok(value)
}

/// The numbers of fields, also where prost counts them, of those inside, and of the variants of a oneof.
#[derive(Event, prost::Message, Serialize, Deserialize)]
#[event(codec = "protobuf")]
struct Numbered {
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, optional)]
    inner: Option<NumberedInner>,
    #[prost(btree_map = "string, uint32", tag = "7")]
    counts: BTreeMap<String, u32>,
    #[prost(oneof = "NumberedChoice", tags = "8, 9")]
    choice: Option<NumberedChoice>,
}

#[derive(Shape, prost::Oneof, Serialize, Deserialize)]
enum NumberedChoice {
    #[prost(string, tag = "8")]
    Text(String),
    #[prost(sint32, tag = "9")]
    Number(i32),
}

#[derive(Shape, prost::Message, Serialize, Deserialize)]
struct NumberedInner {
    #[prost(sint64, repeated, packed = "false", tag = "1")]
    values: Vec<i64>,
}

#[test]
fn items_in_functions_are_events_too() {
    #[derive(Event, Serialize, Deserialize)]
    struct InFunction {
        local: Local,
    }

    #[derive(Shape, Serialize, Deserialize)]
    struct Local(u8);

    assert!(serde_json::to_value(InFunction { local: Local(1) }).is_ok());
}
