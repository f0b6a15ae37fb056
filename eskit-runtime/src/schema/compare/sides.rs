//! What a record and a program do with parts that they do not know.

use super::is_struct;
use crate::message::same;
use crate::schema::node::{Node, Nodes, position, strip};
use crate::shape::def::{Kind, Member, flag};

pub(super) enum BlockKind {
    Struct,
    Enum,
    /// A tuple, a map or an untagged enum: its parts are known by their place.
    Fixed,
}

/// The two sides of a block.
pub(super) struct Sides<'a> {
    pub(super) kind: BlockKind,
    /// Whether the parts are variants without a name.
    pub(super) untagged: bool,
    /// What the record holds.
    pub(super) lines: Nodes<'a>,
    pub(super) old_refuses_unknown: bool,
    pub(super) new_refuses_unknown: bool,
    old_knows_other: bool,
    new_knows_other: bool,
    /// Only where the tag stands among the fields does serde pass over those of an unknown variant.
    other_takes_content: bool,
}

impl<'a> Sides<'a> {
    pub(super) const fn new(node: Node<'a>, head: &str, now: &str, members: &[Member]) -> Sides<'a> {
        let lines = node.children();
        Sides {
            kind: if is_struct(head) {
                BlockKind::Struct
            } else if strip(head, "enum").is_some() && !same(head, "enum untagged") {
                BlockKind::Enum
            } else {
                BlockKind::Fixed
            },
            untagged: same(head, "enum untagged"),
            lines,
            old_refuses_unknown: same(head, "struct closed"),
            new_refuses_unknown: same(now, "struct closed"),
            old_knows_other: has_other(lines),
            new_knows_other: holds_other(members),
            other_takes_content: is_internally_tagged(head),
        }
    }

    /// Whether both sides survive that a part of the record is gone.
    pub(super) const fn do_without(&self, part: Node<'_>) -> bool {
        match self.kind {
            BlockKind::Struct => (part.is_gone() || old_does_without(part)) && !self.new_refuses_unknown,
            // What neither side reads or writes stands for something else, such as a number of Protobuf.
            BlockKind::Enum => {
                part.is_gone() || part.has_mark("unread") && part.has_mark("unwritten") || self.new_takes(part)
            }
            BlockKind::Fixed => false,
        }
    }

    /// Whether older programs read a variant that they do not know.
    pub(super) const fn old_takes(&self, variant: &Member) -> bool {
        self.old_knows_other && (self.other_takes_content || is_leaf(variant, "unit"))
    }

    /// Whether the program reads a variant that it no longer knows.
    pub(super) const fn new_takes(&self, variant: Node<'_>) -> bool {
        self.new_knows_other && (self.other_takes_content || same(variant.head(), "unit"))
    }
}

/// Whether older programs read a struct that lacks the part.
pub(super) const fn old_does_without(part: Node<'_>) -> bool {
    part.is_optional() || part.has_mark("unread")
}

const fn is_internally_tagged(head: &str) -> bool {
    match strip(head, "enum tag ") {
        Some(tag) => position(tag, b' ') == tag.len(),
        None => false,
    }
}

const fn is_leaf(member: &Member, name: &str) -> bool {
    matches!(member.shape.kind, Kind::Leaf(leaf) if same(leaf, name))
}

const fn has_other(lines: Nodes<'_>) -> bool {
    let mut rest = lines;
    while let Some((line, after)) = rest.next() {
        if line.has_mark("other") && !line.is_gone() {
            return true;
        }
        rest = after;
    }
    false
}

const fn holds_other(members: &[Member]) -> bool {
    let mut i = 0;
    while i < members.len() {
        if members[i].has(flag::OTHER) {
            return true;
        }
        i += 1;
    }
    false
}
