//! The hash of shapes, computed from the text of `eskit.lock`: the same as `eskit-runtime`'s `schema::hash`.

use proc_macro2::{TokenStream, TokenTree};

use crate::syntax::tokens::without;

/// FNV-1a, 64 bits.
pub(crate) fn text(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Two hashes in this order.
pub(crate) fn mix(first: u64, second: u64) -> u64 {
    let product =
        u128::from(first ^ 0x9e37_79b9_7f4a_7c15) * u128::from(second.rotate_left(29) ^ 0xd6e8_feb8_6659_fd93);
    let (low, high) = (product & u128::from(u64::MAX), product >> 64);
    u64::try_from(low ^ high).unwrap_or_default().wrapping_add(second)
}

/// The hash of the names of a member: the sum over the one that is written and those that are read.
pub(crate) fn names<'a>(names: impl Iterator<Item = &'a str>) -> u64 {
    names.map(text).fold(0, u64::wrapping_add)
}

/// The sum of hashes with that of a tag: of its key, and of the name of the type of its ids, which may be empty.
pub(crate) fn tag(sum: u64, key: &str, id_type: &str) -> u64 {
    let (key, id_type) = (text(key), if id_type.is_empty() { 0 } else { text(id_type) });
    sum.wrapping_add(key).wrapping_add(key.wrapping_mul(id_type))
}

/// A hash of source: of its tokens, without what says nothing of its meaning (comments for the documentation, and derives).
pub(crate) fn tokens(source: TokenStream) -> u64 {
    let mut hash = text("");
    for token in without(source, |name| matches!(name, "doc" | "derive")) {
        hash = match token {
            TokenTree::Group(group) => {
                mix(mix(hash, text(&format!("{:?}", group.delimiter()))), tokens(group.stream()))
            }
            other => mix(hash, text(&other.to_string())),
        };
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same values stand in `eskit-runtime/src/shape/hash.rs`.
    #[test]
    fn the_hash_is_the_one_of_the_runtime() {
        assert_eq!(text(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(text("struct"), 0xc318_a9d8_9899_1720);
        assert_eq!(mix(text("option"), text("u32")), 0xa300_5b62_6f97_36bb);
        assert_ne!(mix(1, 2), mix(2, 1));
    }

    #[test]
    fn source_is_told_apart_by_what_it_means() {
        let hash = |source: &str| tokens(source.parse().unwrap());
        let of = hash("#[serde(default)] struct S { a: u32, b: (u8, [i64; 2]) }");
        for same in [
            "#[serde( default )]\nstruct S {a:u32,b:(u8,[i64;2])}",
            "/// Text.\n#[derive(Clone)] #[serde(default)] struct S { /** x */ a: u32, b: (u8, [i64; 2]) }",
        ] {
            assert_eq!(hash(same), of, "{same}");
        }
        for other in [
            "struct S { a: u32, b: (u8, [i64; 2]) }",
            "#[serde(default)] struct S { b: (u8, [i64; 2]), a: u32 }",
            "#[serde(default)] struct S { a: u32, b: (u8, [i64; 3]) }",
            "#[serde(default)] struct S { a: u32, b: [u8, (i64; 2)] }",
        ] {
            assert_ne!(hash(other), of, "{other}");
        }
    }
}
