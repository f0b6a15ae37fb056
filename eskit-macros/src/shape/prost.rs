//! The numbers that fields have in Protobuf, which `#[prost(..)]` says: the schema lock records them as parts of their own.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Field, Meta};

use crate::shape::member::{Member, flag};
use crate::syntax::tokens::split_at_commas;

/// Two parts for each number of each field, given with its name on the wire: `protobuf-amount?: 2:uint64` and `protobuf-2?: amount`. They
/// are no parts of JSON, so neither is ever written or read; but where one changes, or comes back as something else, the lock refuses
/// that as for any part: a field keeps its number and its type, and a number its field.
pub(crate) fn numbers<'f>(fields: impl IntoIterator<Item = (&'f Field, &'f str)>) -> Vec<Member> {
    let (mut parts, mut next) = (Vec::new(), 1);
    for (field, name) in fields {
        let Some((kind, tags)) = field.attrs.iter().find_map(read) else { continue };
        // prost counts on where no number is given.
        let tags = if tags.is_empty() { vec![next] } else { tags };
        next = tags.iter().max().map_or(next, |last| last + 1);
        let all: Vec<String> = tags.iter().map(u32::to_string).collect();
        parts.push(part(name, &format!("{}{kind}", all.join(","))));
        parts.extend(all.iter().map(|number| part(number, name)));
    }
    parts
}

fn part(of: &str, says: &str) -> Member {
    let flags = flag::OPTIONAL | flag::UNWRITTEN | flag::UNREAD;
    Member::plain(&format!("protobuf-{of}"), flags, quote!(&__eskit::lock::ShapeDef::leaf(#says)))
}

/// What an attribute says of the type, and the numbers; `None` if it is not prost's, or skips the field.
fn read(attr: &Attribute) -> Option<(String, Vec<u32>)> {
    let Meta::List(list) = &attr.meta else { return None };
    if !attr.path().is_ident("prost") {
        return None;
    }
    let (mut kind, mut tags) = (String::new(), Vec::new());
    for piece in split_at_commas(list.tokens.clone()) {
        let (word, value) = word_and_value(&piece);
        match word.as_str() {
            "tag" | "tags" => tags.extend(value.split(',').filter_map(|tag| tag.trim().parse::<u32>().ok())),
            "skip" => return None,
            "default" | "boxed" => {}
            _ => {
                let letters = word.chars().chain(value.chars());
                let plain = letters.filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
                kind.push(':');
                kind.extend(plain);
            }
        }
    }
    Some((kind, tags))
}

/// `tag = "1"`, and also `tag(1)`.
fn word_and_value(piece: &TokenStream) -> (String, String) {
    let mut tokens = piece.clone().into_iter();
    let word = tokens.next().map(|word| word.to_string()).unwrap_or_default();
    let value = tokens.filter_map(|token| match token {
        TokenTree::Literal(literal) => Some(literal.to_string().trim_matches('"').to_owned()),
        TokenTree::Group(group) => Some(group.stream().to_string()),
        _ => None,
    });
    (word, value.collect())
}
