//! What was probably meant by a value that could not be read: the help then shows the user's own words, not an example's.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{LitInt, LitStr, Path};

use crate::wrap::text;

/// The strings that stand in the tokens, at any depth; where there is none, their names, each path as one.
pub(crate) fn texts(tokens: TokenStream) -> Vec<String> {
    let strings = strings(tokens.clone());
    if strings.is_empty() { names(tokens) } else { strings }
}

fn strings(tokens: TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => all.extend(strings(group.stream())),
            TokenTree::Literal(literal) => {
                all.extend(syn::parse2::<LitStr>(TokenTree::Literal(literal).into()).map(|lit| lit.value()));
            }
            _ => {}
        }
    }
    all
}

/// `sales.OrderPlaced`, `customer_id` or `order-id`, written without quotes.
fn names(tokens: TokenStream) -> Vec<String> {
    let mut all = vec![String::new()];
    for token in tokens {
        match token {
            TokenTree::Group(group) => all.extend(names(group.stream())),
            TokenTree::Punct(punct) if punct.as_char() == ',' => all.push(String::new()),
            TokenTree::Punct(punct) if punct.as_char() == '=' => {
                // The name before it is that of an argument.
                all.pop();
                all.push(String::new());
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {
                if let Some(last) = all.last_mut() {
                    last.push_str(&token.to_string());
                }
            }
            TokenTree::Literal(_) => {}
        }
    }
    let is_name = |name: &String| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    all.into_iter().filter(is_name).collect()
}

/// The number in `"3"`, in `(3)` or in `3.0`.
pub(crate) fn number(tokens: TokenStream) -> Option<String> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => number(group.stream()),
        TokenTree::Literal(literal) => {
            let number = syn::parse2::<LitInt>(TokenTree::Literal(literal.clone()).into()).ok();
            let digits =
                number.map_or_else(|| digits(&literal.to_string()), |number| number.base10_digits().to_owned());
            digits.parse::<u32>().ok().map(|number| number.to_string())
        }
        _ => None,
    })
}

/// The first digits of a text.
fn digits(text: &str) -> String {
    let from_first = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    from_first.chars().take_while(char::is_ascii_digit).collect()
}

/// The path in `"path::to::item"`, in `(path::to::item)` or in `path::to::item()`.
pub(crate) fn path(tokens: TokenStream) -> Option<String> {
    let read = |tokens: TokenStream| Path::parse_mod_style.parse2(tokens).ok().map(text);
    if let Some(path) = strings(tokens.clone()).iter().find_map(|text| read(text.parse().ok()?)) {
        return Some(path);
    }
    let mut start: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if start.is_empty() => return path(group.stream()),
            TokenTree::Ident(_) => start.push(token),
            TokenTree::Punct(ref punct) if punct.as_char() == ':' => start.push(token),
            _ => break,
        }
    }
    read(start.into_iter().collect())
}

/// `1 = function` in `1 => function`, `1: function`, `1 function()` or in a string of it.
pub(crate) fn step(tokens: TokenStream) -> Option<String> {
    if let Ok(lit) = syn::parse2::<LitStr>(tokens.clone()) {
        return step(lit.value().parse().ok()?);
    }
    let mut tokens = tokens.into_iter().peekable();
    let version = number(tokens.next()?.into())?;
    let is_sign = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if "=>:-".contains(punct.as_char()));
    while tokens.next_if(is_sign).is_some() {}
    let function = path(tokens.collect())?;
    Some(format!("{version} = {function}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    #[test]
    fn texts_are_the_strings_or_else_the_names() {
        assert_eq!(texts(tokens("[\"a\", \"b\"]")), ["a", "b"]);
        assert_eq!(texts(tokens("key = \"a\"")), ["a"]);
        assert_eq!(texts(tokens("sales.OrderPlaced, order-id")), ["sales.OrderPlaced", "order-id"]);
        assert_eq!(texts(tokens("key = customer")), ["customer"]);
        assert_eq!(texts(tokens("5, crate::A")), [""; 0]);
    }

    #[test]
    fn numbers_are_read_out_of_what_surrounds_them() {
        for text in ["3", "\"3\"", "(3)", "3u32", "\"v3\"", "3.0"] {
            assert_eq!(number(tokens(text)).as_deref(), Some("3"), "{text}");
        }
        assert_eq!(number(tokens("V")), None);
    }

    #[test]
    fn steps_are_a_version_and_a_function() {
        for text in ["1 => a::f", "1: a::f", "1 a::f", "1 = a::f()", "\"1 = a::f\""] {
            assert_eq!(step(tokens(text)).as_deref(), Some("1 = a::f"), "{text}");
        }
        for text in ["", "f", "1", "1 = |v| Ok(v)"] {
            assert_eq!(step(tokens(text)), None, "{text}");
        }
    }

    #[test]
    fn paths_are_read_out_of_what_surrounds_them() {
        for text in ["a::B", "\"a::B\"", "(a::B)", "a::B()", "|| \"a::B\""] {
            assert_eq!(path(tokens(text)).as_deref(), Some("a::B"), "{text}");
        }
        assert_eq!(path(tokens("1")), None);
        assert_eq!(path(tokens("\"two words\"")), None);
    }
}
