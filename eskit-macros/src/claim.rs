//! The wire names and versions that an event or a stored command claims for itself, so that no other of the crate has them.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};

use crate::ast::{Origin, StoredAttrs};
use crate::kind::StoredKind;

/// A wire name and version that a type claims for itself, and the token that says so.
pub(crate) struct NameClaim<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: u32,
    pub(crate) span: Span,
}

/// The claims on all that a type reads: its version of its wire name; the first version, where no other type reads that;
/// and each former name, as its first version, which the type of that name claims too. Where another type reads the older
/// versions, that one may have kept the former names as well: this one claims them as its own version.
pub(crate) fn name_claims(attrs: &StoredAttrs) -> Vec<NameClaim<'_>> {
    let StoredAttrs { name, name_span, version, aliases, alias_spans, origin, .. } = attrs;
    let mut claims = vec![NameClaim { name, version: *version, span: *name_span }];
    if let Origin::Upcast(_) = origin {
        claims.push(NameClaim { name, version: 1, span: *name_span });
    }
    let first = if let Origin::From(_) = origin { *version } else { 1 };
    let former = aliases.iter().zip(alias_spans);
    claims.extend(former.map(|(name, span)| NameClaim { name, version: first, span: *span }));
    claims
}

/// A hidden macro whose name holds a wire name and a version: a second event or stored command of the crate that claims the same pair,
/// in whatever module, is a duplicate definition (E0428) with both names underlined.
pub(crate) fn claim(kind: StoredKind, wire_name: &str, version: u32, span: Span) -> TokenStream {
    only(&format!("__two_{}s_claim_the_wire_name_{}", kind.word(), name_and_version(wire_name, version)), span)
}

/// The same for the name of a subscriber, which holds no other separator than `-`.
pub(crate) fn subscriber(name: &str, span: Span) -> TokenStream {
    only(&format!("__two_subscribers_have_the_name_{}", name.replace('-', "_")), span)
}

fn only(name: &str, span: Span) -> TokenStream {
    let name = format_ident!("{name}", span = span);
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(non_local_definitions, unused_macros)]
        #[macro_export]
        macro_rules! #name { () => {}; }
    }
}

/// The name of the type that stands for a wire name and a version.
pub(crate) fn record_name(kind: StoredKind, wire_name: &str, version: u32) -> String {
    let name = match kind {
        StoredKind::Event => "the_wire_name",
        StoredKind::Command => "the_command_name",
    };
    format!("{name}_{}", name_and_version(wire_name, version))
}

/// A wire name and a version as an identifier that can be read.
fn name_and_version(wire_name: &str, version: u32) -> String {
    format!("{}_version_{version}", identifier(wire_name))
}

/// A wire name as an identifier that can be read, and that no other wire name has: every separator becomes `_`, and
/// behind `__` stands which separators they were, unless there is one dot and nothing else.
fn identifier(wire_name: &str) -> String {
    let readable: String = wire_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let separators: String = wire_name
        .chars()
        .filter_map(|c| match c {
            '.' => Some('d'),
            '-' => Some('h'),
            '_' => Some('u'),
            _ => None,
        })
        .collect();
    let suffix = if separators == "d" { String::new() } else { format!("__{separators}") };
    format!("{readable}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::name_and_version;

    #[test]
    fn claims_of_different_names_differ() {
        let names = [
            "a.b", "a_b", "a-b", "ab", "ab_", "a.b.c", "a.b_c", "a_b.c", "a.b_d", "a_b_d", "a.b.d", "a_b_u", "ab.",
            "_", ".",
        ];
        let mut claims: Vec<String> = names.iter().map(|name| name_and_version(name, 1)).collect();
        assert!(claims[0].ends_with("a_b_version_1"), "{}", claims[0]);
        claims.sort();
        claims.dedup();
        assert_eq!(claims.len(), names.len());
    }
}
