//! Events as text that people read and that two lists of events are compared by.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{NewEvent, SchemaVersion, Tags};
use serde_json::value::RawValue;
use similar::TextDiff;

/// What of an event counts when it is compared: not its id, place, time and metadata.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    name: &'a str,
    version: SchemaVersion,
    tags: &'a Tags,
    payload: &'a [u8],
}

impl<'a> From<&'a NewEvent> for Content<'a> {
    fn from(event: &'a NewEvent) -> Content<'a> {
        Content { name: &event.name, version: event.schema_version, tags: &event.tags, payload: &event.payload }
    }
}

impl<'a> From<&'a RecordedEvent> for Content<'a> {
    fn from(event: &'a RecordedEvent) -> Content<'a> {
        Content { name: &event.name, version: event.schema_version, tags: &event.tags, payload: &event.payload }
    }
}

/// A head line with name, version and tags: `campus.CourseDefined version 1 [course:maths]`.
impl fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", self.name, self.version)?;
        if self.tags.is_empty() {
            return Ok(());
        }
        let tags: Vec<&str> = self.tags.iter().map(|tag| tag.as_str()).collect();
        write!(f, " [{}]", tags.join(", "))
    }
}

/// Every event with its payload. Two lists hold the same events exactly when their texts are equal.
pub(super) fn text<'a, E: 'a>(events: &'a [E]) -> String
where
    Content<'a>: From<&'a E>,
{
    let mut text = String::new();
    for event in events {
        let content = Content::from(event);
        let _ = writeln!(text, "{content}");
        write_json(&mut text, content.payload, 0);
        text.push('\n');
    }
    text
}

/// Writes JSON with one entry a line and sorted keys. Scalars stay as they were encoded: a number that no float holds
/// still differs from its neighbour.
pub(super) fn write_json(out: &mut String, json: &[u8], depth: usize) {
    let json = String::from_utf8_lossy(json);
    let json = json.trim();
    match json.as_bytes().first() {
        Some(b'{') => match serde_json::from_str::<BTreeMap<String, &RawValue>>(json) {
            Ok(fields) => write_list(out, '{', '}', depth, fields.iter().map(|(key, value)| (Some(key), *value))),
            Err(_) => out.push_str(json),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(items) => write_list(out, '[', ']', depth, items.into_iter().map(|value| (None, value))),
            Err(_) => out.push_str(json),
        },
        _ => out.push_str(json),
    }
}

fn write_list<'a>(
    out: &mut String,
    open: char,
    close: char,
    depth: usize,
    entries: impl ExactSizeIterator<Item = (Option<&'a String>, &'a RawValue)>,
) {
    out.push(open);
    let count = entries.len();
    for (index, (key, value)) in entries.enumerate() {
        new_line(out, depth + 1);
        if let Some(key) = key {
            let _ = write!(out, "{}: ", serde_json::Value::from(key.as_str()));
        }
        write_json(out, value.get().as_bytes(), depth + 1);
        if index + 1 < count {
            out.push(',');
        }
    }
    if count > 0 {
        new_line(out, depth);
    }
    out.push(close);
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// The lines of both texts, those that only `expected` has marked by `-`, those that only `found` has by `+`.
pub(super) fn diff(expected: &str, found: &str) -> String {
    let diff = TextDiff::from_lines(expected, found);
    diff.iter_all_changes().fold(String::new(), |mut text, change| {
        let line = change.value().trim_end_matches('\n');
        let _ = writeln!(text, "{} {line}", change.tag());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let mut out = String::new();
        write_json(&mut out, text.as_bytes(), 0);
        out
    }

    #[test]
    fn keys_are_sorted_and_numbers_keep_every_digit() {
        let pretty = json(r#"{"b":[1,{"c":null}],"a":{},"wei":340282366920938463463374607431768211455}"#);
        assert_eq!(
            pretty,
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"c\": null\n    }\n  ],\n  \
             \"wei\": 340282366920938463463374607431768211455\n}"
        );
        assert_eq!(json("{\"a\\\"\":\"x\"}"), "{\n  \"a\\\"\": \"x\"\n}");
        assert_eq!((json("null").as_str(), json("[]").as_str()), ("null", "[]"));
    }

    #[test]
    fn only_what_differs_is_marked() {
        assert_eq!(diff("a\nb\n", "a\nc\n"), "  a\n- b\n+ c\n");
    }

    #[test]
    fn every_part_of_an_event_counts() {
        let event = NewEvent::json("shop.Placed", r#"{"id":1,"by":"ada"}"#);
        let same = event.clone().with_payload(br#"{"by":"ada","id":1}"#.to_vec());
        assert_eq!(text(std::slice::from_ref(&event)), text(&[same]));
        let mut tags = Tags::new();
        tags.push("order", 1);
        for other in [
            event.clone().with_name("shop.Paid"),
            event.clone().with_tags(tags),
            event.clone().with_schema_version(SchemaVersion::new(2).unwrap()),
            event.clone().with_payload(br#"{"id":2,"by":"ada"}"#.to_vec()),
        ] {
            assert_ne!(text(std::slice::from_ref(&event)), text(&[other]));
        }
    }
}
