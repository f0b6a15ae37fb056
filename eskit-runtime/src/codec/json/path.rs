use std::fmt::Write;

use super::tokens::{Token, Tokens};

/// Where in a JSON text the byte at `offset` stands: `readings[3].celsius`. Empty for the whole.
pub fn json_path(text: &str, offset: usize) -> String {
    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut last: Option<Token<'_>> = None;
    for token in Tokens::new(text).take_while(|token| token.start < offset) {
        match token.first() {
            b'{' => steps.push(Step::Member("")),
            b'[' => steps.push(Step::Element(0)),
            b'}' | b']' => {
                steps.pop();
            }
            b',' => match steps.last_mut() {
                Some(Step::Element(index)) => *index += 1,
                Some(Step::Member(name)) => *name = "",
                None => {}
            },
            b':' => {
                if let (Some(Step::Member(name)), Some(key)) = (steps.last_mut(), last) {
                    *name = key.text;
                }
            }
            _ => {}
        }
        last = Some(token);
    }
    let mut path = String::new();
    steps.iter().for_each(|step| step.add_to(&mut path));
    path
}

/// Where serde_json stopped to read, in bytes.
pub(crate) fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column()
}

/// Where the `null` stands before which `before` others come, in a text that holds `all` of them. Empty where others were
/// written: a `RawValue` brings its own.
pub(crate) fn path_of_null(text: &str, before: usize, all: usize) -> String {
    let nulls: Vec<_> = Tokens::new(text).filter(|token| token.text == "null").collect();
    match nulls.get(before) {
        Some(token) if nulls.len() == all => json_path(text, token.start + 1),
        _ => String::new(),
    }
}

/// One step of a path: a member of an object, by its key with the quotes, or an element of an array.
#[derive(Clone, Copy)]
pub(crate) enum Step<'t> {
    Member(&'t str),
    Element(usize),
}

impl Step<'_> {
    pub(crate) fn add_to(self, path: &mut String) {
        let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        // Writing into a text cannot fail.
        let _ = match self {
            Step::Element(index) => write!(path, "[{index}]"),
            Step::Member("") => Ok(()),
            Step::Member(key) => match key.trim_matches('"') {
                name if !is_word(name) || name.is_empty() => write!(path, "[{key}]"),
                name if path.is_empty() => write!(path, "{name}"),
                name => write!(path, ".{name}"),
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_in_its_members_and_elements() {
        let text = r#"{"a":1,"list":[0,{"odd key":null},[[7]]],"":{},"b":{"c":null}}"#;
        for (marker, path) in [
            ("1", "a"),
            ("null},", "list[1][\"odd key\"]"),
            ("7", "list[2][0][0]"),
            ("{},", "[\"\"]"),
            ("null}}", "b.c"),
        ] {
            assert_eq!(json_path(text, text.rfind(marker).unwrap() + usize::from(marker != "{},")), path, "{marker}");
        }
        assert_eq!(json_path(text, 0), "");
        assert_eq!((path_of_null(text, 1, 2), path_of_null(text, 1, 3)), ("b.c".to_owned(), String::new()));
    }
}
