//! Whether a stored payload has the shape that a record describes. The compiler cannot see that: events may have been written by other
//! programs, by hand, or before the lock.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde_json::{Map, Value};

use super::node::{Node, strip, strip_personal};
use crate::shape::names::unescaped;

/// Compares a payload with the lines of a version's record. The error says where it differs, and how.
pub(super) fn compare(record: &str, payload: &Value) -> Result<(), String> {
    let root = Node::root(record);
    check(root, root.head(), payload, &mut Path("payload".to_owned()))
}

/// The way to a part of a payload, such as `payload.lines[2].sku`.
struct Path(String);

impl Path {
    /// Checks a part.
    fn at<T>(&mut self, part: impl fmt::Display, check: impl FnOnce(&mut Path) -> T) -> T {
        let len = self.0.len();
        // Writing to a text cannot fail.
        let _ = write!(self.0, "{part}");
        let checked = check(self);
        self.0.truncate(len);
        checked
    }

    fn is(&self, what: impl fmt::Display) -> Result<(), String> {
        Err(format!("`{}` {what}", self.0))
    }

    fn is_no(&self, wanted: impl fmt::Display, found: &Value) -> Result<(), String> {
        let found = match found {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "a boolean".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::String(_) => "a text".to_owned(),
            Value::Array(items) => format!("a list of {}", items.len()),
            Value::Object(_) => "an object".to_owned(),
        };
        self.is(format_args!("is {found}, and not {wanted}"))
    }
}

/// `head` is what of the node's words is not compared yet.
fn check(node: Node<'_>, head: &str, value: &Value, path: &mut Path) -> Result<(), String> {
    if let Some((_, head)) = strip_personal(head) {
        return if is_sealed(value) { Ok(()) } else { check(node, head, value, path) };
    }
    if let Some(head) = strip(head, "option ") {
        return if value.is_null() { Ok(()) } else { check(node, head, value, path) };
    }
    if let Some(head) = strip(head, "list ") {
        let Value::Array(items) = value else { return path.is_no("a list", value) };
        return all(node, head, items, path);
    }
    if let Some((len, head)) = strip(head, "array ").and_then(|rest| rest.split_once(' ')) {
        return match value {
            Value::Array(items) if items.len().to_string() == len => all(node, head, items, path),
            _ => path.is_no(format_args!("a list of {len}"), value),
        };
    }
    match head {
        "struct" | "struct closed" => match value {
            Value::Object(fields) => check_fields(node, head, fields, None, path),
            _ => path.is_no("an object", value),
        },
        "tuple" => check_tuple(node, value, path),
        "map" => check_map(node, value, path),
        "enum" => check_external(node, value, path),
        "enum untagged" => check_untagged(node, value, path),
        _ => match strip(head, "enum tag ") {
            Some(tag) => check_tagged(node, tag, value, path),
            None => check_leaf(head, value, path),
        },
    }
}

/// Whether it is a personal value as it is stored.
fn is_sealed(value: &Value) -> bool {
    value.get("$sealed").is_some_and(Value::is_string)
}

fn all(node: Node<'_>, head: &str, items: &[Value], path: &mut Path) -> Result<(), String> {
    let mut items = items.iter().enumerate();
    items.try_for_each(|(index, item)| path.at(format_args!("[{index}]"), |path| check(node, head, item, path)))
}

/// The lines of the parts of a node, without tags.
fn parts(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut rest = node.children();
    std::iter::from_fn(move || {
        let (line, after) = rest.next()?;
        rest = after;
        Some(line)
    })
    .filter(|line| line.tag().is_none())
}

/// Whether a line is of this name, or of a part that is read under it.
fn is_called(line: Node<'_>, name: &str) -> bool {
    unescaped(line.name()) == name || aliases(line).any(|alias| alias == name)
}

fn aliases<'n>(line: Node<'n>) -> impl Iterator<Item = Cow<'n, str>> {
    let mut marks = line.marks();
    std::iter::from_fn(move || {
        let (mark, rest) = super::node::next_mark(marks)?;
        marks = rest;
        Some(mark)
    })
    .filter_map(|mark| strip(mark, "alias ").map(unescaped))
}

/// The fields of a struct, or of a variant that has them beside its tag.
fn check_fields(
    node: Node<'_>,
    head: &str,
    fields: &Map<String, Value>,
    tag: Option<&str>,
    path: &mut Path,
) -> Result<(), String> {
    let mut is_open = head != "struct closed";
    for line in parts(node) {
        // What is flattened takes the fields that no other part has.
        is_open |= line.is_flattened();
        if line.is_gone() || line.is_flattened() || line.has_mark("unread") {
            continue;
        }
        let found = fields.iter().find(|(name, _)| is_called(line, name));
        match found {
            Some((name, value)) => path.at(format_args!(".{name}"), |path| check(line, line.head(), value, path))?,
            None if line.is_optional() => {}
            None => return path.at(format_args!(".{}", unescaped(line.name())), |path| path.is("is missing")),
        }
    }
    let is_known = |name: &String| tag == Some(name) || parts(node).any(|line| is_called(line, name));
    match fields.keys().find(|name| !is_open && !is_known(name)) {
        Some(name) => path.at(format_args!(".{name}"), |path| path.is("is a field that the type does not have")),
        None => Ok(()),
    }
}

fn check_tuple(node: Node<'_>, value: &Value, path: &mut Path) -> Result<(), String> {
    let lines: Vec<Node<'_>> = parts(node).filter(|line| !line.is_gone()).collect();
    let required = lines.iter().filter(|line| !line.is_optional()).count();
    match value {
        Value::Array(items) if (required..=lines.len()).contains(&items.len()) => {
            let mut pairs = lines.iter().zip(items).enumerate();
            pairs.try_for_each(|(index, (line, item))| {
                path.at(format_args!("[{index}]"), |path| check(*line, line.head(), item, path))
            })
        }
        _ => path.is_no(format_args!("a list of {}", lines.len()), value),
    }
}

fn check_map(node: Node<'_>, value: &Value, path: &mut Path) -> Result<(), String> {
    let Value::Object(entries) = value else { return path.is_no("an object", value) };
    let Some(line) = node.children().find("value") else { return Ok(()) };
    let mut entries = entries.iter();
    entries
        .try_for_each(|(key, value)| path.at(format_args!("[{key:?}]"), |path| check(line, line.head(), value, path)))
}

/// A variant of this name that can be read.
fn variant<'n>(node: Node<'n>, name: &str) -> Option<Node<'n>> {
    let is_read = |line: &Node<'_>| !line.is_gone() && !line.has_mark("unread") && !line.has_mark("untagged");
    let named = parts(node).filter(is_read).find(|line| is_called(*line, name));
    named.or_else(|| parts(node).find(|line| line.has_mark("other") && !line.is_gone()))
}

/// `"Unit"`, or `{"Variant": ..}`.
fn check_external(node: Node<'_>, value: &Value, path: &mut Path) -> Result<(), String> {
    let (name, content) = match value {
        Value::String(name) => (name, None),
        Value::Object(fields) if fields.len() == 1 => match fields.iter().next() {
            Some((name, content)) => (name, Some(content)),
            None => return path.is_no("a variant", value),
        },
        _ => return without_name(node, value, path).unwrap_or_else(|| path.is_no("a variant", value)),
    };
    match (variant(node, name), content) {
        (Some(line), _) if line.has_mark("other") => Ok(()),
        (Some(line), None) if line.head() == "unit" => Ok(()),
        (Some(line), Some(content)) => path.at(format_args!(".{name}"), |path| check(line, line.head(), content, path)),
        _ => without_name(node, value, path).unwrap_or_else(|| unknown(name, path)),
    }
}

fn unknown(name: &str, path: &mut Path) -> Result<(), String> {
    path.is(format_args!("is of the variant `{name}`, which the type does not have"))
}

/// Whether a value is one of the variants that have no name on the wire; `None` where it is not.
fn without_name(node: Node<'_>, value: &Value, path: &mut Path) -> Option<Result<(), String>> {
    let mut lines = parts(node).filter(|line| line.has_mark("untagged") && !line.is_gone());
    lines.find_map(|line| check(line, line.head(), value, path).is_ok().then_some(Ok(())))
}

fn check_untagged(node: Node<'_>, value: &Value, path: &mut Path) -> Result<(), String> {
    let mut lines = parts(node).filter(|line| !line.is_gone());
    match lines.any(|line| check(line, line.head(), value, path).is_ok()) {
        true => Ok(()),
        false => path.is_no("any of the variants", value),
    }
}

/// `{"type": "Variant", ..}`, or with the content under a name of its own.
fn check_tagged(node: Node<'_>, tag: &str, value: &Value, path: &mut Path) -> Result<(), String> {
    let (tag, content) = tag.split_once(" content ").map_or((tag, None), |(tag, content)| (tag, Some(content)));
    let tag = unescaped(tag);
    let name = value.get(&*tag).and_then(Value::as_str);
    let (Value::Object(fields), Some(name)) = (value, name) else {
        let wanted = format!("an object with the variant in `{tag}`");
        return without_name(node, value, path).unwrap_or_else(|| path.is_no(wanted, value));
    };
    let Some(line) = variant(node, name) else {
        return without_name(node, value, path).unwrap_or_else(|| unknown(name, path));
    };
    if line.has_mark("other") || (line.head() == "unit" && content.is_none()) {
        return Ok(());
    }
    match content.map(unescaped) {
        Some(content) => {
            let found = fields.get(&*content).unwrap_or(&Value::Null);
            path.at(format_args!(".{content}"), |path| check(line, line.head(), found, path))
        }
        None if matches!(line.head(), "struct" | "struct closed") => {
            check_fields(line, line.head(), fields, Some(&tag), path)
        }
        // A type of its own, beside whose fields the tag stands.
        None => {
            let mut rest = fields.clone();
            rest.remove(&*tag);
            check(line, line.head(), &Value::Object(rest), path)
        }
    }
}

/// A type without parts, by its name in the record. What a stated name stands for is not known.
fn check_leaf(name: &str, value: &Value, path: &mut Path) -> Result<(), String> {
    let fits = match name {
        "bool" => value.is_boolean(),
        "unit" => value.is_null(),
        "string" | "uuid" | "datetime" | "decimal" | "date" | "time" | "local-datetime" => value.is_string(),
        "char" => value.as_str().is_some_and(|text| text.chars().count() == 1),
        "f32" | "f64" | "number" | "u128" | "i128" | "nonzero-u128" | "nonzero-i128" => value.is_number(),
        name => match integer_range(name.strip_prefix("nonzero-").unwrap_or(name)) {
            Some((min, max)) => {
                let number = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
                number.is_some_and(|number| {
                    (min..=max).contains(&number) && (number != 0 || !name.starts_with("nonzero-"))
                })
            }
            None => true,
        },
    };
    if fits { Ok(()) } else { path.is_no(format_args!("of type `{name}`"), value) }
}

fn integer_range(name: &str) -> Option<(i128, i128)> {
    Some(match name {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a payload differs in; empty for one that fits.
    fn differs(record: &str, payload: &str) -> String {
        compare(record, &serde_json::from_str(payload).unwrap()).err().unwrap_or_default()
    }

    #[test]
    fn a_struct_has_its_fields() {
        let record = "struct\n  tag order\n  lines: list struct\n    sku: string\n    n: u8\n  note?: option string [alias remark]\n  \
                      gone rebate: u8\n  extra: u8 [unread]";
        for (payload, told) in [
            (r#"{"lines":[]}"#, ""),
            (r#"{"lines":[{"sku":"a","n":1}],"note":null,"rebate":"x","new":1}"#, ""),
            (r#"{"lines":[{"sku":"a","n":1},{"sku":"b"}]}"#, "`payload.lines[1].n` is missing"),
            (r#"{"lines":[{"sku":"a","n":256}]}"#, "`payload.lines[0].n` is 256, and not of type `u8`"),
            (r#"{"lines":{}}"#, "`payload.lines` is an object, and not a list"),
            (r#"{"lines":[],"remark":1}"#, "`payload.remark` is 1, and not of type `string`"),
            (r#"{}"#, "`payload.lines` is missing"),
            ("[]", "`payload` is a list of 0, and not an object"),
        ] {
            assert_eq!(differs(record, payload), told, "{payload}");
        }
        assert_eq!(differs("struct closed\n  a: u8", r#"{"a":1}"#), "");
        let told = "`payload.b` is a field that the type does not have";
        assert_eq!(differs("struct closed\n  a: u8", r#"{"a":1,"b":2}"#), told);
        assert_eq!(
            differs("struct closed\n  a: u8\n  *0: map\n    key: string\n    value: u8", r#"{"a":1,"b":2}"#),
            ""
        );
        assert_eq!(differs("struct\n  a%20b: u8\n  %: u8", r#"{"a b":1,"":2}"#), "");
    }

    #[test]
    fn a_personal_value_is_sealed_or_as_it_was_before() {
        let record = "struct\n  name: personal student string";
        for payload in [r#"{"name":"Ada"}"#, r#"{"name":{"$sealed":"AQ","forgotten":"?"}}"#] {
            assert_eq!(differs(record, payload), "", "{payload}");
        }
        assert_eq!(differs(record, r#"{"name":1}"#), "`payload.name` is 1, and not of type `string`");
        assert_eq!(differs(record, r#"{"name":{}}"#), "`payload.name` is an object, and not of type `string`");
    }

    #[test]
    fn each_kind_of_enum_has_its_variants() {
        let parts = "\n  Cash: unit\n  Card: struct\n    last: u16\n  gone Bill: unit";
        let external = format!("enum{parts}");
        assert_eq!(differs(&external, r#""Cash""#), "");
        assert_eq!(differs(&external, r#"{"Card":{"last":17}}"#), "");
        assert_eq!(differs(&external, r#"{"Card":{}}"#), "`payload.Card.last` is missing");
        assert_eq!(differs(&external, r#""Card""#), "`payload` is of the variant `Card`, which the type does not have");
        assert!(differs(&external, r#""Bill""#).contains("variant `Bill`"));
        assert_eq!(differs(&format!("{external}\n  Rest: unit [other]"), r#""Bill""#), "");
        assert_eq!(differs(&format!("{external}\n  0: u8 [untagged]"), "7"), "");
        let internal = format!("enum tag type{parts}");
        assert_eq!(differs(&internal, r#"{"type":"Cash"}"#), "");
        assert_eq!(differs(&internal, r#"{"type":"Card","last":1}"#), "");
        assert_eq!(
            differs(&internal, r#"{"type":"Card","last":"1"}"#),
            "`payload.last` is a text, and not of type `u16`"
        );
        assert!(differs(&internal, r#"{"kind":"Cash"}"#).contains("not an object with the variant in `type`"));
        let adjacent = format!("enum tag t content c{parts}");
        assert_eq!(differs(&adjacent, r#"{"t":"Card","c":{"last":1}}"#), "");
        assert_eq!(differs(&adjacent, r#"{"t":"Cash"}"#), "");
        assert_eq!(differs(&adjacent, r#"{"t":"Card"}"#), "`payload.c` is null, and not an object");
        let untagged = "enum untagged\n  0: u8\n  1: list u8";
        assert_eq!((differs(untagged, "7"), differs(untagged, "[7]")), Default::default());
        assert_eq!(differs(untagged, "\"7\""), "`payload` is a text, and not any of the variants");
    }

    #[test]
    fn lists_maps_and_numbers_are_compared() {
        for (record, payload, told) in [
            ("array 2 u8", "[1,2]", ""),
            ("array 2 u8", "[1]", "`payload` is a list of 1, and not a list of 2"),
            ("tuple\n  0: bool\n  1?: u8", "[true]", ""),
            ("tuple\n  0: bool\n  1: u8", "[true]", "`payload` is a list of 1, and not a list of 2"),
            ("tuple\n  0: bool\n  1: u8", "[true,-1]", "`payload[1]` is -1, and not of type `u8`"),
            ("map\n  key: string\n  value: option u8", r#"{"a":1,"b":null}"#, ""),
            (
                "map\n  key: string\n  value: u8",
                r#"{"a":1,"b":null}"#,
                "`payload[\"b\"]` is null, and not of type `u8`",
            ),
            ("nonzero-i64", "0", "`payload` is 0, and not of type `nonzero-i64`"),
            ("u64", "18446744073709551615", ""),
            ("u64", "1.0", "`payload` is 1.0, and not of type `u64`"),
            ("char", "\"ab\"", "`payload` is a text, and not of type `char`"),
            ("unit", "null", ""),
            ("geo-point", "[1,{}]", ""),
        ] {
            assert_eq!(differs(record, payload), told, "{record} {payload}");
        }
    }
}
