//! A shape as the lines of a record.

use super::node::Node;
use crate::model::event::TagField;
use crate::shape::def::{Kind, Member, ShapeDef, flag};

/// The lines of one version: its head, its tags, its parts. What `old`, the record before, holds and the shape no longer
/// does, stays as `gone`: stored events still have it, so it cannot come back as something else. The tags of an older version
/// stay: its events may have been given those of a newer one.
pub(super) fn version(tags: &[TagField], shape: &ShapeDef, old: Option<&str>, superseded: bool) -> String {
    let mut text = head(shape);
    let is_gone = |key: &str| old.is_some_and(|old| tags_of(old).any(|tag| tag.key == key && tag.gone));
    let own = tags.iter().map(|tag| Tag { key: tag.key, id_type: tag.id_type.name(), gone: is_gone(tag.key) });
    own.for_each(|tag| push_tag(&mut text, tag));
    let recorded =
        old.into_iter().flat_map(tags_of).filter(|old| superseded && tags.iter().all(|tag| tag.key != old.key));
    recorded.for_each(|tag| push_tag(&mut text, tag));
    parts(&mut text, 1, shape, old.map(Node::root));
    text
}

/// A tag in a record, which stored events carry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) key: &'a str,
    /// The name of the type of its ids; empty where it is not known.
    id_type: &'a str,
    /// Whether newer events need not carry it.
    pub(super) gone: bool,
}

impl<'a> Tag<'a> {
    fn read(line: &'a str) -> Option<Tag<'a>> {
        let (rest, gone) =
            line.strip_prefix("  gone ").map_or_else(|| (line.strip_prefix("  "), false), |rest| (Some(rest), true));
        let tag = rest?.strip_prefix("tag ")?;
        let (key, id_type) = tag.split_once(": ").unwrap_or((tag, ""));
        Some(Tag { key, id_type, gone })
    }
}

/// The tags in a record.
pub(super) fn tags_of(record: &str) -> impl Iterator<Item = Tag<'_>> {
    record.lines().filter_map(Tag::read)
}

fn push_tag(text: &mut String, tag: Tag<'_>) {
    text.push_str(if tag.gone { "\n  gone tag " } else { "\n  tag " });
    text.push_str(tag.key);
    if !tag.id_type.is_empty() {
        text.push_str(": ");
        text.push_str(tag.id_type);
    }
}

/// The record with one more tag.
pub(super) fn with_tag(record: &str, key: &str) -> String {
    let tags = tags_of(record).chain([Tag { key, id_type: "", gone: false }]);
    with_tags(record, tags)
}

/// The record, which says that newer events need not carry the tag.
pub(super) fn with_gone_tag(record: &str, key: &str) -> String {
    with_tags(record, tags_of(record).map(|tag| Tag { gone: tag.gone || tag.key == key, ..tag }))
}

fn with_tags<'a>(record: &'a str, tags: impl Iterator<Item = Tag<'a>>) -> String {
    let mut lines = record.lines();
    let mut text = lines.next().unwrap_or_default().to_owned();
    tags.for_each(|tag| push_tag(&mut text, tag));
    lines.filter(|line| Tag::read(line).is_none()).for_each(|line| text.push_str(&format!("\n{line}")));
    text
}

/// The words before the parts: `list struct`.
fn head(shape: &ShapeDef) -> String {
    match shape.kind {
        Kind::Leaf(name) | Kind::Block(name, _) => name.to_owned(),
        Kind::Option(inner) => format!("option {}", head(inner)),
        Kind::List(item) => format!("list {}", head(item)),
        Kind::Array(len, item) => format!("array {len} {}", head(item)),
        Kind::Personal(def, inner) => format!("personal {} {}", def.kind, head(inner)),
        // The build refuses it before it comes to this.
        Kind::Opaque => "unknown".to_owned(),
    }
}

fn parts(text: &mut String, depth: usize, shape: &ShapeDef, old: Option<Node<'_>>) {
    match shape.kind {
        Kind::Leaf(_) | Kind::Opaque => {}
        Kind::Option(inner) | Kind::List(inner) | Kind::Array(_, inner) | Kind::Personal(_, inner) => {
            parts(text, depth, inner, old)
        }
        Kind::Block(_, members) => {
            self::members(text, depth, members, old);
            if let Some(old) = old {
                gone(text, depth, members, old);
            }
        }
    }
}

fn members(text: &mut String, depth: usize, members: &[Member], old: Option<Node<'_>>) {
    for member in members {
        if let Some(inner) = member.inlined() {
            self::members(text, depth, inner, old);
            continue;
        }
        new_line(text, depth);
        text.push_str(member.name);
        if member.has(flag::OPTIONAL) {
            text.push('?');
        }
        text.push_str(": ");
        text.push_str(&head(member.shape));
        for (_, word) in flag::WORDS.iter().filter(|(flag, _)| member.has(*flag)) {
            text.push_str(&format!(" [{word}]"));
        }
        for alias in member.aliases {
            text.push_str(&format!(" [alias {alias}]"));
        }
        parts(text, depth + 1, member.shape, old.and_then(|old| old.children().find(member.name)));
    }
}

/// The parts of the old record that the shape no longer has.
fn gone(text: &mut String, depth: usize, members: &[Member], old: Node<'_>) {
    let mut nodes = old.children();
    while let Some((line, rest)) = nodes.next() {
        if line.tag().is_none() && !holds(members, line.name()) {
            new_line(text, depth);
            if !line.is_gone() {
                text.push_str("gone ");
            }
            text.push_str(line.line());
            if !line.below().is_empty() {
                text.push('\n');
                text.push_str(line.below().trim_end());
            }
        }
        nodes = rest;
    }
}

fn holds(members: &[Member], name: &str) -> bool {
    members.iter().any(|member| match member.inlined() {
        Some(inner) => holds(inner, name),
        None => member.name == name,
    })
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}
