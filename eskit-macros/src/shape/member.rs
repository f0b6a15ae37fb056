//! One part of a shape, under the name that stands on the wire.

use proc_macro2::TokenStream;
use quote::quote;

use crate::shape::hash;

/// The bits of a member: the same as in `eskit-runtime`'s `shape::def`.
pub(crate) mod flag {
    pub(crate) const OPTIONAL: u8 = 1;
    pub(crate) const OMITTED: u8 = 2;
    pub(crate) const UNWRITTEN: u8 = 4;
    pub(crate) const UNREAD: u8 = 8;
    pub(crate) const OTHER: u8 = 16;
    pub(crate) const UNTAGGED: u8 = 32;
    pub(crate) const FLATTEN: u8 = 64;
    pub(crate) const NO_DEFAULT: u8 = 128;
}

pub(crate) struct Member {
    name: String,
    aliases: Vec<String>,
    flags: u8,
    shape: TokenStream,
}

impl Member {
    /// A member under one name, as the lock writes it.
    pub(crate) fn plain(name: &str, flags: u8, shape: TokenStream) -> Member {
        Member { name: name.to_owned(), aliases: Vec::new(), flags, shape }
    }

    /// A member under the names that serde gives it.
    pub(crate) fn named(write: &str, read: &str, aliases: &[String], flags: u8, shape: TokenStream) -> Member {
        let aliases = aliases.iter().map(String::as_str).filter(|alias| *alias != read);
        let others = std::iter::once(read).chain(aliases).filter(|name| *name != write);
        Member { name: wire_text(write), aliases: others.map(wire_text).collect(), flags, shape }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn hash(&self) -> u64 {
        hash::names(std::iter::once(&self.name).chain(&self.aliases).map(String::as_str))
    }

    fn is_plain(&self) -> bool {
        self.flags == 0 && self.aliases.is_empty()
    }

    fn expand(&self) -> TokenStream {
        let (Member { name, aliases, flags, shape }, hash) = (self, self.hash());
        quote!(__eskit::lock::Member::new(#name, #hash, #flags, &[#(#aliases),*], #shape))
    }
}

/// The array of the members. Of plain ones, as most are, only what differs is written, and there is one call for all: what
/// is done for each field of each event is what the compiler spends its time on.
pub(crate) fn expand(members: &[Member]) -> TokenStream {
    if !members.iter().all(Member::is_plain) {
        let members = members.iter().map(Member::expand);
        return quote!([#(#members),*]);
    }
    let names = members.iter().map(|member| &member.name);
    let hashes = members.iter().map(Member::hash);
    let shapes = members.iter().map(|member| &member.shape);
    quote!(__eskit::lock::members([#(#names),*], [#(#hashes),*], [#(#shapes),*]))
}

/// A name as the lock writes it: what would break its lines is escaped as in a URL.
pub(crate) fn wire_text(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_control() || " :?[]%*\u{85}\u{2028}\u{2029}".contains(letter) {
            let mut bytes = [0; 4];
            letter.encode_utf8(&mut bytes).bytes().for_each(|byte| text.push_str(&format!("%{byte:02x}")));
        } else {
            text.push(letter);
        }
    }
    if text.is_empty() { "%".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_one_word() {
        for (name, text) in
            [("zip", "zip"), ("größe", "größe"), ("a b", "a%20b"), ("50%", "50%25"), ("a\nb:", "a%0ab%3a"), ("", "%")]
        {
            assert_eq!(wire_text(name), text);
        }
    }
}
