use super::{compare_node, find, find_alias, was_renamed};
use crate::schema::node::{Node, Nodes};
use crate::schema::report::{Path, Report};
use crate::schema::shape::Member;
use crate::table::same;

/// The new part of the shape of one that went, if there is any: of several of that shape the one in its place among those
/// that went, since the parts of a renamed struct keep their order.
pub(super) const fn came_instead<'m>(lost: Node<'_>, lines: Nodes<'_>, members: &'m [Member]) -> Option<&'m Member> {
    // What it held was never stored, or never read.
    if lost.is_gone() || lost.has_mark("unwritten") || lost.has_mark("unread") {
        return None;
    }
    let mut came = Came { member: None, before: 0 };
    let mut rest = lines;
    while let Some((line, after)) = rest.next() {
        if same(line.name(), lost.name()) {
            break;
        }
        if line.tag().is_none() && !line.is_gone() && !is_read(members, line.name()) && have_one_shape(line, lost) {
            came.before += 1;
        }
        rest = after;
    }
    came.gather(lost, lines, members);
    came.member
}

const fn is_read(members: &[Member], name: &str) -> bool {
    find(members, name).is_some() || find_alias(members, name).is_some()
}

const fn have_one_shape(line: Node<'_>, other: Node<'_>) -> bool {
    same(line.head(), other.head()) && same(line.below(), other.below())
}

/// The parts of one shape that a record does not hold.
struct Came<'m> {
    /// The last one that was found.
    member: Option<&'m Member>,
    /// How many stand before the one that is looked for.
    before: usize,
}

impl<'m> Came<'m> {
    /// Returns whether it is found.
    const fn gather(&mut self, lost: Node<'_>, lines: Nodes<'_>, members: &'m [Member]) -> bool {
        let mut i = 0;
        while i < members.len() {
            let member = &members[i];
            match member.inlined() {
                Some(inner) => {
                    if self.gather(lost, lines, inner) {
                        return true;
                    }
                }
                None if lines.find(member.name).is_some() || was_renamed(lines, member) => {}
                None => {
                    let mut report = Report::new();
                    compare_node(lost, lost.head(), member.shape, &Path::ROOT, &mut report);
                    if report.refused == 0 {
                        self.member = Some(member);
                        if self.before == 0 {
                            return true;
                        }
                        self.before -= 1;
                    }
                }
            }
            i += 1;
        }
        false
    }
}
