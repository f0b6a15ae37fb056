//! Tags that the newest version of an event has, and that the stored events of older ones do not carry.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{newest_type, records};
use crate::ast::{EventAttrs, TagDef};
use crate::lock::file::LockFile;

/// A check for each such tag, at its key. The versions before the newest do not ask: it does, for all.
pub(super) fn checks(
    file: &LockFile,
    ident: &Ident,
    attrs: &EventAttrs,
    tags: &[TagDef],
    current: &TokenStream,
) -> TokenStream {
    let own = file.event(&attrs.name);
    if own.is_some_and(|event| event.newest() > attrs.version) {
        return TokenStream::new();
    }
    let records = records(ident);
    // A version that is not recorded yet may come after this one.
    let stands_at = match own {
        Some(event) if event.newest() == attrs.version => newest_type(ident, event),
        _ => quote!(0),
    };
    let (mut told, mut checks) = (BTreeSet::new(), TokenStream::new());
    for tag in tags.iter().filter(|tag| told.insert(tag.key.as_str())) {
        for name in std::iter::once(&attrs.name).chain(&attrs.aliases) {
            let versions = file.event(name).into_iter().flat_map(|event| &event.versions);
            let older = versions.filter(|version| version.number < attrs.version);
            let without = older.filter(|version| version.tags().all(|key| key != tag.key));
            let numbers: Vec<u32> = without.map(|version| version.number).collect();
            if numbers.is_empty() {
                continue;
            }
            let key = &tag.key;
            checks.extend(quote_spanned! {tag.span=>
                const _: () =
                    __eskit::lock::check_tag(#records::LOCK, &#current, #key, #name, &[#(#numbers),*], #stands_at);
            });
        }
    }
    checks
}
