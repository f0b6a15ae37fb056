use super::sides::Sides;
use super::{find, find_alias};
use crate::message::same;
use crate::schema::node::{Node, Nodes};
use crate::schema::report::{Path, Report};
use crate::shape::def::{Kind, Member, flag};

/// serde tries variants without a name in their order. A field that one of them no longer reads, and so no longer refuses,
/// may have kept it from what a later one wrote.
pub(super) const fn compare_loosened(sides: &Sides<'_>, members: &[Member], path: &Path, report: &mut Report) {
    let mut rest = sides.lines;
    while let Some((variant, later)) = rest.next() {
        if (sides.untagged || variant.has_mark("untagged"))
            && let Some(Member { shape, .. }) = find(members, variant.name())
            && let Kind::Block(_, fields) = shape.kind
        {
            compare_fields(variant, fields, later, &path.part(variant.name()), report);
        }
        rest = later;
    }
}

const fn compare_fields(variant: Node<'_>, fields: &[Member], later: Nodes<'_>, path: &Path, report: &mut Report) {
    let mut rest = variant.children();
    while let Some((line, after)) = rest.next() {
        let was_read = line.is_optional() && !line.is_gone() && !line.has_mark("unread");
        if was_read && !is_read(fields, line.name()) && another_holds(later, line) {
            let text = " is no longer read, so other variants without a name may be read as this one";
            report.refuse(&path.part(line.name()), text);
        }
        rest = after;
    }
}

const fn is_read(fields: &[Member], name: &str) -> bool {
    match find(fields, name) {
        Some(field) => !field.has(flag::UNREAD),
        None => find_alias(fields, name).is_some(),
    }
}

/// Whether one of these variants has a field of this name and of another shape.
const fn another_holds(variants: Nodes<'_>, field: Node<'_>) -> bool {
    let mut rest = variants;
    while let Some((variant, after)) = rest.next() {
        if let Some(other) = variant.children().find(field.name())
            && !(same(other.head(), field.head()) && same(other.below(), field.below()))
        {
            return true;
        }
        rest = after;
    }
    false
}
