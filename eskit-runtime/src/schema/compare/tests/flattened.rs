//! Names that stand in flattened parts.

use super::*;

#[test]
fn a_new_field_takes_no_name_from_what_is_flattened_beside_it() {
    let taken =
        |field: &str, name: &str| format!("`{field}` now takes `{name}` from a flattened part, which reads it too");
    for (head, parts) in [
        ("option struct", "x: u8"),
        ("option struct closed", "y: u8 [alias x]"),
        ("enum", "x: unit"),
        ("enum tag x", "A: unit"),
        ("enum tag t", "A: struct\n      x: u8"),
        ("enum tag x content c", "A: unit"),
        ("enum tag t content x", "A: u8"),
        ("enum untagged", "0: u64\n    1: struct\n      x: u8"),
        ("enum", "A: unit\n    0: struct [untagged]\n      x: u8"),
        ("option struct", "*0: option struct\n      x: u8"),
    ] {
        let beside = |field: &str| of(&format!("{field}; *0?: {head}\n    {parts}"));
        assert_eq!(differences(&beside("a: u8"), &beside("a: u8; x?: u8")), [taken("x", "x")], "{head}");
        assert_eq!(differences(&beside("a: u8"), &beside("a: u8 [alias x]")), [taken("a", "x")], "{head}");
        assert_eq!(differences(&beside("a: u8"), &beside("a: u8; z?: u8")), [""; 0], "{head}");
        // It was so when it was recorded.
        assert_eq!(differences(&beside("x?: u8"), &beside("x?: u8")), [""; 0], "{head}");
    }
    // A struct that is flattened into what is flattened.
    let twice = "*0?: option struct\n    *0: struct\n      x: u8";
    let recorded = of("a: u8; *0?: option struct\n    x: u8");
    assert_eq!(differences(&recorded, &of(&format!("a: u8; x?: u8; {twice}"))), [taken("x", "x")]);
    assert_eq!(differences(&recorded, &of(&format!("a: u8; {twice}"))), [""; 0]);
    // Into what is flattened, a field moves only in the program.
    assert_eq!(differences(&of("a: u8; x?: u8"), &of("a: u8; *0?: option struct\n    x: u8")), [""; 0]);
    // Only what stands among the fields.
    for (head, parts) in [("enum tag t content c", "A: struct\n      x: u8"), ("enum", "A: struct\n      x: u8")] {
        let beside = |field: &str| of(&format!("{field}; *0?: {head}\n    {parts}"));
        assert_eq!(differences(&beside("a: u8"), &beside("a: u8; x?: u8")), [""; 0], "{head}");
    }
}

/// A flattened map of numbers, and of any JSON.
const NUMBERS: &str = "*0: map\n    key: string\n    value: u8";
const ANYTHING: &str = "*0: map\n    key: string\n    value: json";

#[test]
fn a_flattened_map_may_hold_the_name_of_a_new_field() {
    let held = |name: &str, shape: &str| {
        format!("`{name}` was added, but stored events may hold it in a flattened part, as {shape}")
    };
    let any = "any JSON";
    for (map, field, refused) in [
        (ANYTHING, "a?: string", vec![held("a", any)]),
        (ANYTHING, "a?: option string", vec![held("a", any)]),
        (ANYTHING, "a?: json; b?: option json", vec![]),
        (NUMBERS, "a?: string", vec![held("a", "`u8`")]),
        (NUMBERS, "a?: u16", vec![held("a", "`u8`")]),
        (NUMBERS, "a?: u8", vec![]),
        // `None` is written as `null`, which older programs do not read as a number, unless it is left out.
        (NUMBERS, "a?: option u8", vec![held("a", "`u8`")]),
        (NUMBERS, "a?: option u8 [omitted]", vec![]),
        ("*0: json", "a?: u8", vec![held("a", any)]),
        ("*0?: option map\n    key: string\n    value: json", "a?: u8", vec![held("a", any)]),
        ("*0: enum untagged\n    0: struct\n      x: u8\n    1: json", "a?: u8", vec![held("a", any)]),
        ("*0: enum tag t\n    A: map\n      key: string\n      value: json", "a?: u8", vec![held("a", any)]),
        ("*0: enum\n    A: json", "a?: u8", vec![]),
        ("*0?: option struct\n    *0: json", "a?: u8", vec![held("a", any)]),
    ] {
        assert_eq!(differences(&of(map), &of(&format!("{field}; {map}"))), refused, "{map} {field}");
        // Also where the flattened part goes at the same time.
        let kept = map.replacen("*0: ", "*0?: ", 1);
        assert_eq!(differences(&of(&kept), &of(field)), refused, "{map} {field}");
        assert_eq!(differences(&of(&format!("gone {kept}")), &of(field)), refused, "{map} {field}");
    }
    // As a flattened struct's field, as an alias, and as what was a field before.
    assert_eq!(differences(&of(ANYTHING), &of(&format!("{ANYTHING}; *1: struct\n    a?: u8"))), [held("a", any)]);
    let alias = "`a` is now read under its alias `x`, but stored events may hold it in a flattened part, as any JSON";
    assert_eq!(differences(&of(&format!("a: u8; {ANYTHING}")), &of(&format!("a: u8 [alias x]; {ANYTHING}"))), [alias]);
    assert_eq!(
        differences(&of(&format!("gone a: u8; {ANYTHING}")), &of(&format!("a?: u8; {ANYTHING}"))),
        [held("a", any)]
    );
    let part = "`*1` was added, but stored events may hold the names of its fields in a flattened map";
    let beside = format!("{ANYTHING}; *1?: option struct\n    a: u8");
    assert_eq!(differences(&of(ANYTHING), &of(&beside)), [part]);
    // It was so when it was recorded.
    for fields in ["a?: u8", "b: u8 [alias a]"] {
        let recorded = of(&format!("{fields}; {ANYTHING}"));
        assert_eq!(differences(&recorded, &recorded), [""; 0]);
    }
    assert_eq!(differences(&of(&beside), &of(&beside)), [""; 0]);
}

#[test]
fn a_flattened_part_takes_the_name_of_a_field_that_went() {
    let moved = |shape: &str| format!("`a` was `string`, and a flattened part takes it now, as `{shape}`");
    for (field, part, refused) in [
        ("a?: string", NUMBERS, vec![moved("u8")]),
        ("gone a: string", NUMBERS, vec![moved("u8")]),
        ("a?: string", ANYTHING, vec![]),
        ("a?: string", "*0: json", vec![]),
        ("a?: u8", NUMBERS, vec![]),
        ("a?: option u8 [omitted]", NUMBERS, vec![]),
        ("a?: string", "*0?: option struct\n    a: u8", vec![moved("u8")]),
        ("a?: string", "*0?: option struct\n    a: string", vec![]),
        ("a?: string", "*0?: option struct\n    *0: map\n      key: string\n      value: u8", vec![moved("u8")]),
        ("a?: string", "*0?: enum\n    a: u8", vec![moved("u8")]),
        ("a?: string", "*0?: enum tag t\n    A: struct\n      a: u8", vec![moved("u8")]),
        ("a?: string", "*0?: enum untagged\n    0: struct\n      a: u8", vec![moved("u8")]),
    ] {
        assert_eq!(differences(&of(field), &of(part)), refused, "{field} {part}");
        assert_eq!(differences(&of(&format!("{field}; {part}")), &of(part)), refused, "{field} {part}");
    }
    let unread = of(&format!("a?: string [unread]; {NUMBERS}"));
    assert_eq!(differences(&of(&format!("a?: string; {NUMBERS}")), &unread), [moved("u8")]);
    assert_eq!(differences(&unread, &unread), [""; 0]);
    // A map may come and go, since it may be empty.
    assert_eq!(differences(&of("b: u8"), &of(&format!("b: u8; {NUMBERS}"))), [""; 0]);
    assert_eq!(differences(&of(&format!("b: u8; {}", NUMBERS.replace("*0", "*0?"))), &of("b: u8")), [""; 0]);
}

#[test]
fn the_fields_of_a_flattened_part_that_went_are_still_stored() {
    let held = "`x` was added, but stored events may hold it in a flattened part, as `string`";
    for (head, parts) in [
        ("option struct", "x: string"),
        ("enum", "x: string"),
        ("enum tag x", "A: unit"),
        ("enum tag t content x", "A: string"),
        ("enum tag t", "A: struct\n      x: string"),
        ("enum untagged", "0: struct\n      x: string"),
    ] {
        let old = of(&format!("a: u8; *0?: {head}\n    {parts}"));
        assert_eq!(differences(&old, &of("a: u8; x?: u8")), [held], "{head}");
        assert_eq!(differences(&old, &of("a: u8; x?: string")), [""; 0], "{head}");
        assert_eq!(differences(&old, &of("a: u8; y?: u8")), [""; 0], "{head}");
    }
}
