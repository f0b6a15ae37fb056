/// One bracket, comma, colon, text, number or word of a JSON text, as it is written there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    pub(crate) text: &'t str,
}

impl Token<'_> {
    pub(crate) fn first(&self) -> u8 {
        self.text.as_bytes().first().copied().unwrap_or_default()
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self.first(), b'-' | b'0'..=b'9')
    }
}

/// The tokens of a JSON text, also of one that ends too early.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(crate) fn new(text: &'t str) -> Tokens<'t> {
        Tokens { text, at: 0 }
    }

    /// Where the last token ends.
    pub(crate) fn at(&self) -> usize {
        self.at
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        let start = self.at + bytes.get(self.at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let rest = &bytes[start + 1..];
        let more = match bytes[start] {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 0,
            b'"' => rest_of_text(rest),
            _ => rest.iter().position(|byte| b"{}[],:\" \t\r\n".contains(byte)).unwrap_or(rest.len()),
        };
        self.at = start + 1 + more;
        Some(Token { start, text: self.text.get(start..self.at)? })
    }
}

/// The bytes from after the opening quote to the closing one, which is included.
fn rest_of_text(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_its_tokens() {
        let tokens = |text| Tokens::new(text).map(|token| token.text).collect::<Vec<_>>();
        let text = r#" {"a\"b\\" : [1.50,-2e7, true], "é": null}"#;
        let expected =
            ["{", r#""a\"b\\""#, ":", "[", "1.50", ",", "-2e7", ",", "true", "]", ",", "\"é\"", ":", "null", "}"];
        assert_eq!(tokens(text), expected);
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let all = tokens(&text[..cut]);
            assert!(all.len() <= expected.len(), "{cut}");
        }
        assert_eq!(tokens("\"a\\"), ["\"a\\"]);
    }
}
