use super::path::Step;
use super::tokens::{Token, Tokens};

/// Levels of a text that are told apart. Deeper ones, which only a `RawValue` holds, count as one scalar.
const DEPTH_MAX: usize = 128;

/// The first place where two JSON texts differ.
#[derive(PartialEq, Debug)]
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) written: String,
    pub(crate) read: String,
}

/// Where a value was read as another than was written. The order of an object's members does not count, nor that of an
/// array's elements: a hash map or a hash set has another one each time.
pub(crate) fn difference(written: &str, read: &str) -> Option<Difference> {
    let (written, read) = (Tree::parse(written), Tree::parse(read));
    let mut path = String::new();
    let (written, read) = first(&written, &read, &mut path)?;
    Some(Difference { path, written: shown(written), read: shown(read) })
}

/// Two subtrees in the same place, of which one may be missing.
type Pair<'a, 't> = (Option<&'a Tree<'t>>, Option<&'a Tree<'t>>);

/// The first and smallest subtrees that differ.
fn first<'a, 't>(one: &'a Tree<'t>, other: &'a Tree<'t>, path: &mut String) -> Option<Pair<'a, 't>> {
    if one.content == other.content {
        return None;
    }
    match (&one.kind, &other.kind) {
        (Kind::Object(ones), Kind::Object(others)) => {
            let (written, read) =
                first_member(ones, others).or_else(|| first_member(others, ones).map(|(a, b)| (b, a)))?;
            let (key, _) = written.or(read)?;
            Step::Member(key).add_to(path);
            match (written, read) {
                (Some((_, one)), Some((_, other))) => first(one, other, path),
                (one, other) => Some((one.map(|(_, tree)| tree), other.map(|(_, tree)| tree))),
            }
        }
        (Kind::Array(ones), Kind::Array(others)) if ones.len() == others.len() => {
            let place = ones.iter().zip(others).position(|(one, other)| one.content != other.content)?;
            Step::Element(place).add_to(path);
            first(&ones[place], &others[place], path)
        }
        _ => Some((Some(one), Some(other))),
    }
}

type Member<'t> = (&'t str, Tree<'t>);

/// The first member whose namesake among the others has another value or is missing.
fn first_member<'a, 't>(
    members: &'a [Member<'t>],
    others: &'a [Member<'t>],
) -> Option<(Option<&'a Member<'t>>, Option<&'a Member<'t>>)> {
    members.iter().find_map(|member| {
        let other = others.iter().find(|(key, _)| *key == member.0);
        other.is_none_or(|(_, tree)| tree.content != member.1.content).then_some((Some(member), other))
    })
}

fn shown(tree: Option<&Tree<'_>>) -> String {
    const CHARS_MAX: usize = 60;
    let text = tree.map_or("nothing", |tree| tree.text);
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

/// A JSON text by its structure.
struct Tree<'t> {
    text: &'t str,
    /// The same text with members and elements in an order of their own.
    content: String,
    kind: Kind<'t>,
}

enum Kind<'t> {
    Scalar,
    Array(Vec<Tree<'t>>),
    Object(Vec<Member<'t>>),
}

impl<'t> Tree<'t> {
    fn parse(text: &'t str) -> Tree<'t> {
        let mut parser = Parser { text, tokens: Tokens::new(text) };
        match parser.tokens.next() {
            Some(token) => parser.value(token, 0),
            None => Tree::scalar(text),
        }
    }

    fn scalar(text: &'t str) -> Tree<'t> {
        Tree { text, content: text.to_owned(), kind: Kind::Scalar }
    }
}

/// Reads what serde_json wrote. In a text that is not JSON it would see some tree or other.
struct Parser<'t> {
    text: &'t str,
    tokens: Tokens<'t>,
}

impl<'t> Parser<'t> {
    /// The value that begins with this token.
    fn value(&mut self, token: Token<'t>, depth: usize) -> Tree<'t> {
        match token.first() {
            b'{' | b'[' if depth == DEPTH_MAX => self.skipped(token),
            b'{' => self.object(token, depth),
            b'[' => self.array(token, depth),
            _ => Tree::scalar(token.text),
        }
    }

    fn array(&mut self, opening: Token<'t>, depth: usize) -> Tree<'t> {
        let mut elements = Vec::new();
        while let Some(token) = self.tokens.next() {
            match token.first() {
                b',' => {}
                b']' => break,
                _ => elements.push(self.value(token, depth + 1)),
            }
        }
        let mut parts: Vec<&str> = elements.iter().map(|element| element.content.as_str()).collect();
        parts.sort_unstable();
        let content = format!("[{}]", parts.join(","));
        Tree { text: self.since(opening), content, kind: Kind::Array(elements) }
    }

    fn object(&mut self, opening: Token<'t>, depth: usize) -> Tree<'t> {
        let mut members: Vec<Member<'t>> = Vec::new();
        let mut key = "";
        while let Some(token) = self.tokens.next() {
            match token.first() {
                b',' => {}
                b'}' => break,
                b':' => {
                    if let Some(token) = self.tokens.next() {
                        members.push((key, self.value(token, depth + 1)));
                    }
                }
                _ => key = token.text,
            }
        }
        let mut parts: Vec<String> = members.iter().map(|(key, tree)| format!("{key}:{}", tree.content)).collect();
        parts.sort_unstable();
        let content = format!("{{{}}}", parts.join(","));
        Tree { text: self.since(opening), content, kind: Kind::Object(members) }
    }

    /// What is too deep, as one scalar.
    fn skipped(&mut self, opening: Token<'t>) -> Tree<'t> {
        let mut open = 1;
        while open > 0 {
            match self.tokens.next().map(|token| token.first()) {
                Some(b'{' | b'[') => open += 1,
                Some(b'}' | b']') => open -= 1,
                Some(_) => {}
                None => break,
            }
        }
        Tree::scalar(self.since(opening))
    }

    fn since(&self, opening: Token<'t>) -> &'t str {
        self.text.get(opening.start..self.tokens.at()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(written: &str, read: &str) -> Option<(String, String, String)> {
        difference(written, read).map(|found| (found.path, found.written, found.read))
    }

    #[test]
    fn order_makes_no_difference() {
        for (one, other) in [
            (r#"{"a":1,"b":[1,2,{"c":[3,4]}]}"#, r#"{"b":[2,{"c":[4,3]},1],"a":1}"#),
            ("[[1,2],[3,4]]", "[[4,3],[2,1]]"),
            ("null", "null"),
            ("{}", " {} "),
        ] {
            assert_eq!(differs(one, other), None);
        }
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(differs(&deep("1"), &deep("1")), None);
        assert!(differs(&deep("1"), &deep("2")).is_some());
    }

    #[test]
    fn the_smallest_difference_is_found() {
        for (written, read, path, one, other) in [
            (r#"{"a":1,"b":{"c":[1.5,2]}}"#, r#"{"b":{"c":[1.5,3]},"a":1}"#, "b.c[1]", "2", "3"),
            (r#"{"a":1,"b":2}"#, r#"{"b":2}"#, "a", "1", "nothing"),
            (r#"{"b":2}"#, r#"{"a":"x","b":2}"#, "a", "nothing", "\"x\""),
            (r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, "a", "[1,2]", "[1]"),
            (r#"{"a":{}}"#, r#"{"a":null}"#, "a", "{}", "null"),
            ("1", "2", "", "1", "2"),
        ] {
            let expected = (path.to_owned(), one.to_owned(), other.to_owned());
            assert_eq!(differs(written, read), Some(expected), "{written} {read}");
        }
        let (_, written, _) = differs(&format!("\"{}\"", "é".repeat(99)), "1").unwrap();
        assert_eq!(written, format!("\"{}..", "é".repeat(59)));
    }
}
