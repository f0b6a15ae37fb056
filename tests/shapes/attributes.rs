//! Serde's attributes on containers, variants and fields, and shapes that are stated.

use std::collections::HashMap;

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Renamed {
    two_words: u8,
    #[serde(rename = "own name")]
    own: u8,
    #[serde(rename(serialize = "out", deserialize = "in"), alias = "out", alias = "also")]
    both_ways: u8,
    nested: Nested,
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
#[derive(Default)]
struct Nested {
    some_value: u8,
    #[serde(skip)]
    skipped: Option<fn()>,
    r#type: u8,
}

#[derive(Event, Serialize, Deserialize)]
struct Presence {
    option: Option<u8>,
    #[serde(default)]
    default: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    omitted: Vec<u8>,
    #[serde(skip_serializing, default)]
    unwritten: u8,
    #[serde(skip_deserializing)]
    unread: u8,
    #[serde(skip)]
    absent: u8,
}

#[derive(Event, Serialize, Deserialize)]
struct Flattened {
    a: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

#[derive(Shape, Serialize, Deserialize)]
struct Inner {
    b: u8,
    c: Option<u8>,
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent {
    inner: Option<u8>,
}

#[derive(Shape, Serialize, Deserialize, Clone)]
#[serde(from = "String", into = "String")]
struct Proxied(u8);

impl From<String> for Proxied {
    fn from(text: String) -> Proxied {
        Proxied(text.parse().unwrap_or_default())
    }
}

impl From<Proxied> for String {
    fn from(proxied: Proxied) -> String {
        proxied.0.to_string()
    }
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(tag = "t")]
struct TaggedStruct {
    a: u8,
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A type of a crate that knows nothing of eskit.
#[derive(Serialize, Deserialize)]
struct Foreign;

#[derive(Event, Serialize, Deserialize)]
struct Stated {
    transparent: Transparent,
    proxied: Proxied,
    tagged: TaggedStruct,
    #[serde(with = "as_text")]
    #[shape(as = String)]
    by_function: u64,
    #[shape("geo-point")]
    by_name: Vec<Foreign>,
    #[shape(as = Vec<Transparent>)]
    by_type: Foreign,
}

#[derive(Event, Serialize, Deserialize)]
#[shape(unlocked)]
struct Unlocked {
    foreign: Foreign,
}

#[derive(Event, Serialize, Deserialize)]
#[serde(transparent)]
#[shape(as = String)]
struct StatedWhole(Foreign);
