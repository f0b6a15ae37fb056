use super::{compare_node, find, find_alias, was_renamed};
use crate::schema::node::{Node, Nodes};
use crate::schema::report::{Path, Report};
use crate::schema::shape::Member;

/// The part that went, if it is the only one, and the part that came, if it is the only one of the same shape.
pub(super) const fn find_renamed<'a, 'm>(lines: Nodes<'a>, members: &'m [Member]) -> Option<(Node<'a>, &'m Member)> {
    let (mut lost, mut rest) = (None, lines);
    while let Some((line, after)) = rest.next() {
        if line.tag().is_none() && !line.is_gone() && !is_read(members, line.name()) {
            if lost.is_some() {
                return None;
            }
            lost = Some(line);
        }
        rest = after;
    }
    let Some(line) = lost else { return None };
    let mut came = Came { member: None, count: 0 };
    came.gather(line, lines, members);
    match came.member {
        Some(member) if came.count == 1 => Some((line, member)),
        _ => None,
    }
}

const fn is_read(members: &[Member], name: &str) -> bool {
    find(members, name).is_some() || find_alias(members, name).is_some()
}

/// The parts of one shape that a record does not hold.
struct Came<'m> {
    member: Option<&'m Member>,
    count: usize,
}

impl<'m> Came<'m> {
    const fn gather(&mut self, lost: Node<'_>, lines: Nodes<'_>, members: &'m [Member]) {
        let mut i = 0;
        while i < members.len() {
            let member = &members[i];
            match member.inlined() {
                Some(inner) => self.gather(lost, lines, inner),
                None if lines.find(member.name).is_some() || was_renamed(lines, member) => {}
                None => {
                    let mut report = Report::new();
                    compare_node(lost, lost.head(), member.shape, &Path::ROOT, &mut report);
                    if report.refused == 0 {
                        self.member = Some(member);
                        self.count += 1;
                    }
                }
            }
            i += 1;
        }
    }
}
