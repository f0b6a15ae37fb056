//! Events of different types in one `vec![..]`, which rustc refuses without a remedy.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{GenericArgument, PathArguments, Type};

use crate::syntax::tokens::{is_ident, regroup, split_at_commas};

/// The first event in a `vec![..]` of the body that is not of the type that the decider returns a `Vec` of, where another one is;
/// and that type.
pub(super) fn mixed(output: &Type, body: TokenStream) -> Option<(Ident, Ident)> {
    let expected = listed_type(output)?;
    let found = find(body, &|names| {
        let is_expected = |name: &Ident| *name == expected;
        let other = names.iter().find(|name| !is_expected(name))?;
        names.iter().any(is_expected).then(|| other.clone())
    });
    found.map(|other| (other, expected))
}

/// A body that was refused, with an empty `Vec` in place of each with several types: then rustc does not refuse it again.
pub(super) fn apart(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if follows_vec(&kept) && is_mixed(&group) => {
                kept.truncate(kept.len() - 2);
                let pieces = split_at_commas(group.stream());
                kept.extend(quote!({ let _ = (#(#pieces),*); ::std::vec::Vec::new() }));
            }
            TokenTree::Group(group) => {
                kept.push(regroup(&group, apart(group.stream())));
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

/// The name of the type in `Vec<Type>`, in `Result<Vec<Type>, Error>` and the like.
fn listed_type(output: &Type) -> Option<Ident> {
    let Type::Path(path) = output else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let GenericArgument::Type(first) = arguments.args.first()? else { return None };
    if segment.ident != "Vec" {
        return listed_type(first);
    }
    match first {
        Type::Path(event) => event.path.segments.last().map(|last| last.ident.clone()),
        _ => None,
    }
}

/// What `of` finds in the names of the types in each `vec![..]`.
fn find(tokens: TokenStream, of: &dyn Fn(&[Ident]) -> Option<Ident>) -> Option<Ident> {
    let mut before: Vec<TokenTree> = Vec::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let own = if follows_vec(&before) { of(&names(group)) } else { None };
            if let Some(found) = own.or_else(|| find(group.stream(), of)) {
                return Some(found);
            }
        }
        before.push(token);
    }
    None
}

fn follows_vec(before: &[TokenTree]) -> bool {
    matches!(before, [.., word, TokenTree::Punct(bang)] if is_ident(word, "vec") && bang.as_char() == '!')
}

fn is_mixed(group: &Group) -> bool {
    let names = names(group);
    names.iter().any(|name| Some(name) != names.first())
}

/// The types of the struct literals in a list. A variant of an enum has the enum's type, so its name is none.
fn names(list: &Group) -> Vec<Ident> {
    split_at_commas(list.stream()).into_iter().filter_map(name).collect()
}

fn name(element: TokenStream) -> Option<Ident> {
    let tokens: Vec<TokenTree> = element.into_iter().collect();
    let [path @ .., TokenTree::Group(fields)] = tokens.as_slice() else { return None };
    let is_path = |token: &TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    };
    if fields.delimiter() != Delimiter::Brace || !path.iter().all(is_path) {
        return None;
    }
    let idents =
        || path.iter().filter_map(|token| if let TokenTree::Ident(ident) = token { Some(ident) } else { None });
    let is_type = |ident: &&Ident| ident.to_string().starts_with(char::is_uppercase);
    (idents().filter(is_type).count() == 1).then(|| idents().next_back().cloned()).flatten()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn other(output: &Type, body: &str) -> Option<String> {
        mixed(output, body.parse().unwrap()).map(|(other, _)| other.to_string())
    }

    #[test]
    fn only_structs_of_two_types_are_mixed() {
        let output: Type = parse_quote!(Result<Vec<SeatTaken>, String>);
        for body in [
            "{ Ok(vec![SeatTaken { a }, CourseFull { b }]) }",
            "{ if x { vec![ev::CourseFull {}, ev::SeatTaken {}] } }",
        ] {
            assert_eq!(other(&output, body).as_deref(), Some("CourseFull"), "{body}");
        }
        for body in [
            "{ vec![SeatTaken { a }, SeatTaken { b }] }",
            "{ vec![taken(a), CourseFull { b }] }",
            "{ vec![Seat::Taken { a }, Seat::Freed { b }] }",
            "{ [SeatTaken { a }, CourseFull { b }] }",
            "{ vec![Other { a }, CourseFull { b }] }",
        ] {
            assert_eq!(other(&output, body), None, "{body}");
        }
        assert_eq!(other(&parse_quote!(Option<SeatTaken>), "{ vec![SeatTaken {}, CourseFull {}] }"), None);
    }

    #[test]
    fn a_mixed_list_keeps_its_elements_apart() {
        let body: TokenStream = "{ Ok(vec![SeatTaken { a }, CourseFull { b }]) }".parse().unwrap();
        let expected: TokenStream =
            "{ Ok({ let _ = (SeatTaken { a }, CourseFull { b }); ::std::vec::Vec::new() }) }".parse().unwrap();
        assert_eq!(apart(body).to_string(), expected.to_string());
        let same = "{ vec![SeatTaken { a }, taken(b)] }";
        assert_eq!(apart(same.parse().unwrap()).to_string(), same.parse::<TokenStream>().unwrap().to_string());
    }
}
