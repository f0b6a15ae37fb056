use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use super::tokens::Tokens;
use crate::log::personal::JsonPointer;

/// Walks over the values of a JSON text, each after those that lie in it.
pub(crate) struct Values<'t> {
    tokens: Tokens<'t>,
    /// The name of the member that marks objects.
    mark: &'static str,
    /// The objects and arrays around the next token, the outermost first.
    open: Vec<Open>,
    /// Where the walk is.
    path: String,
}

/// An object or array whose end is not yet read.
struct Open {
    start: usize,
    /// How much of the path leads to it.
    path_len: usize,
    /// How many elements came before; `None` for an object.
    index: Option<usize>,
    /// Whether the next text is the key of a member.
    awaits_key: bool,
    /// Whether an object has a key so far.
    has_key: bool,
    is_marked: bool,
}

/// A value of a JSON text.
pub(crate) struct Value {
    /// Where it stands, in bytes.
    pub(crate) range: Range<usize>,
    /// Whether it is an object whose first member is the mark.
    pub(crate) is_marked: bool,
}

impl<'t> Values<'t> {
    pub(crate) fn new(text: &'t str, mark: &'static str) -> Values<'t> {
        Values { tokens: Tokens::new(text), mark, open: Vec::new(), path: String::new() }
    }

    /// The place of the last value, as the text of a [`JsonPointer`].
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn enter(&mut self, start: usize, is_array: bool) {
        let (index, path_len) = (is_array.then_some(0), self.path.len());
        self.open.push(Open { start, path_len, index, awaits_key: !is_array, has_key: false, is_marked: false });
        if is_array {
            self.path.push_str("/0");
        }
    }

    fn leave(&mut self) -> Option<Value> {
        let open = self.open.pop()?;
        self.path.truncate(open.path_len);
        Some(Value { range: open.start..self.tokens.at(), is_marked: open.is_marked })
    }

    fn next_of_several(&mut self) {
        let Some(open) = self.open.last_mut() else { return };
        self.path.truncate(open.path_len);
        match &mut open.index {
            Some(index) => {
                *index += 1;
                // Writing into a text cannot fail.
                let _ = write!(self.path, "/{index}");
            }
            None => open.awaits_key = true,
        }
    }

    /// Whether a text is a key, which then leads on.
    fn is_key(&mut self, text: &str) -> bool {
        let Some(open) = self.open.last_mut().filter(|open| open.awaits_key) else { return false };
        let key = match text.contains('\\') {
            true => serde_json::from_str(text).map_or_else(|_| text.into(), Cow::Owned),
            false => Cow::Borrowed(text.trim_matches('"')),
        };
        open.is_marked |= !open.has_key && key == self.mark;
        (open.awaits_key, open.has_key) = (false, true);
        JsonPointer::push_member(&mut self.path, &key);
        true
    }
}

impl Iterator for Values<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        loop {
            let token = self.tokens.next()?;
            match token.first() {
                bracket @ (b'{' | b'[') => self.enter(token.start, bracket == b'['),
                b'}' | b']' => return self.leave(),
                b',' => self.next_of_several(),
                b':' => {}
                b'"' if self.is_key(token.text) => {}
                _ => return Some(Value { range: token.start..self.tokens.at(), is_marked: false }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_place() {
        let text = r#" {"a": [1, [], {"b/~c": "x,}"}], "": {"\u0062": null}, "m": {"$s": 1}, "o": {"x": 0, "$s": 1}} "#;
        let mut values = Values::new(text, "$s");
        let mut found = Vec::new();
        while let Some(value) = values.next() {
            found.push((values.path().to_owned(), &text[value.range], value.is_marked));
        }
        let expected = [
            ("/a/0", "1", false),
            ("/a/1", "[]", false),
            ("/a/2/b~1~0c", "\"x,}\"", false),
            ("/a/2", r#"{"b/~c": "x,}"}"#, false),
            ("/a", r#"[1, [], {"b/~c": "x,}"}]"#, false),
            ("//b", "null", false),
            ("/", r#"{"\u0062": null}"#, false),
            ("/m/$s", "1", false),
            ("/m", r#"{"$s": 1}"#, true),
            ("/o/x", "0", false),
            ("/o/$s", "1", false),
            ("/o", r#"{"x": 0, "$s": 1}"#, false),
            ("", text.trim(), false),
        ];
        let expected: Vec<_> = expected.map(|(path, text, is_marked)| (path.to_owned(), text, is_marked)).into();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_text_that_ends_too_early_ends_the_walk() {
        let text = r#"{"a":[1,{"b":"c"}],"d":{}}"#;
        for cut in 0..text.len() {
            assert!(Values::new(&text[..cut], "$s").count() < 6, "{cut}");
        }
        assert_eq!(Values::new("]}:,", "$s").count(), 0);
    }
}
