//! What the tokens of a type tell.

use std::iter::Peekable;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Type;

/// The type, with a stand-in wherever it names the type that it is a part of: the shape of `struct Node { below:
/// Vec<Node> }` would otherwise need itself. Also whether there is one.
pub(crate) fn without_recursion(ty: &Type, own: &Ident) -> (TokenStream, bool) {
    let mut recurs = false;
    let replaced = replace(ty.to_token_stream(), own, &mut recurs);
    (replaced, recurs)
}

fn replace(tokens: TokenStream, own: &Ident, recurs: &mut bool) -> TokenStream {
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    let mut in_path = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if !in_path && (ident == *own || ident == "Self") && !is_colon(tokens.peek()) => {
                *recurs = true;
                skip_arguments(&mut tokens);
                out.extend(quote!(__eskit::lock::Recursive));
                continue;
            }
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), replace(group.stream(), own, recurs));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
                in_path = false;
            }
            token => {
                in_path = is_colon(Some(&token));
                out.extend([token]);
            }
        }
    }
    out
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// Drops `<..>`, the arguments of a type that is replaced.
fn skip_arguments(tokens: &mut Peekable<impl Iterator<Item = TokenTree>>) {
    let mut depth = 0_usize;
    loop {
        match tokens.peek() {
            Some(TokenTree::Punct(punct)) if punct.as_char() == '<' => depth += 1,
            Some(TokenTree::Punct(punct)) if punct.as_char() == '>' && depth > 0 => depth -= 1,
            Some(_) if depth > 0 => {}
            _ => return,
        }
        tokens.next();
        if depth == 0 {
            return;
        }
    }
}

/// Whether the tokens hold one of these names.
pub(crate) fn names_any(tokens: TokenStream, params: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names_any(group.stream(), params),
        TokenTree::Ident(ident) => params.contains(&ident),
        _ => false,
    })
}

/// Types of std and of the crates with features whose shape is known.
const KNOWN: &[&str] = &[
    "Option",
    "Vec",
    "VecDeque",
    "LinkedList",
    "BinaryHeap",
    "HashMap",
    "BTreeMap",
    "HashSet",
    "BTreeSet",
    "Box",
    "Rc",
    "Arc",
    "Cow",
    "Cell",
    "RefCell",
    "Mutex",
    "RwLock",
    "Result",
    "String",
    "Range",
    "RangeInclusive",
    "Wrapping",
    "Reverse",
    "PhantomData",
    "Duration",
    "Value",
    "Uuid",
    "Self",
];

/// Whether a type names one that is not known here.
pub(crate) fn names_others(ty: &Type) -> bool {
    !others(ty).is_empty()
}

fn others(ty: &Type) -> Vec<String> {
    let mut names = Vec::new();
    collect(ty.to_token_stream(), &mut names);
    names.dedup();
    names
}

/// The types in a type that may lack `Shape`, for a message: `` `Line` and `Price` ``.
pub(crate) fn suspects(ty: &Type) -> String {
    match others(ty).as_slice() {
        [] => format!("`{}`", crate::wrap::text(ty)),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and "),
    }
}

fn collect(tokens: TokenStream, names: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let capital = name.trim_start_matches("r#").starts_with(|first: char| first.is_uppercase());
                if capital && !KNOWN.contains(&name.as_str()) && !is_colon(tokens.peek()) {
                    names.push(name);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Type {
        syn::parse_str(text).unwrap()
    }

    #[test]
    fn a_type_inside_itself_is_replaced() {
        let own: Ident = syn::parse_str("Node").unwrap();
        for (ty, replaced) in [
            ("Vec<Node>", "Vec<__eskit::lock::Recursive>"),
            ("Option<Box<Self>>", "Option<Box<__eskit::lock::Recursive>>"),
            ("Map<String, Node<'a, Vec<T>>>", "Map<String,__eskit::lock::Recursive>"),
            ("(Node<T>, u8)", "(__eskit::lock::Recursive,u8)"),
            ("[Node; 2]", "[__eskit::lock::Recursive;2]"),
            ("other::Node", "other::Node"),
            ("Vec<NodeId>", "Vec<NodeId>"),
        ] {
            let (found, recurs) = without_recursion(&parse(ty), &own);
            assert_eq!(
                (found.to_string().replace(' ', ""), recurs),
                (replaced.to_owned(), ty.replace(' ', "") != replaced),
                "{ty}"
            );
        }
    }

    #[test]
    fn the_types_without_a_shape_are_named() {
        assert_eq!(suspects(&parse("Vec<Line>")), "`Line`");
        assert_eq!(suspects(&parse("HashMap<shop::Sku, (Price, Option<u8>)>")), "`Sku` and `Price`");
        assert_eq!(suspects(&parse("[u8; 64]")), "`[u8;64]`");
    }
}
