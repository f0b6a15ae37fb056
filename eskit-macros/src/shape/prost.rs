//! The numbers that fields and variants have in Protobuf, which `#[prost(..)]` says: the schema lock records them as parts of their own.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Meta};

use crate::shape::member::{Member, flag};
use crate::syntax::tokens::split_at_commas;

/// Two parts for each number of each field, or of each variant of a oneof, given with its name on the wire: `protobuf-amount?: 2:uint64` and
/// `protobuf-2?: amount`. They are no parts of JSON, so neither is ever written or read; but where one changes, or comes back as something
/// else, the lock refuses that as for any part: a field keeps its number and its type, and a number its field. A field that holds a oneof has
/// the numbers of its variants, to which others may be added.
pub(crate) fn numbers<'f>(parts: impl IntoIterator<Item = (&'f [Attribute], &'f str)>, of: Of) -> Vec<Member> {
    let (mut members, mut next) = (Vec::new(), 1);
    for (attrs, name) in parts {
        let Some(Read { kind, tags, is_oneof }) = attrs.iter().find_map(read) else { continue };
        // prost counts on where no number is given.
        let tags = if tags.is_empty() { vec![next] } else { tags };
        next = tags.iter().max().map_or(next, |last| last + 1);
        let all: Vec<String> = tags.iter().map(u32::to_string).collect();
        let says = if is_oneof { "oneof".to_owned() } else { format!("{}{kind}", all.join(",")) };
        members.push(part(name, &says, of));
        members.extend(all.iter().map(|number| part(number, name, of)));
    }
    members
}

/// What has the numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Struct,
    Oneof,
}

fn part(name: &str, says: &str, of: Of) -> Member {
    // Only fields are optional: no variant is asked for.
    let flags = flag::UNWRITTEN | flag::UNREAD | if of == Of::Struct { flag::OPTIONAL } else { 0 };
    Member::plain(&format!("protobuf-{name}"), flags, quote!(&__eskit::lock::ShapeDef::leaf(#says)))
}

/// What an attribute says of a field or a variant.
struct Read {
    kind: String,
    tags: Vec<u32>,
    is_oneof: bool,
}

/// Reads an attribute; `None` if it is not prost's, or skips the field.
fn read(attr: &Attribute) -> Option<Read> {
    let Meta::List(list) = &attr.meta else { return None };
    if !attr.path().is_ident("prost") {
        return None;
    }
    let mut read = Read { kind: String::new(), tags: Vec::new(), is_oneof: false };
    for piece in split_at_commas(list.tokens.clone()) {
        let (word, value) = word_and_value(&piece);
        match word.as_str() {
            "tag" | "tags" => read.tags.extend(value.split(',').filter_map(|tag| tag.trim().parse::<u32>().ok())),
            "skip" => return None,
            "oneof" => read.is_oneof = true,
            "default" | "boxed" => {}
            _ => {
                let letters = word.chars().chain(value.chars());
                let plain = letters.filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
                read.kind.push(':');
                read.kind.extend(plain);
            }
        }
    }
    Some(read)
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
