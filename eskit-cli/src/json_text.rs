//! JSON laid out anew without reading its values: every digit and the order of the members stay.

/// The parts of a JSON text between its white space: marks such as `{` alone, and values with their quotes.
fn parts(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let end = match rest.as_bytes().first()? {
            b'"' => text_len(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c)).unwrap_or(rest.len()),
        };
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

/// The bytes of the text that begins with a quote.
fn text_len(json: &str) -> usize {
    let mut is_escaped = true;
    for (index, byte) in json.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    json.len()
}

/// In one line, without white space.
pub(crate) fn compact(json: &str) -> String {
    parts(json).collect()
}

/// Over several lines, for people.
pub(crate) fn pretty(json: &str) -> String {
    let (mut text, mut depth, mut is_open) = (String::with_capacity(json.len() * 2), 0_usize, false);
    for part in parts(json) {
        let closes = matches!(part, "}" | "]");
        if closes {
            depth = depth.saturating_sub(1);
        }
        // An empty object or list stays on its line.
        if is_open != closes {
            break_line(&mut text, depth);
        }
        is_open = matches!(part, "{" | "[");
        depth += usize::from(is_open);
        text.push_str(part);
        match part {
            ":" => text.push(' '),
            "," => break_line(&mut text, depth),
            _ => {}
        }
    }
    text
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#" {"b" : 1.10, "a":[ ],"c":{ "d\"}":[1,{"e":null}]} , "f":"x, y" } "#;

    #[test]
    fn nothing_but_white_space_changes() {
        assert_eq!(compact(JSON), r#"{"b":1.10,"a":[],"c":{"d\"}":[1,{"e":null}]},"f":"x, y"}"#);
        let expected = "{\n  \"b\": 1.10,\n  \"a\": [],\n  \"c\": {\n    \"d\\\"}\": [\n      1,\n      {\n        \"e\": null\n      }\n    \
                        ]\n  },\n  \"f\": \"x, y\"\n}";
        assert_eq!(pretty(JSON), expected);
        assert_eq!(compact(&pretty(JSON)), compact(JSON));
        for value in ["1", "\"a \\\\\"", "null", "[]", "{}"] {
            assert_eq!((compact(value), pretty(value)), (value.to_owned(), value.to_owned()));
        }
    }

    #[test]
    fn what_is_no_json_does_no_harm() {
        for text in ["", "\"", "\"\\", "}}]]", "{", "größer", "{\"a"] {
            compact(text);
            pretty(text);
        }
    }
}
