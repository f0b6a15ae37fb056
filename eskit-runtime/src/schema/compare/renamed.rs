use super::sides::{BlockKind, Sides};
use super::{compare_node, find, find_alias, is_struct};
use crate::message::Message;
use crate::schema::node::{Node, strip};
use crate::schema::report::{Path, Report};
use crate::shape::def::{Kind, Member, ShapeDef, flag};

/// The most new parts of a block that are taken for renamed ones.
const CAME_MAX: usize = 32;

/// The parts that a record does not hold.
pub(super) struct Came<'m> {
    /// Nothing where the part is already taken for another one.
    members: [Option<&'m Member>; CAME_MAX],
    count: usize,
}

impl<'m> Came<'m> {
    pub(super) const fn new() -> Came<'m> {
        Came { members: [None; CAME_MAX], count: 0 }
    }

    pub(super) const fn add(&mut self, member: &'m Member) {
        if self.count < CAME_MAX {
            self.members[self.count] = Some(member);
            self.count += 1;
        }
    }

    /// The first part of the shape of one that went: the parts of a renamed struct keep their order.
    const fn take(&mut self, lost: Node<'_>) -> Option<&'m Member> {
        let mut i = 0;
        while i < self.count {
            if let Some(member) = self.members[i]
                && has_shape(lost, member)
            {
                self.members[i] = None;
                return Some(member);
            }
            i += 1;
        }
        None
    }

    /// The first struct with a part of the name and shape of one that went.
    const fn holder(&self, lost: Node<'_>) -> Option<&'m Member> {
        let mut i = 0;
        while i < self.count {
            if let Some(member) = self.members[i]
                && !member.has(flag::FLATTEN)
                && let Some(part) = find(parts(member.shape), lost.name())
                && has_shape(lost, part)
            {
                return Some(member);
            }
            i += 1;
        }
        None
    }

    /// The first of the name and shape of a part of a struct that went.
    const fn part_of(&self, lost: Node<'_>) -> Option<&'m Member> {
        // What was flattened stood beside it.
        if lost.is_flattened() || !is_struct(strip_options(lost.head())) {
            return None;
        }
        let mut i = 0;
        while i < self.count {
            if let Some(member) = self.members[i]
                && let Some(part) = lost.children().find(member.name)
                && was_stored(part)
                && has_shape(part, member)
            {
                return Some(member);
            }
            i += 1;
        }
        None
    }
}

const fn strip_options(head: &str) -> &str {
    let mut head = head;
    while let Some(inner) = strip(head, "option ") {
        head = inner;
    }
    head
}

const fn has_shape(line: Node<'_>, member: &Member) -> bool {
    let mut report = Report::new();
    compare_node(line, line.head(), member.shape, &Path::ROOT, &mut report);
    report.refused == 0
}

/// The fields of a struct, or of an optional one.
const fn parts(shape: &ShapeDef) -> &'static [Member] {
    match shape.plain().kind {
        Kind::Option(inner) => parts(inner),
        Kind::Block(head, parts) if is_struct(head) => parts,
        _ => &[],
    }
}

/// A part that goes while one of its shape comes was renamed, for all that can be known; one that a new struct has was moved
/// there, and one that comes as a struct goes that had it was moved out. Both sides may do without it, and yet what is stored
/// would be lost.
pub(super) const fn compare_replaced<'m>(
    sides: &Sides<'_>,
    members: &'m [Member],
    mut came: Came<'m>,
    path: &Path,
    report: &mut Report,
) {
    if matches!(sides.kind, BlockKind::Fixed) || came.count == 0 {
        return;
    }
    let mut rest = sides.lines;
    while let Some((line, after)) = rest.next() {
        rest = after;
        if !was_stored(line) || find(members, line.name()).is_some() || find_alias(members, line.name()).is_some() {
            continue;
        }
        let part = path.part(line.name());
        let text = Message::new().text(" was removed, and what is stored of it is not read as ");
        if let Some(member) = came.take(line) {
            let is_flat = member.has(flag::FLATTEN);
            let text = if is_flat { text.text("a flattened part") } else { text.code(member.name) };
            // serde knows no name of a flattened part, so it is no renaming.
            let is_renamed = !is_flat && !line.is_flattened();
            if sides.do_without(line) {
                report.replaced += is_renamed as usize;
                report.refuse_with(&part, text);
            }
            if is_renamed {
                report.note_renamed(line.name(), member.name);
            }
        } else if sides.do_without(line)
            && let Some(member) = came.holder(line)
        {
            report.refuse_with(&part, text.text("`").text(member.name).text(".").text(line.name()).text("`"));
        } else if sides.do_without(line)
            && let Some(member) = came.part_of(line)
        {
            report.refuse_with(&part.part(member.name), text.code(member.name));
        }
    }
}

/// Whether stored events hold it, and programs have read it.
const fn was_stored(line: Node<'_>) -> bool {
    line.tag().is_none() && !line.is_gone() && !line.has_mark("unwritten") && !line.has_mark("unread")
}
