//! Names inside of flattened enums and options: they stand among the fields of the struct around them.

use super::{find, find_alias, is_struct};
use crate::message::{Message, contains, same};
use crate::schema::node::{Nodes, position, strip};
use crate::schema::report::{Path, Report};
use crate::shape::def::{Kind, Member, ShapeDef, flag};

/// serde gives a name to the struct's own field, so one that is new takes it from what is flattened.
pub(super) const fn compare_taken(
    parts: &[Member],
    all: &[Member],
    lines: Nodes<'_>,
    path: &Path,
    report: &mut Report,
) {
    let mut i = 0;
    while i < parts.len() {
        let part = &parts[i];
        if let Some(inner) = part.inlined() {
            compare_taken(inner, all, lines, path, report);
        } else if !part.has(flag::FLATTEN) {
            compare_names(part, all, lines, path, report);
        }
        i += 1;
    }
}

const fn compare_names(part: &Member, all: &[Member], lines: Nodes<'_>, path: &Path, report: &mut Report) {
    let recorded = lines.find(part.name);
    let (mut name, mut i) = (part.name, 0);
    loop {
        let is_recorded = matches!(recorded, Some(line) if same(line.name(), name) || line.has_alias(name));
        if !is_recorded && flattened_holds(all, name) {
            let text = Message::new().text(" now takes ").code(name).text(" from a flattened part, which reads it too");
            report.taken += 1;
            report.refuse_with(&path.part(part.name), text);
        }
        if i == part.aliases.len() {
            return;
        }
        name = part.aliases[i];
        i += 1;
    }
}

pub(super) const fn holds_flattened(parts: &[Member]) -> bool {
    let mut i = 0;
    while i < parts.len() {
        if parts[i].has(flag::FLATTEN) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether one of these parts is a flattened enum or option that may hold a field of this name.
const fn flattened_holds(parts: &[Member], name: &str) -> bool {
    let mut i = 0;
    while i < parts.len() {
        let found = match parts[i].inlined() {
            Some(inner) => flattened_holds(inner, name),
            None => parts[i].has(flag::FLATTEN) && holds(parts[i].shape, name),
        };
        if found {
            return true;
        }
        i += 1;
    }
    false
}

const fn holds(shape: &ShapeDef, name: &str) -> bool {
    match shape.kind {
        Kind::Option(inner) => holds(inner, name),
        Kind::Block(head, parts) if is_struct(head) => is_part(parts, name) || flattened_holds(parts, name),
        Kind::Block(head, variants) if strip(head, "enum").is_some() => variants_hold(head, variants, name),
        _ => false,
    }
}

const fn is_part(parts: &[Member], name: &str) -> bool {
    find(parts, name).is_some() || find_alias(parts, name).is_some()
}

const fn variants_hold(head: &str, variants: &[Member], name: &str) -> bool {
    if let Some(words) = strip(head, "enum tag ") {
        let (tag, content) = words.split_at(position(words, b' '));
        match strip(content, " content ") {
            Some(content) => return same(tag, name) || same(content, name),
            None if same(tag, name) => return true,
            None => {}
        }
    }
    let mut i = 0;
    while i < variants.len() {
        let variant = &variants[i];
        let is_key = same(head, "enum") && !variant.has(flag::UNTAGGED);
        if is_key && (same(variant.name, name) || contains(variant.aliases, name))
            || !is_key && holds(variant.shape, name)
        {
            return true;
        }
        i += 1;
    }
    false
}
