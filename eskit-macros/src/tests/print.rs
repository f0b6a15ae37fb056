//! Token streams as text that can be read and compared line by line.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// The tokens with a line for each item and statement, indented by their braces.
pub(super) fn pretty(tokens: TokenStream) -> String {
    let mut printer = Printer { text: String::new(), indent: 0, joint: true };
    printer.block(tokens, true);
    printer.end_line();
    printer.text
}

struct Printer {
    text: String,
    indent: usize,
    /// Whether the next token follows without a space.
    joint: bool,
}

impl Printer {
    /// Prints tokens; with a new line behind each item, statement, or element if these are `lines`.
    fn block(&mut self, tokens: TokenStream, lines: bool) {
        let mut angles = 0_i32;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let next = tokens.peek();
            let is_punct =
                |chars: &str| matches!(next, Some(TokenTree::Punct(punct)) if chars.contains(punct.as_char()));
            match token {
                TokenTree::Group(group) => {
                    let attribute = group.delimiter() == Delimiter::Bracket && self.text.ends_with('#');
                    let braces = group.delimiter() == Delimiter::Brace;
                    self.group(&group);
                    if lines && (attribute || braces) && !is_punct(",;.)?>=") {
                        self.end_line();
                    }
                }
                TokenTree::Punct(punct) => {
                    let c = punct.as_char();
                    angles += i32::from(c == '<') - i32::from(c == '>' && !self.text.ends_with(['-', '=']));
                    self.joint |= self.clings(c, is_punct(":"));
                    self.word(&c.to_string());
                    let bang = c == '!' && matches!(next, Some(TokenTree::Group(_)));
                    self.joint = punct.spacing() == Spacing::Joint || bang || "#&.<'".contains(c);
                    self.joint |= self.text.ends_with("::");
                    self.joint |= c == '>' && calls(next) && !(self.text.ends_with("->") || self.text.ends_with("=>"));
                    if lines && angles == 0 && (c == ';' || c == ',') {
                        self.end_line();
                    }
                }
                TokenTree::Ident(ident) => {
                    self.word(&ident.to_string());
                    let keyword = ["as", "in", "match", "return"].iter().any(|word| ident == word);
                    self.joint = calls(next) || is_punct("<!") && !keyword;
                }
                TokenTree::Literal(literal) => self.word(&literal.to_string()),
            }
        }
    }

    /// Whether a punctuation mark follows what is before it without a space.
    fn clings(&self, c: char, doubled: bool) -> bool {
        let word = self.text.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        match c {
            ':' if doubled => {
                let starts_path =
                    ["", "as", "for", "mut", "return", "use"].contains(&word) && !self.text.ends_with('_');
                !starts_path || self.text.ends_with('>') && !(self.text.ends_with("->") || self.text.ends_with("=>"))
            }
            ',' | ';' | ':' | '.' | '?' => true,
            '>' => !self.text.ends_with(['=', ' ']),
            _ => false,
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::None => ("", ""),
        };
        self.word(open);
        let lines = group.delimiter() == Delimiter::Brace && !group.stream().is_empty();
        self.joint = true;
        if lines {
            self.indent += 1;
            self.end_line();
        }
        self.block(group.stream(), lines);
        if lines {
            self.indent -= 1;
            self.end_line();
        }
        self.joint = true;
        self.word(close);
    }

    fn word(&mut self, word: &str) {
        if self.text.is_empty() || self.text.ends_with('\n') {
            self.text.push_str(&"    ".repeat(self.indent));
        } else if !self.joint {
            self.text.push(' ');
        }
        self.text.push_str(word);
        self.joint = false;
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.joint = true;
    }
}

/// Whether the next token is a list in parentheses.
fn calls(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}
