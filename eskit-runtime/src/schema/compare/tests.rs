//! Each rule once: a record, the shape that came of it, and what is said of the change.

use super::*;
use crate::log::tag::IdType;
use crate::schema::node::strip_personal;
use crate::shape::hash;
use crate::shape::mark::PersonalDef;

mod flattened;
mod personal;
mod widened;

/// The shape that a record would be written for.
fn shape(node: Node<'_>, head: &str) -> &'static ShapeDef {
    let head = head.trim();
    let leaked = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let def = if let Some((kind, inner)) = strip_personal(head) {
        let def = PersonalDef { subject: "", kind: leaked(kind), is_tag: false, forgotten: "null" };
        ShapeDef::personal(Box::leak(Box::new(def)), shape(node, inner))
    } else if let Some(inner) = head.strip_prefix("option ") {
        ShapeDef::option(shape(node, inner))
    } else if let Some(item) = head.strip_prefix("list ") {
        ShapeDef::list(shape(node, item))
    } else if let Some((len, item)) = head.strip_prefix("array ").and_then(|rest| rest.split_once(' ')) {
        ShapeDef::array(len.parse().unwrap(), shape(node, item))
    } else if ["struct", "enum", "tuple", "map"].iter().any(|word| head.starts_with(word)) {
        ShapeDef::block(leaked(head), members(node))
    } else {
        ShapeDef::leaf(leaked(head))
    };
    Box::leak(Box::new(def))
}

fn members(node: Node<'_>) -> &'static [Member] {
    let (mut members, mut nodes) = (Vec::new(), node.children());
    while let Some((line, rest)) = nodes.next() {
        nodes = rest;
        let mut flags = if line.is_optional() { flag::OPTIONAL } else { flag::NO_DEFAULT };
        let mut aliases: Vec<&'static str> = Vec::new();
        let mut marks = line.marks();
        while let Some((mark, rest)) = next_mark(marks) {
            marks = rest;
            match flag::WORDS.iter().find(|(_, word)| *word == mark) {
                Some((flag, _)) => flags |= flag,
                None => aliases.push(Box::leak(mark.trim_start_matches("alias ").to_owned().into_boxed_str())),
            }
        }
        if line.name().starts_with('*') {
            flags |= flag::FLATTEN;
        }
        let name = Box::leak(line.name().to_owned().into_boxed_str());
        members.push(Member::new(name, hash::text(name), flags, Box::leak(aliases.into()), shape(line, line.head())));
    }
    Box::leak(members.into())
}

/// The lines of the report, without indentation.
fn differences(old: &str, new: &str) -> Vec<String> {
    let new = Node::root(new);
    let report = compare(old, (PayloadKind::Event, &[]), shape(new, new.head()), false);
    let lines: Vec<String> = report.lines().as_str().lines().skip(1).map(|line| line.trim().to_owned()).collect();
    assert_eq!(lines.len(), report.refused, "{lines:?}");
    lines
}

/// A struct with these members.
fn of(members: &str) -> String {
    members
        .split("; ")
        .filter(|line| !line.is_empty())
        .fold("struct".to_owned(), |text, line| format!("{text}\n  {line}"))
}

#[test]
fn a_field_may_come_and_go_where_both_sides_do_without_it() {
    let both = "b: u8; a?: u8";
    for (old, new) in [
        ("b: u8", both),
        (both, "b: u8"),
        (both, both),
        ("b: u8", "b: u8; a?: option u8"),
        ("b: u8", "b?: u8"),
        ("b: u8", "b: u8; a: u8 [unread]"),
        ("b: u8; a: u8 [unread]", "b: u8"),
        ("b: u8; gone a: u8", "b: u8; a?: u8"),
        ("a?: u8", "a?: u8 [omitted]"),
        ("a?: u8 [omitted]", "a?: u8"),
        ("a: u8", "a: u8 [alias x]"),
        ("gone a: u8", "b?: u8 [alias a]"),
        // Reading requires what may be left out: such an event was never stored.
        ("a: u8 [omitted]", "a: u8 [omitted]; b?: u8"),
        ("a: u8 [omitted]", "a: u8"),
        ("a: u8 [unwritten]", "a: u8"),
    ] {
        assert_eq!(differences(&of(old), &of(new)), [""; 0], "{old} -> {new}");
    }
    for (old, new, text) in [
        ("b: u8", "b: u8; a: u8", "`a` was added, but stored events do not hold it"),
        ("a: u8", "", "`a` was removed"),
        ("a?: u8", "a: u8", "`a` may be missing in stored events, but is now required"),
        ("gone a?: u8", "a: u8", "`a` may be missing in stored events, but is now required"),
        ("a: u8", "a?: u8 [omitted]", "`a` may now be left out, but older programs require it"),
        ("a: u8", "a?: u8 [unwritten]", "`a` may now be left out, but older programs require it"),
        ("a: u8", "a: string", "`a` was `u8`, is now `string`"),
        ("a?: option u8", "a?: u8", "`a` was `option u8`, is now `u8`"),
        ("a: list u8", "a: list u16", "`a[]` was `u8`, is now `u16`"),
        ("a: array 2 u8", "a: array 3 u8", "`a` was `array 2 u8`, is now `array 3 u8`"),
        ("gone a: u8", "a?: u16", "`a` was `u8`, is now `u16`"),
        ("gone a: u8", "b?: u16 [alias a]", "`a` was `u8`, is now `u16`"),
        ("b: u8; gone a: u8", "b: u8 [alias a]", "`a` is now read as `b`, and stored events may hold both"),
        ("a: u8 [omitted]", "a?: u8 [omitted]", "`a` may now be left out, but older programs require it"),
        ("a: u8 [omitted] [unread]", "a: u8", "`a` may be missing in stored events, but is now required"),
    ] {
        assert_eq!(differences(&of(old), &of(new)), [text], "{old} -> {new}");
    }
}

#[test]
fn names_are_those_that_each_side_reads() {
    for (old, new, text) in [
        ("a: u8", "b: u8 [alias a]", "`a` is now written as `b`, which older programs do not read"),
        ("a: u8 [alias x]", "a: u8", "`a` is no longer read under its alias `x`"),
        ("a: u8 [alias x]", "a: u8 [alias x]; x?: u8", "`x` was added, but older programs read it as `a`"),
        ("a?: u8 [alias x]", "x?: u16", "`x` was added, but older programs read it as `a`"),
    ] {
        assert_eq!(differences(&of(old), &of(new)), [text], "{old} -> {new}");
    }
}

#[test]
fn unknown_fields_may_be_denied() {
    let closed = |members: &str| of(members).replacen("struct", "struct closed", 1);
    let text = "`a` was added, but older programs deny unknown fields";
    assert_eq!(differences(&closed(""), &of("a?: u8")), [text]);
    let removed = "`a` was removed, and unknown fields are denied";
    assert_eq!(differences(&of("a?: u8"), &closed("")), [removed]);
    assert_eq!(differences(&of("gone a: u8"), &closed("")), [removed]);
    // What is denied when it is read back was never stored.
    let unread = closed("a: u8 [unread]");
    assert_eq!(differences(&unread, &unread), [""; 0]);
    assert_eq!(differences(&of("a: u8 [unread]"), &unread), ["`a` is no longer read, and unknown fields are denied"]);
    // The fields of a flattened struct are those of the struct around it.
    assert_eq!(differences(&of("a: u8; b: u8"), &of("a: u8; *0: struct\n    b: u8")), [""; 0]);
}

#[test]
fn variants_are_known_by_name_and_places_by_number() {
    let choice = |variants: &str| of(variants).replacen("struct", "enum", 1);
    let new = "`B` is a new variant, which older programs do not know";
    for content in ["unit", "u8"] {
        let both = format!("A: unit; B: {content}");
        for old in ["A: unit".to_owned(), format!("A: unit; gone B: {content}")] {
            assert_eq!(differences(&choice(&old), &choice(&both)), [new]);
        }
        assert_eq!(differences(&choice(&both), &choice("A: unit")), ["`B` was removed"]);
    }
    let unread = |marks: &str| choice(&format!("A: unit; B: u8{marks}"));
    assert_eq!(differences(&unread(""), &unread(" [unread]")), ["`B` is no longer read"]);
    assert_eq!(differences(&unread(" [unread]"), &unread("")), [new]);
    assert_eq!(differences(&unread(" [unread]"), &unread(" [unread]")), [""; 0]);
    assert_eq!(differences(&unread(" [unwritten]"), &unread("")), [""; 0]);
    let text = "`O` no longer stands for unknown variants";
    assert_eq!(differences(&choice("O: unit [other]"), &choice("O: unit")), [text]);
    let tuple = |parts: &str| of(parts).replacen("struct", "tuple", 1);
    assert_eq!(differences(&tuple("0: u8"), &tuple("0: u8; 1: u8")), ["`1` was added"]);
    assert_eq!(differences(&tuple("0: u8; 1: u8"), &tuple("0: u8")), ["`1` was removed"]);
    let representations = ["enum", "enum untagged", "enum tag t", "enum tag t content c", "tuple", "struct"];
    for (old, new) in representations.iter().zip(&representations[1..]) {
        assert_eq!(differences(old, new), [format!("the payload was `{old}`, is now `{new}`")]);
    }
}

#[test]
fn unknown_variants_are_taken_by_one_that_stands_for_them() {
    let choice = |head: &str, variants: &str| of(&format!("{variants}O: unit [other]")).replacen("struct", head, 1);
    let (new, removed) = ("`B` is a new variant, which older programs do not know", "`B` was removed");
    for (head, content, takes) in [
        ("enum", "unit", true),
        ("enum", "u8", false),
        ("enum tag t", "unit", true),
        ("enum tag t", "struct", true),
        ("enum tag t content c", "unit", true),
        ("enum tag t content c", "struct", false),
    ] {
        let (without, with) = (choice(head, ""), choice(head, &format!("B: {content}; ")));
        let gone = choice(head, &format!("gone B: {content}; "));
        let found = |texts: &[&'static str]| if takes { Vec::new() } else { texts.to_vec() };
        assert_eq!(differences(&without, &with), found(&[new]), "{head}: {content}");
        assert_eq!(differences(&gone, &with), found(&[new]), "{head}: {content}");
        assert_eq!(differences(&with, &without), found(&[removed]), "{head}: {content}");
    }
}

#[test]
fn variants_without_a_name_are_known_by_what_they_require() {
    let loosened = |what: &str| format!("{what}, so other variants without a name may be read as this one");
    for (head, marks) in [("enum untagged", ""), ("enum", " [untagged]")] {
        let choice = |first: &str| of(&format!("0: {first}; 1: struct{marks}\n    b: u8")).replacen("struct", head, 1);
        let first = |now: &str, fields: &str| choice(&format!("{now}{marks}\n    {fields}"));
        let (required, optional) = (first("struct", "a: u8"), first("struct", "a?: u8"));
        assert_eq!(differences(&required, &optional), [loosened("`0.a` is no longer required")]);
        assert_eq!(differences(&optional, &optional), [""; 0]);
        assert_eq!(differences(&required, &first("struct", "a: u8\n    c?: u8")), [""; 0]);
        let closed = first("struct closed", "a: u8");
        assert_eq!(differences(&closed, &required), [loosened("`0` no longer denies unknown fields")]);
        // A field may keep a variant from what a later one wrote.
        let both = |first: &str, second: &str| {
            of(&format!("0: struct{marks}\n    a: u8{first}; 1: struct{marks}\n    a: u8{second}"))
                .replacen("struct", head, 1)
        };
        let (held, other) = ("\n    b?: u8", "\n    b: string");
        let unread = [loosened("`0.b` is no longer read")];
        assert_eq!(differences(&both(held, other), &both("", other)), unread);
        assert_eq!(differences(&both(held, other), &both("\n    b?: u8 [unread]", other)), unread);
        assert_eq!(differences(&both(held, held), &both("", held)), [""; 0]);
        assert_eq!(differences(&both(other, held), &both(other, "")), [""; 0]);
        assert_eq!(differences(&both(held, ""), &both("", "")), [""; 0]);
    }
    // With a name it may do without.
    let named = |field: &str| of(&format!("A: struct\n    {field}; B: unit")).replacen("struct", "enum", 1);
    assert_eq!(differences(&named("a: u8"), &named("a?: u8")), [""; 0]);
}

#[test]
fn the_path_leads_through_lists_and_structs() {
    let record = |ty: &str| of(&format!("a: list struct\n    b: option struct\n      c: list list {ty}"));
    assert_eq!(differences(&record("u8"), &record("u16")), ["`a[].b.c[][]` was `u8`, is now `u16`"]);
}

fn tag(key: &'static str, id_type: IdType) -> TagField {
    TagField { key, field: "f", arity: crate::log::tag::Arity::One, id_type }
}

#[test]
fn the_ids_of_a_tag_stay_of_one_type() {
    let (sku, order) = (IdType::new("shop", "Sku"), IdType::new("shop", "OrderId"));
    let report = |old: &str, tags: &[TagField]| {
        let report = compare(old, (PayloadKind::Event, tags), shape(Node::root("struct"), "struct"), false);
        assert_eq!(report.refused, report.id_types, "{}", report.lines().as_str());
        report.lines().as_str().to_owned()
    };
    for (old, now) in [
        ("struct\n  tag a: Sku", tag("a", sku)),
        ("struct\n  tag a: Sku", tag("a", IdType::new("shop::moved", "Sku"))),
        ("struct\n  tag a", tag("a", sku)),
        ("struct\n  tag a", tag("a", IdType::UNKNOWN)),
        ("struct\n  tag a: Sku\n  tag a", tag("a", IdType::UNKNOWN)),
        ("struct\n  tag a: OrderId\n  tag a: Sku", tag("a", sku)),
    ] {
        assert_eq!(report(old, &[now]), "", "{old}");
    }
    let changed = "\n  `a` was the tag of a `Sku`, and is now that of a `OrderId`";
    assert_eq!(report("struct\n  tag a: Sku", &[tag("a", order)]), changed);
    assert_eq!(report("struct\n  tag b: Sku\n  tag a: Sku", &[tag("b", sku), tag("a", order)]), changed);
    let lost = "\n  `a` was the tag of a `Sku`, and its ids have no type of their own any more";
    assert_eq!(report("struct\n  tag a: Sku", &[tag("a", IdType::UNKNOWN)]), lost);
}

#[test]
fn tags_stay_as_they_are() {
    let tag = |key| tag(key, IdType::UNKNOWN);
    let of_version = |old: &str, tags: &[TagField], superseded| {
        let report = compare(old, (PayloadKind::Event, tags), shape(Node::root("struct"), "struct"), superseded);
        (report.new_tags + report.lost_tags, report.lines().as_str().to_owned())
    };
    let report = |old: &str, tags: &[TagField]| of_version(old, tags, false);
    // The stored events of an older version may have been given the tags of a newer one.
    assert_eq!(of_version("struct\n  tag a\n  tag b", &[tag("b")], true), (0, String::new()));
    assert_eq!(of_version("struct", &[tag("b")], true).0, 1);
    assert_eq!(report("struct\n  tag a\n  tag b", &[tag("b"), tag("a")]), (0, String::new()));
    let (count, lines) = report("struct\n  tag a", &[tag("b")]);
    assert_eq!(count, 2);
    assert!(lines.contains("`b` is a new tag") && lines.contains("`a` is no tag any more"), "{lines}");
}

#[test]
fn one_part_that_went_and_one_of_its_shape_that_came_may_be_the_same() {
    let renamed = |old: &str, new: &str| {
        let (old, new) = (of(old), of(new));
        let new = Node::root(&new);
        compare(&old, (PayloadKind::Event, &[]), shape(new, new.head()), false).renamed.as_str().to_owned()
    };
    // Both sides do without it, and yet its values would be lost.
    let lost = |old: &str, new: &str| format!("`{old}` was removed, and what is stored of it is not read as `{new}`");
    assert_eq!(differences(&of("a?: u8"), &of("b?: u8")), [lost("a", "b")]);
    assert_eq!(differences(&of("a?: u8; x?: bool"), &of("b?: u8; y?: bool")), [lost("a", "b"), lost("x", "y")]);
    assert_eq!(differences(&of("a?: u8; x?: u8"), &of("b?: u8; y?: u8")), [lost("a", "b"), lost("x", "y")]);
    assert_eq!(differences(&of("a?: u8; x?: u8"), &of("b?: u8")), [lost("a", "b")]);
    assert_eq!(differences(&of("a?: u8"), &of("b?: u8; c?: u8")), [lost("a", "b")]);
    let others = |variants: &str| of(&format!("{variants}; O: unit [other]")).replacen("struct", "enum", 1);
    assert_eq!(differences(&others("A: unit"), &others("B: unit")), [lost("A", "B")]);
    for (old, new) in [
        ("a?: u8", "b?: u16"),
        ("gone a?: u8", "b?: u8"),
        ("a?: u8 [unwritten]", "b?: u8"),
        ("a?: u8 [unread]", "b?: u8"),
    ] {
        assert_eq!(differences(&of(old), &of(new)), [""; 0], "{old} -> {new}");
    }
    // A move is one to a struct that has a part of this name and shape.
    for inner in ["option struct", "struct"] {
        let moved = |part: &str| differences(&of("a?: u8"), &of(&format!("c?: {inner}\n    {part}")));
        assert_eq!(moved("a?: u8"), [lost("a", "c.a")]);
        assert_eq!([moved("a?: u16"), moved("b?: u8")], [[""; 0]; 2]);
        let moved_out = |part: &str| differences(&of(&format!("c?: {inner}\n    {part}")), &of("a?: u8"));
        assert_eq!(moved_out("a?: u8"), [lost("c.a", "a")]);
        assert_eq!([moved_out("a?: u16"), moved_out("b?: u8"), moved_out("gone a?: u8")], [[""; 0]; 3]);
    }
    // serde knows no name of a flattened part.
    let inner = "option struct\n    x: u8";
    let (named, flat) = (format!("c?: {inner}"), format!("*0?: {inner}"));
    assert_eq!(differences(&of(&named), &of(&flat)), [lost("c", "").replace("``", "a flattened part")]);
    assert_eq!([renamed(&named, &flat), renamed(&flat, &named)], [""; 2]);
    let hint = "if `a` was renamed, put `#[serde(rename = \"a\")]` on `b`";
    for (old, new) in [
        ("a: u8; x: u8", "b: u8; x: u8"),
        ("a: u8", "b: u8; y: string"),
        ("a: u8", "b: u8; c: u8"),
        ("a: u8; c: u8", "b: u8"),
    ] {
        assert_eq!(renamed(old, new), hint, "{old} -> {new}");
    }
    for (old, new) in
        [("a: u8", "b: u16"), ("gone a: u8", "b: u8"), ("a: u8", "b: u8 [alias a]"), ("a: u8", "a: u8; b: u8")]
    {
        assert_eq!(renamed(old, new), "", "{old} -> {new}");
    }
}

/// The parts that stand for the numbers of fields in Protobuf.
#[test]
fn a_number_of_protobuf_keeps_its_field_and_its_type() {
    const NO_JSON: &str = "[unwritten] [unread]";
    let numbered = |name: &str, number: u32, kind: &str| {
        of(&format!("{name}?: u64; protobuf-{name}?: {number}:{kind} {NO_JSON}; protobuf-{number}?: {name} {NO_JSON}"))
    };
    let before = numbered("a", 1, "uint64");
    assert_eq!(differences(&before, &before), [""; 0]);
    assert_eq!(differences(&of(""), &before), [""; 0]);
    for (before, now, text) in [
        (&before, numbered("a", 1, "sint64"), "`protobuf-a` was `1:uint64`, is now `1:sint64`"),
        (&before, numbered("a", 2, "uint64"), "`protobuf-a` was `1:uint64`, is now `2:uint64`"),
        (&before, numbered("b", 1, "uint64"), "`protobuf-1` was `a`, is now `b`"),
        (
            &before.replace("protobuf-1", "gone protobuf-1"),
            numbered("b", 1, "uint64"),
            "`protobuf-1` was `a`, is now `b`",
        ),
    ] {
        let found = differences(before, &now);
        assert!(found.iter().any(|line| line == text), "{now}: {found:?}");
    }
}

/// The same, of the variants of a oneof.
#[test]
fn a_number_of_a_oneof_keeps_its_variant_and_its_type() {
    const NO_JSON: &str = "[unwritten] [unread]";
    let oneof = |variants: &[(&str, u32, &str)]| {
        let named = variants.iter().map(|(name, ..)| format!("{name}: u64"));
        let kinds = variants.iter().map(|(name, number, kind)| format!("protobuf-{name}: {number}:{kind} {NO_JSON}"));
        let numbers = variants.iter().map(|(name, number, _)| format!("protobuf-{number}: {name} {NO_JSON}"));
        of(&named.chain(kinds).chain(numbers).collect::<Vec<_>>().join("; ")).replacen("struct", "enum", 1)
    };
    let before = oneof(&[("A", 1, "uint64"), ("B", 2, "uint64")]);
    assert_eq!(differences(&before, &before), [""; 0]);
    let swapped = differences(&before, &oneof(&[("A", 2, "uint64"), ("B", 1, "uint64")]));
    assert!(swapped.contains(&"`protobuf-A` was `1:uint64`, is now `2:uint64`".to_owned()), "{swapped:?}");
    assert!(swapped.contains(&"`protobuf-1` was `A`, is now `B`".to_owned()), "{swapped:?}");
    let retyped = differences(&before, &oneof(&[("A", 1, "sint64"), ("B", 2, "uint64")]));
    assert_eq!(retyped, ["`protobuf-A` was `1:uint64`, is now `1:sint64`"]);
    // A variant that comes or goes is one difference, and its number is none.
    let three = oneof(&[("A", 1, "uint64"), ("B", 2, "uint64"), ("C", 3, "uint64")]);
    assert_eq!(differences(&before, &three), ["`C` is a new variant, which older programs do not know"]);
    assert_eq!(differences(&three, &before), ["`C` was removed"]);
    // It comes back as itself only.
    let gone = three
        .replace("protobuf-3", "gone protobuf-3")
        .replace("  C", "  gone C")
        .replace("protobuf-C", "gone protobuf-C");
    let other = differences(&gone, &oneof(&[("A", 1, "uint64"), ("B", 2, "uint64"), ("D", 3, "uint64")]));
    assert!(other.contains(&"`protobuf-3` was `C`, is now `D`".to_owned()), "{other:?}");
}
