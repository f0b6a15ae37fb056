//! The text of a record, read in const code: a line for each member, indented by two more than the line it belongs to.
//!
//! ```text
//! struct
//!   tag order: OrderId
//!   lines: list struct
//!     sku: string
//!   note?: option string [omitted] [alias remark]
//!   gone rebate?: option u32
//! ```

use crate::message::same;

/// A line of a record with the deeper lines below it.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    /// The line without its indentation.
    line: &'a str,
    below: &'a str,
}

/// The lines below a node, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Nodes<'a> {
    rest: &'a str,
}

impl<'a> Node<'a> {
    /// The first line of a text, which is a head alone, with all that follows.
    pub(crate) const fn root(text: &'a str) -> Node<'a> {
        let (line, below) = take_line(text);
        Node { line, below }
    }

    pub(crate) const fn children(&self) -> Nodes<'a> {
        Nodes { rest: self.below }
    }

    /// The line and all below it, as they stand in the text.
    pub(crate) const fn below(&self) -> &'a str {
        self.below
    }

    pub(crate) const fn line(&self) -> &'a str {
        self.line
    }

    /// The key of a line `tag key` or `tag key: Type`, which may be `gone`.
    pub(crate) const fn tag(&self) -> Option<&'a str> {
        match self.tag_parts() {
            Some((key, _)) => Some(key),
            None => None,
        }
    }

    /// The name of the type of a tag's ids; empty where it is not recorded.
    pub(crate) const fn tag_type(&self) -> &'a str {
        match self.tag_parts() {
            Some((_, id_type)) => id_type,
            None => "",
        }
    }

    const fn tag_parts(&self) -> Option<(&'a str, &'a str)> {
        let Some(tag) = strip(self.member(), "tag ") else { return None };
        let (bytes, mut i) = (tag.as_bytes(), 0);
        while i < bytes.len() {
            if bytes[i] == b':' {
                let (key, rest) = tag.split_at(i);
                return match strip(rest, ": ") {
                    Some(id_type) => Some((key, id_type)),
                    None => Some((key, "")),
                };
            }
            i += 1;
        }
        Some((tag, ""))
    }

    /// Whether the member was removed; stored events may still hold it.
    pub(crate) const fn is_gone(&self) -> bool {
        strip(self.line, "gone ").is_some()
    }

    /// Whether it stands for what is flattened, whose name is none that serde knows: `*0`.
    pub(crate) const fn is_flattened(&self) -> bool {
        strip(self.member(), "*").is_some()
    }

    const fn member(&self) -> &'a str {
        match strip(self.line, "gone ") {
            Some(rest) => rest,
            None => self.line,
        }
    }

    /// The name as the record writes it.
    pub(crate) const fn name(&self) -> &'a str {
        let member = self.member();
        let (name, _) = member.split_at(position(member, b':'));
        let (bare, _) = name.split_at(position(name, b'?'));
        bare
    }

    /// Whether the record writes this name. With few steps, since a block is searched for each of its parts.
    const fn is_called(&self, name: &str) -> bool {
        let (line, name) = (self.member().as_bytes(), name.as_bytes());
        if line.len() <= name.len() || !matches!(line[name.len()], b':' | b'?') {
            return false;
        }
        let mut i = 0;
        while i < name.len() && line[i] == name[i] {
            i += 1;
        }
        i == name.len()
    }

    /// Whether reading does without it.
    pub(crate) const fn is_optional(&self) -> bool {
        let member = self.member();
        let (name, _) = member.split_at(position(member, b':'));
        position(name, b'?') < name.len()
    }

    /// What follows the name: the words of the shape.
    pub(crate) const fn head(&self) -> &'a str {
        let member = self.member();
        let colon = position(member, b':');
        let (_, head) = if colon < member.len() { member.split_at(colon + 1) } else { member.split_at(0) };
        let (head, _) = head.split_at(position(head, b'['));
        trim(head)
    }

    /// Whether `[word]` follows the shape.
    pub(crate) const fn has_mark(&self, word: &str) -> bool {
        let mut marks = self.marks();
        while let Some((mark, rest)) = next_mark(marks) {
            if same(mark, word) {
                return true;
            }
            marks = rest;
        }
        false
    }

    /// Whether it is read under this alias.
    pub(crate) const fn has_alias(&self, name: &str) -> bool {
        let mut marks = self.marks();
        while let Some((mark, rest)) = next_mark(marks) {
            if matches!(strip(mark, "alias "), Some(alias) if same(alias, name)) {
                return true;
            }
            marks = rest;
        }
        false
    }

    /// Everything after the shape: `[omitted] [alias remark]`.
    pub(crate) const fn marks(&self) -> &'a str {
        if !self.line.is_empty() && self.line.as_bytes()[self.line.len() - 1] != b']' {
            return "";
        }
        let (_, marks) = self.line.split_at(position(self.line, b'['));
        marks
    }
}

/// The content of the first bracket, and what follows it.
pub(crate) const fn next_mark(marks: &str) -> Option<(&str, &str)> {
    let open = position(marks, b'[');
    if open == marks.len() {
        return None;
    }
    let (_, rest) = marks.split_at(open + 1);
    let close = position(rest, b']');
    let (mark, rest) = rest.split_at(close);
    Some((mark, rest))
}

impl<'a> Nodes<'a> {
    /// The next line of this depth with all below it, and the ones after it.
    pub(crate) const fn next(self) -> Option<(Node<'a>, Nodes<'a>)> {
        if self.rest.is_empty() {
            return None;
        }
        let depth = indentation(self.rest);
        let (line, after) = take_line(self.rest);
        let (_, line) = line.split_at(depth);
        let mut end = 0;
        while end < after.len() {
            let (_, rest) = after.split_at(end);
            if indentation(rest) <= depth {
                break;
            }
            let (line, _) = take_line(rest);
            end += line.len() + if end + line.len() < after.len() { 1 } else { 0 };
        }
        let (below, rest) = after.split_at(end);
        Some((Node { line, below }, Nodes { rest }))
    }

    /// The member of this name, gone or not.
    pub(crate) const fn find(self, name: &str) -> Option<Node<'a>> {
        let mut nodes = self;
        while let Some((node, rest)) = nodes.next() {
            if node.is_called(name) {
                return Some(node);
            }
            nodes = rest;
        }
        None
    }

    /// The member that is read under this alias, gone or not.
    pub(crate) const fn find_alias(self, name: &str) -> Option<Node<'a>> {
        let mut nodes = self;
        while let Some((node, rest)) = nodes.next() {
            if node.has_alias(name) {
                return Some(node);
            }
            nodes = rest;
        }
        None
    }
}

/// The rest of the text behind a prefix.
pub(crate) const fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (bytes, start) = (text.as_bytes(), prefix.as_bytes());
    if bytes.len() < start.len() {
        return None;
    }
    let mut i = 0;
    while i < start.len() {
        if bytes[i] != start[i] {
            return None;
        }
        i += 1;
    }
    let (_, rest) = text.split_at(start.len());
    Some(rest)
}

/// Of words that begin with `personal student`: what the subject is, and the words after that.
pub(crate) const fn strip_personal(head: &str) -> Option<(&str, &str)> {
    let Some(rest) = strip(head, "personal ") else { return None };
    let (kind, rest) = rest.split_at(position(rest, b' '));
    Some((kind, trim(rest)))
}

/// The place of the first such ASCII byte, or the length.
pub(crate) const fn position(text: &str, byte: u8) -> usize {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() && bytes[i] != byte {
        i += 1;
    }
    i
}

const fn indentation(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() && bytes[i] == b' ' {
        i += 1;
    }
    i
}

const fn take_line(text: &str) -> (&str, &str) {
    let end = position(text, b'\n');
    let (line, rest) = text.split_at(end);
    if rest.is_empty() {
        return (line, rest);
    }
    let (_, rest) = rest.split_at(1);
    (line, rest)
}

const fn trim(text: &str) -> &str {
    let mut text = text;
    while let Some(rest) = strip(text, " ") {
        text = rest;
    }
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    while end > 0 && bytes[end - 1] == b' ' {
        end -= 1;
    }
    let (text, _) = text.split_at(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "struct closed\n  tag order\n  lines: list struct\n    sku: string\n    n: u32\n  note?: option string [omitted] [alias remark]\n  gone rebate?: u32";

    fn names<'a>(node: &Node<'a>) -> Vec<&'a str> {
        let (mut all, mut nodes) = (Vec::new(), node.children());
        while let Some((node, rest)) = nodes.next() {
            all.push(node.line());
            nodes = rest;
        }
        all
    }

    #[test]
    fn a_text_is_a_tree() {
        let root = Node::root(TEXT);
        assert_eq!(root.head(), "struct closed");
        assert_eq!(names(&root).len(), 4);
        let lines = root.children().find("lines").unwrap();
        assert_eq!((lines.head(), names(&lines)), ("list struct", vec!["sku: string", "n: u32"]));
        assert!(root.children().find("sku").is_none() && root.children().find("tag order").is_none());
        let first = |text| Node::root(text).children().next().unwrap().0;
        assert_eq!((first(TEXT).tag(), first(TEXT).tag_type()), (Some("order"), ""));
        let typed = first("struct\n  tag order: OrderId");
        assert_eq!((typed.tag(), typed.tag_type()), (Some("order"), "OrderId"));
    }

    #[test]
    fn a_line_holds_a_name_a_shape_and_marks() {
        let note = Node::root(TEXT).children().find("note").unwrap();
        assert!(note.is_optional() && !note.is_gone());
        assert_eq!(note.head(), "option string");
        assert!(note.has_mark("omitted") && note.has_mark("alias remark") && !note.has_mark("alias"));
        let rebate = Node::root(TEXT).children().find("rebate").unwrap();
        assert!(rebate.is_gone() && rebate.is_optional() && rebate.marks().is_empty());
        assert_eq!(rebate.head(), "u32");
    }
}
