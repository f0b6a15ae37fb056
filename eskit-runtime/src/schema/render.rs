//! A shape as the lines of a record.

use super::node::Node;
use super::shape::{Kind, Member, ShapeDef, flag};
use crate::model::event::TagField;

/// The lines of one version: its head, its tags, its parts. What `old`, the record before, holds and the shape no longer
/// does, stays as `gone`: stored events still have it, so it cannot come back as something else. The tags of an older version
/// stay: its events may have been given those of a newer one.
pub(super) fn version(tags: &[TagField], shape: &ShapeDef, old: Option<&str>, superseded: bool) -> String {
    let mut text = head(shape);
    tags.iter().for_each(|tag| push_tag(&mut text, tag.key));
    let recorded = old.into_iter().flat_map(tags_of).filter(|key| superseded && tags.iter().all(|tag| tag.key != *key));
    recorded.for_each(|key| push_tag(&mut text, key));
    parts(&mut text, 1, shape, old.map(Node::root));
    text
}

/// The keys of the tags in a record.
pub(super) fn tags_of(record: &str) -> impl Iterator<Item = &str> {
    record.lines().filter_map(|line| line.strip_prefix("  tag "))
}

fn push_tag(text: &mut String, key: &str) {
    text.push_str("\n  tag ");
    text.push_str(key);
}

/// The record with one more tag.
pub(super) fn with_tag(record: &str, key: &str) -> String {
    let (head, rest) = record.split_at(record.find('\n').unwrap_or(record.len()));
    let mut text = head.to_owned();
    let (tags, parts): (Vec<&str>, Vec<&str>) = rest.lines().skip(1).partition(|line| line.starts_with("  tag "));
    tags.iter().for_each(|line| text.push_str(&format!("\n{line}")));
    push_tag(&mut text, key);
    parts.iter().for_each(|line| text.push_str(&format!("\n{line}")));
    text
}

/// The words before the parts: `list struct`.
fn head(shape: &ShapeDef) -> String {
    match shape.kind {
        Kind::Leaf(name) | Kind::Block(name, _) => name.to_owned(),
        Kind::Option(inner) => format!("option {}", head(inner)),
        Kind::List(item) => format!("list {}", head(item)),
        Kind::Array(len, item) => format!("array {len} {}", head(item)),
        // The build refuses it before it comes to this.
        Kind::Opaque => "unknown".to_owned(),
    }
}

fn parts(text: &mut String, depth: usize, shape: &ShapeDef, old: Option<Node<'_>>) {
    match shape.kind {
        Kind::Leaf(_) | Kind::Opaque => {}
        Kind::Option(inner) | Kind::List(inner) | Kind::Array(_, inner) => parts(text, depth, inner, old),
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
