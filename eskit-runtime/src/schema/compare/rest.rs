//! Names that stand in a flattened part on one side and as a field of the struct around it on the other. A flattened map
//! may hold any name that no field has.

use super::{compare_node, find, is_struct};
use crate::message::Message;
use crate::message::same;
use crate::schema::node::{Node, Nodes, position, strip};
use crate::schema::report::{Path, Report};
use crate::shape::def::{Kind, Member, ShapeDef, flag};

/// The fields of the program whose names stored events may hold in a flattened part, and in another shape.
pub(super) const fn compare_stored(
    parts: &[Member],
    all: &[Member],
    lines: Nodes<'_>,
    path: &Path,
    report: &mut Report,
) {
    let mut i = 0;
    while i < parts.len() {
        let part = &parts[i];
        match part.inlined() {
            Some(inner) => compare_stored(inner, all, lines, path, report),
            None if part.has(flag::FLATTEN) => compare_part(part, lines, path, report),
            None => compare_names(part, all, lines, path, report),
        }
        i += 1;
    }
}

pub(super) const fn holds_flattened_lines(lines: Nodes<'_>) -> bool {
    let mut rest = lines;
    while let Some((line, after)) = rest.next() {
        if line.is_flattened() {
            return true;
        }
        rest = after;
    }
    false
}

/// A flattened part that comes beside a flattened map takes the names of its fields from it.
const fn compare_part(part: &Member, lines: Nodes<'_>, path: &Path, report: &mut Report) {
    if lines.find(part.name).is_some() || takes_any(part.shape) {
        return;
    }
    let mut rest = lines;
    while let Some((line, after)) = rest.next() {
        if line.is_flattened() && holds_any(line, line.head()) {
            report.held += 1;
            let text = " was added, but stored events may hold the names of its fields in a flattened map";
            return report.refuse(&path.part(part.name), text);
        }
        rest = after;
    }
}

const fn compare_names(part: &Member, all: &[Member], lines: Nodes<'_>, path: &Path, report: &mut Report) {
    let (mut name, mut i) = (part.name, 0);
    loop {
        let is_recorded = match lines.find(part.name) {
            Some(line) => !line.is_gone() && (same(line.name(), name) || line.has_alias(name)),
            None => false,
        };
        if !is_recorded {
            compare_name(name, part, all, lines, path, report);
        }
        if i == part.aliases.len() {
            return;
        }
        name = part.aliases[i];
        i += 1;
    }
}

const fn compare_name(name: &str, part: &Member, all: &[Member], lines: Nodes<'_>, path: &Path, report: &mut Report) {
    let mut rest = lines;
    while let Some((line, after)) = rest.next() {
        // The names of a part that stands on both sides are looked at in `flattened`.
        let held = Held { name, part, any_only: find(all, line.name()).is_some() };
        if line.is_flattened()
            && let Some(shape) = held.other_shape(line, line.head())
        {
            let text = Message::new();
            let text = if same(name, part.name) {
                text.text(" was added")
            } else {
                text.text(" is now read under its alias ").code(name)
            };
            let text = text.text(", but stored events may hold it in a flattened part, as ");
            report.held += 1;
            report.refuse_with(
                &path.part(part.name),
                if same(shape, "json") { text.text("any JSON") } else { text.code(shape) },
            );
        }
        rest = after;
    }
}

/// A field of the program, under one of its names.
struct Held<'a> {
    name: &'a str,
    part: &'a Member,
    /// Whether only what takes any name is looked at.
    any_only: bool,
}

impl Held<'_> {
    /// The shape under which a flattened part may hold the name, unless the field reads it and is read as it.
    const fn other_shape<'n>(&self, node: Node<'n>, head: &'n str) -> Option<&'n str> {
        if let Some(inner) = strip(head, "option ") {
            return self.other_shape(node, inner);
        }
        if same(head, "json") {
            return if self.part.has(flag::UNREAD) || is_json(self.part.shape) { None } else { Some(head) };
        }
        if same(head, "map") {
            return match node.children().find("value") {
                Some(value) if same(value.head(), "json") => self.other_shape(value, value.head()),
                Some(value) => self.unless_same(value, value.head()),
                None => None,
            };
        }
        if is_struct(head) {
            return self.in_struct(node);
        }
        if strip(head, "enum").is_some() { self.in_enum(node, head) } else { None }
    }

    const fn unless_same<'n>(&self, node: Node<'n>, head: &'n str) -> Option<&'n str> {
        if reads_as(node, head, self.part) { None } else { Some(head) }
    }

    const fn in_struct<'n>(&self, node: Node<'n>) -> Option<&'n str> {
        let mut rest = node.children();
        while let Some((line, after)) = rest.next() {
            let found = if line.is_flattened() {
                self.other_shape(line, line.head())
            } else if !self.any_only && line.tag().is_none() && same(line.name(), self.name) {
                self.unless_same(line, line.head())
            } else {
                None
            };
            if found.is_some() {
                return found;
            }
            rest = after;
        }
        None
    }

    const fn in_enum<'n>(&self, node: Node<'n>, head: &'n str) -> Option<&'n str> {
        let (tag, content) = tag_and_content(head);
        if !self.any_only && same(tag, self.name) && !is_leaf(self.part.shape, "string") {
            return Some("string");
        }
        let mut rest = node.children();
        while let Some((variant, after)) = rest.next() {
            let is_key = same(head, "enum") && !variant.has_mark("untagged");
            let is_named = if is_key { same(variant.name(), self.name) } else { same(content, self.name) };
            let found = if is_key || !content.is_empty() {
                if is_named && !self.any_only { self.unless_same(variant, variant.head()) } else { None }
            } else {
                self.other_shape(variant, variant.head())
            };
            if found.is_some() {
                return found;
            }
            rest = after;
        }
        None
    }
}

/// What takes the name of a field that the record holds and the program does not: a flattened part. Whether it cannot read
/// what is stored.
pub(super) const fn compare_moved(line: Node<'_>, members: &[Member], part: &Path, report: &mut Report) -> bool {
    let mut i = 0;
    while i < members.len() {
        let member = &members[i];
        let refused = match member.inlined() {
            Some(inner) => compare_moved(line, inner, part, report),
            None if !member.has(flag::FLATTEN) => false,
            None => match unread_by(line, member.shape) {
                Some(shape) => {
                    let text = Message::new()
                        .text(" was ")
                        .code(line.head())
                        .text(", and a flattened part takes it now, as `");
                    report.refuse_with(part, super::push_head(text, shape).text("`"));
                    true
                }
                None => false,
            },
        };
        if refused {
            return true;
        }
        i += 1;
    }
    false
}

/// The shape under which a flattened part takes the name, and does not read what is stored.
const fn unread_by(line: Node<'_>, shape: &'static ShapeDef) -> Option<&'static ShapeDef> {
    match shape.kind {
        Kind::Option(inner) => unread_by(line, inner),
        Kind::Block(head, parts) if same(head, "map") => match find(parts, "value") {
            Some(value) if !is_json(value.shape) => unless_read(line, value),
            _ => None,
        },
        Kind::Block(head, parts) if is_struct(head) => unread_by_parts(line, parts, true),
        Kind::Block(head, variants) if strip(head, "enum").is_some() => {
            let (_, content) = tag_and_content(head);
            if !content.is_empty() {
                return None;
            }
            unread_by_parts(line, variants, same(head, "enum"))
        }
        _ => None,
    }
}

/// `named` says that parts go by their names; those that do not, and flattened ones, hold the names.
const fn unread_by_parts(line: Node<'_>, parts: &'static [Member], named: bool) -> Option<&'static ShapeDef> {
    let mut i = 0;
    while i < parts.len() {
        let part = &parts[i];
        let found = if part.has(flag::FLATTEN | flag::UNTAGGED) || !named {
            unread_by(line, part.shape)
        } else if same(part.name, line.name()) {
            unless_read(line, part)
        } else {
            None
        };
        if found.is_some() {
            return found;
        }
        i += 1;
    }
    None
}

const fn unless_read(line: Node<'_>, part: &Member) -> Option<&'static ShapeDef> {
    let head = match strip(line.head(), "option ") {
        // `None` is not written.
        Some(inner) if line.has_mark("omitted") && !matches!(part.shape.kind, Kind::Option(_)) => inner,
        _ => line.head(),
    };
    if reads_as(line, head, part) { None } else { Some(part.shape) }
}

/// Whether each side reads as its own shape what the other writes.
const fn reads_as(node: Node<'_>, head: &str, part: &Member) -> bool {
    let shape = match part.shape.kind {
        // `None` is not written.
        Kind::Option(inner) if part.has(flag::OMITTED) && strip(head, "option ").is_none() => inner,
        _ => part.shape,
    };
    let mut report = Report::new();
    compare_node(node, head, shape, &Path::ROOT, &mut report);
    report.refused == 0
}

/// The words of `enum tag t content c`.
const fn tag_and_content(head: &str) -> (&str, &str) {
    let Some(words) = strip(head, "enum tag ") else { return ("", "") };
    let (tag, content) = words.split_at(position(words, b' '));
    match strip(content, " content ") {
        Some(content) => (tag, content),
        None => (tag, ""),
    }
}

/// Whether a flattened part of the record takes any name.
const fn holds_any(node: Node<'_>, head: &str) -> bool {
    if let Some(inner) = strip(head, "option ") {
        return holds_any(node, inner);
    }
    if same(head, "json") || same(head, "map") {
        return true;
    }
    let by_name = same(head, "enum") || !tag_and_content(head).1.is_empty();
    let mut rest = node.children();
    while let Some((line, after)) = rest.next() {
        let is_inside = if is_struct(head) { line.is_flattened() } else { !by_name || line.has_mark("untagged") };
        if is_inside && holds_any(line, line.head()) {
            return true;
        }
        rest = after;
    }
    false
}

/// The same of a part of the program that is a map or any JSON itself: it takes what is left.
const fn takes_any(shape: &ShapeDef) -> bool {
    match shape.kind {
        Kind::Option(inner) => takes_any(inner),
        Kind::Block(head, _) => same(head, "map"),
        Kind::Leaf(name) => same(name, "json"),
        _ => false,
    }
}

const fn is_json(shape: &ShapeDef) -> bool {
    match shape.kind {
        Kind::Option(inner) => is_json(inner),
        _ => is_leaf(shape, "json"),
    }
}

const fn is_leaf(shape: &ShapeDef, name: &str) -> bool {
    matches!(shape.kind, Kind::Leaf(leaf) if same(leaf, name))
}
