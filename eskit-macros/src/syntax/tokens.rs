//! Token streams, as they are taken apart and put together again.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};

pub(crate) fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

pub(crate) fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// Whether one of these names stands in the tokens, at any depth.
pub(crate) fn holds_any(tokens: TokenStream, names: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => holds_any(group.stream(), names),
        TokenTree::Ident(ident) => names.contains(&&ident),
        _ => false,
    })
}

/// Whether this word stands in the tokens, at any depth.
pub(crate) fn holds_word(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => holds_word(group.stream(), word),
        token => is_ident(&token, word),
    })
}

/// How deep tokens stand in `<..>`, which are no groups.
#[derive(Default)]
pub(crate) struct Angles {
    depth: usize,
    arrow: bool,
}

impl Angles {
    /// Takes note of the next token.
    pub(crate) fn pass(&mut self, token: &TokenTree) {
        let arrow = std::mem::take(&mut self.arrow);
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => self.depth += 1,
                '>' if !arrow => self.depth = self.depth.saturating_sub(1),
                '-' | '=' => self.arrow = punct.spacing() == Spacing::Joint,
                _ => {}
            }
        }
    }

    pub(crate) fn is_outside(&self) -> bool {
        self.depth == 0
    }
}

/// Splits at the commas that stand outside every bracket and every `<..>`.
pub(crate) fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = Vec::new();
    let mut current = TokenStream::new();
    let mut angles = Angles::default();
    for token in tokens {
        angles.pass(&token);
        if angles.is_outside() && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') {
            pieces.push(std::mem::take(&mut current));
        } else {
            current.extend([token]);
        }
    }
    if !current.is_empty() {
        pieces.push(current);
    }
    pieces
}

/// The tokens without the attributes of certain names.
pub(crate) fn without(tokens: TokenStream, is_gone: impl Fn(&str) -> bool) -> TokenStream {
    let is_named = |group: &Group| {
        group.delimiter() == Delimiter::Bracket
            && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if is_gone(&word.to_string()))
    };
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let after_hash = matches!(kept.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        match &token {
            TokenTree::Group(group) if after_hash && is_named(group) => {
                kept.pop();
            }
            _ => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

/// The function with its parameters, which stand in the first parentheses behind `fn`, as `change` returns them.
pub(crate) fn with_params(item: TokenStream, change: impl Fn(TokenStream) -> TokenStream) -> TokenStream {
    let (mut behind_fn, mut changed) = (false, false);
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if behind_fn && !changed && group.delimiter() == Delimiter::Parenthesis => {
                changed = true;
                regroup(&group, change(group.stream()))
            }
            token => {
                behind_fn |= is_ident(&token, "fn");
                token
            }
        })
        .collect()
}

/// A group with other tokens between the same brackets, at the same place.
pub(crate) fn regroup(group: &Group, tokens: TokenStream) -> TokenTree {
    let mut new = Group::new(group.delimiter(), tokens);
    new.set_span(group.span());
    TokenTree::Group(new)
}
