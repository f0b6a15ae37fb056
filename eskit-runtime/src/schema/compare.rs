//! The rules of the schema lock: which changes stored events and older programs both survive.
//!
//! *Stored events* were written in the recorded shape and are read in the new one; *older programs*, still running or
//! rolled back to, read in the recorded shape what is written in the new one. A change that either does not survive
//! needs a new version.

mod flattened;
mod personal;
mod renamed;
mod rest;
mod sides;
mod tags;
mod untagged;
mod widened;

use self::flattened::{compare_taken, holds_flattened};
use self::personal::compare_personal;
use self::renamed::{Came, compare_replaced};
use self::rest::{compare_moved, compare_stored, holds_flattened_lines};
use self::sides::{BlockKind, Sides, old_does_without};
use self::tags::compare_tags;
use self::untagged::compare_loosened;
use self::widened::{reads_stored, widens};
use super::node::{Node, Nodes, next_mark, strip};
use super::report::{Path, Report};
use crate::codec::kind::PayloadKind;
use crate::message::{Message, contains, same};
use crate::model::event::TagField;
use crate::shape::def::{Kind, Member, ShapeDef, flag};

/// Compares the record of a version with the shape that the program has for it. `superseded` says that there is a newer one.
pub(crate) const fn compare(
    record: &str,
    (kind, tags): (PayloadKind, &[TagField]),
    shape: &ShapeDef,
    superseded: bool,
) -> Report {
    let mut report = Report::new();
    report.kind = kind;
    let root = Node::root(record);
    compare_tags(root.children(), tags, superseded, &mut report);
    compare_node(root, root.head(), shape, &Path::ROOT, &mut report);
    report
}

/// `head` is what of the node's words is not compared yet.
const fn compare_node(node: Node<'_>, head: &str, shape: &ShapeDef, path: &Path, report: &mut Report) {
    let (head, shape) = compare_personal(head, shape, path, report);
    match shape.kind {
        Kind::Option(inner) => {
            if let Some(head) = strip(head, "option ") {
                return compare_node(node, head, inner, path, report);
            }
        }
        Kind::List(item) => {
            if let Some(head) = strip(head, "list ") {
                return compare_node(node, head, item, &path.item(), report);
            }
        }
        Kind::Array(len, item) => {
            let prefix = Message::new().text("array ").number(len as u32).text(" ");
            if let Some(head) = strip(head, prefix.as_str()) {
                return compare_node(node, head, item, &path.item(), report);
            }
        }
        Kind::Leaf(name) => {
            if same(head, name) {
                return;
            }
        }
        Kind::Block(now, members) => {
            if same(head, now) || (is_struct(head) && is_struct(now)) {
                return compare_block(node, head, now, members, path, report);
            }
        }
        Kind::Personal(..) | Kind::Opaque => {}
    }
    let start = if path.is_root() { "the payload was " } else { " was " };
    let text = push_head(Message::new().text(start).code(head).text(", is now `"), shape).text("`");
    if widens(node, head, shape) { report.refuse_for_older(path, text) } else { report.refuse_with(path, text) }
}

const fn is_struct(head: &str) -> bool {
    same(head, "struct") || same(head, "struct closed")
}

const fn push_head(message: Message, shape: &ShapeDef) -> Message {
    match shape.kind {
        Kind::Leaf(name) | Kind::Block(name, _) => message.text(name),
        Kind::Option(inner) => push_head(message.text("option "), inner),
        Kind::List(item) => push_head(message.text("list "), item),
        Kind::Array(len, item) => push_head(message.text("array ").number(len as u32).text(" "), item),
        Kind::Personal(def, inner) => push_head(message.text("personal ").text(def.kind).text(" "), inner),
        Kind::Opaque => message.text("unknown"),
    }
}

const fn compare_block(node: Node<'_>, head: &str, now: &str, members: &[Member], path: &Path, report: &mut Report) {
    let sides = Sides::new(node, head, now, members);
    if report.untagged && same(head, "struct closed") && !same(now, head) {
        let text = " no longer denies unknown fields, so other variants without a name may be read as this one";
        report.refuse(path, text);
    }
    let mut rest = node.children();
    while let Some((line, after)) = rest.next() {
        if line.tag().is_none() {
            compare_recorded(line, members, &sides, path, report);
        }
        rest = after;
    }
    let mut came = Came::new();
    compare_added(members, &sides, path, &mut came, report);
    compare_replaced(&sides, members, came, path, report);
    match sides.kind {
        BlockKind::Struct => {
            if holds_flattened(members) {
                compare_taken(members, members, sides.lines, path, report);
            }
            if holds_flattened_lines(sides.lines) {
                compare_stored(members, members, sides.lines, path, report);
            }
        }
        BlockKind::Enum | BlockKind::Fixed => compare_loosened(&sides, members, path, report),
    }
}

/// The member of this name, also among those of a flattened struct.
const fn find<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    let mut i = 0;
    while i < members.len() {
        match members[i].inlined() {
            Some(inner) => {
                if let Some(found) = find(inner, name) {
                    return Some(found);
                }
            }
            None => {
                if same(members[i].name, name) {
                    return Some(&members[i]);
                }
            }
        }
        i += 1;
    }
    None
}

/// The member that reads this name under an alias.
const fn find_alias<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    let mut i = 0;
    while i < members.len() {
        let found = match members[i].inlined() {
            Some(inner) => find_alias(inner, name),
            None if contains(members[i].aliases, name) => Some(&members[i]),
            None => None,
        };
        if found.is_some() {
            return found;
        }
        i += 1;
    }
    None
}

/// A part that the record holds.
const fn compare_recorded(line: Node<'_>, members: &[Member], sides: &Sides<'_>, path: &Path, report: &mut Report) {
    let part = path.part(line.name());
    match (find(members, line.name()), find_alias(members, line.name())) {
        (Some(member), _) => {
            compare_member(line, member, sides, &part, report);
            let was_stored = !line.has_mark("unread") && !line.has_mark("unwritten");
            if matches!(sides.kind, BlockKind::Struct) && member.has(flag::UNREAD) && was_stored {
                compare_moved(line, members, &part, report);
            }
        }
        (None, Some(member)) if line.is_gone() => read_again(line, member, sides, &part, report),
        (None, Some(member)) => {
            let text = Message::new().text(" is now written as ").code(member.name);
            let text = text.text(", which older programs do not read");
            if reads_stored(line, line.head(), member.shape) {
                report.refuse_for_older(&part, text);
            } else {
                report.refuse_with(&part, text);
            }
        }
        (None, None) => removed(line, members, sides, &part, report),
    }
}

/// A part that is gone, and that stored events hold: the alias of a member leads to it.
const fn read_again(line: Node<'_>, member: &Member, sides: &Sides<'_>, part: &Path, report: &mut Report) {
    if matches!(sides.kind, BlockKind::Struct) && sides.lines.find(member.name).is_some() {
        let text = Message::new().text(" is now read as ").code(member.name);
        return report.refuse_with(part, text.text(", and stored ").text(report.kind.word()).text("s may hold both"));
    }
    compare_node(line, line.head(), member.shape, part, report);
}

const fn removed(line: Node<'_>, members: &[Member], sides: &Sides<'_>, part: &Path, report: &mut Report) {
    let is_stored = matches!(sides.kind, BlockKind::Struct) && !line.is_flattened() && !line.has_mark("unwritten");
    if is_stored && compare_moved(line, members, part, report) {
        return;
    }
    if sides.do_without(line) {
        return;
    }
    let denied = matches!(sides.kind, BlockKind::Struct) && (line.is_gone() || old_does_without(line));
    if denied {
        return report.refuse(part, " was removed, and unknown fields are denied");
    }
    let text = Message::new().text(" was removed");
    if matches!(sides.kind, BlockKind::Struct) && !sides.new_refuses_unknown {
        report.refuse_for_older(part, text)
    } else {
        report.refuse_with(part, text)
    }
}

/// A part that both sides hold, or that the record holds as gone.
const fn compare_member(line: Node<'_>, member: &Member, sides: &Sides<'_>, part: &Path, report: &mut Report) {
    if matches!(sides.kind, BlockKind::Struct) {
        compare_presence(line, member, sides, part, report);
    } else {
        compare_reading(line, member, sides, part, report);
    }
    if line.has_mark("other") && !member.has(flag::OTHER) {
        report.refuse(part, " no longer stands for unknown variants");
    }
    if line.has_mark("untagged") != member.has(flag::UNTAGGED) {
        report.refuse(part, " is a variant with a name on one side only (`untagged`)");
    }
    let mut marks = line.marks();
    while let Some((mark, rest)) = next_mark(marks) {
        if let Some(alias) = strip(mark, "alias ")
            && !contains(member.aliases, alias)
        {
            report.refuse_with(part, Message::new().text(" is no longer read under its alias ").code(alias));
        }
        marks = rest;
    }
    let untagged = report.untagged;
    report.untagged |= sides.untagged || member.has(flag::UNTAGGED);
    compare_node(line, line.head(), member.shape, part, report);
    report.untagged = untagged;
}

/// Whether each side reads the variant that the other writes.
const fn compare_reading(line: Node<'_>, member: &Member, sides: &Sides<'_>, part: &Path, report: &mut Report) {
    let read_by_old = !line.is_gone() && !line.has_mark("unread");
    if read_by_old && member.has(flag::UNREAD) && !sides.new_takes(line) {
        report.refuse(part, " is no longer read");
    }
    if !read_by_old && !member.has(flag::UNREAD | flag::UNWRITTEN) && !sides.old_takes(member) {
        report.refuse_for_older(part, Message::new().text(" is a new variant, which older programs do not know"));
    }
}

/// What is left out although reading requires it is never stored: each encoding is read back before it is.
const fn compare_presence(line: Node<'_>, member: &Member, sides: &Sides<'_>, part: &Path, report: &mut Report) {
    let old_requires = !line.is_gone() && !old_does_without(line);
    let new_requires = !member.has(flag::OPTIONAL | flag::UNREAD);
    let old_leaves_out = line.has_mark("omitted") || line.has_mark("unwritten");
    let stored_may_lack = line.is_gone() || line.is_optional() || old_leaves_out && !old_requires;
    if stored_may_lack && new_requires {
        report.without_default += 1;
        let text = Message::new().text(" may be missing in stored ").text(report.kind.word());
        report.refuse_with(part, text.text("s, but is now required"));
    }
    let new_leaves_out = member.has(flag::OMITTED | flag::UNWRITTEN);
    if old_requires && new_leaves_out && !(old_leaves_out && new_requires) {
        report.refuse_for_older(part, Message::new().text(" may now be left out, but older programs require it"));
    }
    if report.untagged && old_requires && !new_requires {
        report.refuse(part, " is no longer required, so other variants without a name may be read as this one");
    }
    let never_stored = line.has_mark("unwritten") || line.has_mark("unread") && sides.old_refuses_unknown;
    if member.has(flag::UNREAD) && sides.new_refuses_unknown && !never_stored {
        report.refuse(part, " is no longer read, and unknown fields are denied");
    }
}

/// Parts that the record does not hold.
const fn compare_added<'m>(
    members: &'m [Member],
    sides: &Sides<'_>,
    path: &Path,
    came: &mut Came<'m>,
    report: &mut Report,
) {
    let mut i = 0;
    while i < members.len() {
        let member = &members[i];
        match member.inlined() {
            Some(inner) => compare_added(inner, sides, path, came, report),
            None if sides.lines.find(member.name).is_some() || was_renamed(sides.lines, member) => {}
            None => {
                came.add(member);
                match sides.lines.find_alias(member.name) {
                    Some(line) => {
                        let text = Message::new().text(" was added, but older programs read it as ").code(line.name());
                        report.refuse_with(&path.part(member.name), text);
                    }
                    None => added(member, sides, &path.part(member.name), report),
                }
            }
        }
        i += 1;
    }
}

/// Whether the record holds the member under one of its aliases, which is reported there.
const fn was_renamed(lines: Nodes<'_>, member: &Member) -> bool {
    let mut i = 0;
    while i < member.aliases.len() {
        if let Some(line) = lines.find(member.aliases[i])
            && !line.is_gone()
        {
            return true;
        }
        i += 1;
    }
    false
}

const fn added(member: &Member, sides: &Sides<'_>, part: &Path, report: &mut Report) {
    match sides.kind {
        BlockKind::Struct => {
            if !member.has(flag::OPTIONAL) && !member.has(flag::UNREAD) {
                report.without_default += 1;
                let text = Message::new().text(" was added, but stored ").text(report.kind.word());
                report.refuse_with(part, text.text("s do not hold it"));
            } else if sides.old_refuses_unknown && !member.has(flag::UNWRITTEN) {
                report
                    .refuse_for_older(part, Message::new().text(" was added, but older programs deny unknown fields"));
            }
        }
        BlockKind::Enum if sides.old_takes(member) || member.has(flag::UNWRITTEN) => {}
        BlockKind::Enum => {
            report.refuse_for_older(part, Message::new().text(" is a new variant, which older programs do not know"))
        }
        BlockKind::Fixed => report.refuse(part, " was added"),
    }
}

#[cfg(test)]
mod tests;
