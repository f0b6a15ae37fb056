//! Changes that stored events survive as they are, and older programs do not.

use super::*;

/// How many of the differences only older programs do not survive, and how many there are.
fn older(old: &str, new: &str) -> (usize, usize) {
    let new = Node::root(new);
    let report = compare(old, (PayloadKind::Event, &[]), shape(new, new.head()), false);
    (report.older, report.refused)
}

#[test]
fn stored_events_are_read_as_they_are_in_a_wider_shape() {
    for (old, new) in [
        ("a: u8", "a?: option u8"),
        ("a: u8", "a?: option u16"),
        ("a: u32", "a: u64"),
        ("a: u32", "a: i64"),
        ("a: i8", "a: i128"),
        ("a: u32", "a: f64"),
        ("a: f32", "a: f64"),
        ("a: usize", "a: u64"),
        ("a: nonzero-u16", "a: u16"),
        ("a: nonzero-u16", "a: nonzero-u32"),
        ("a: i64", "a: number"),
        ("a: list u8", "a: list u16"),
        ("a: array 2 u8", "a: list u8"),
        ("a: char", "a: string"),
        ("a: uuid", "a: string"),
        ("a: struct\n    b: u8", "a: json"),
        ("a: struct\n    b: u8", "a?: option struct\n    b: u16"),
        ("a: enum\n    A: unit", "a: enum\n    A: unit\n    B: unit"),
        ("a: u8; b: u8", "a: u8"),
        ("a: u8", "a?: u8 [omitted]"),
        ("a: u8", "b: u8 [alias a]"),
    ] {
        assert_eq!(older(&of(old), &of(new)), (1, 1), "{old} -> {new}");
    }
    assert_eq!(older("struct closed", &of("a?: u8")), (1, 1));
    assert_eq!(older(&of("a: u8; b: u8"), &of("a: u16; b: i16")), (2, 2));
}

#[test]
fn stored_events_are_not_read_in_a_narrower_or_another_shape() {
    for (old, new) in [
        ("a: u64", "a: u32"),
        ("a: i8", "a: u16"),
        ("a: u64", "a: i64"),
        ("a: u64", "a: f64"),
        ("a: i32", "a: f32"),
        ("a: u128", "a: number"),
        ("a: u64", "a: usize"),
        ("a: u8", "a: nonzero-u8"),
        ("a: u8", "a: string"),
        ("a: string", "a: uuid"),
        ("a: list u8", "a: array 2 u8"),
        ("a: list u8", "a: u8"),
        ("a: list u8", "a?: option list string"),
        ("a?: option u8", "a: u8"),
        ("a: u8", "a: u8; b: u8"),
        ("a: u8", "b: string [alias a]"),
        ("a: enum\n    A: unit; b: u8", "a: enum\n    B: unit; b: u8"),
    ] {
        let (older, refused) = older(&of(old), &of(new));
        assert!(older < refused, "{old} -> {new}");
    }
    // A variant without a name may be read as another one.
    let untagged = |ty: &str| of(&format!("a: enum untagged\n    0: {ty}\n    1: string"));
    assert_eq!(older(&untagged("u8"), &untagged("u16")), (0, 1));
}
