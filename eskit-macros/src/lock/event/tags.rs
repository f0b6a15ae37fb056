//! Tags that the newest version of an event has, and that the stored events of older ones do not carry; and tags that these
//! carry, and the newest version has no more.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::record::{newest_type, records};
use crate::ast::{StoredAttrs, TagDef};
use crate::lock::file::{LockFile, VersionRecord};

/// A check for each such tag, at its key or at the event. The versions before the newest do not ask: it does, for all.
pub(super) fn checks(
    file: &LockFile,
    ident: &Ident,
    attrs: &StoredAttrs,
    tags: &[TagDef],
    current: &TokenStream,
) -> TokenStream {
    let own = file.event(attrs.kind, &attrs.name);
    if own.is_some_and(|event| event.newest() > attrs.version) {
        return TokenStream::new();
    }
    let records = records(ident);
    // A version that is not recorded yet may come after this one.
    let stands_at = match own {
        Some(event) if event.newest() == attrs.version => newest_type(ident, event),
        _ => quote!(0),
    };
    let mut checks = dropped(file, attrs, tags)
        .map(|(key, name, numbers)| {
            quote_spanned! {ident.span()=>
                const _: () = __eskit::lock::check_dropped_tag(
                    #records::LOCK, &#current, #key, #name, &[#(#numbers),*], #stands_at,
                );
            }
        })
        .collect::<TokenStream>();
    let mut told = BTreeSet::new();
    for tag in tags.iter().filter(|tag| told.insert(tag.key.as_str())) {
        for name in std::iter::once(&attrs.name).chain(&attrs.aliases) {
            let without = older(file, attrs, name).filter(|version| version.tags().all(|(key, _)| key != tag.key));
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

/// The recorded versions before that of the event, under one of its names.
fn older<'f>(file: &'f LockFile, attrs: &StoredAttrs, name: &str) -> impl Iterator<Item = &'f VersionRecord> {
    let (versions, own) = (file.event(attrs.kind, name).into_iter().flat_map(|event| &event.versions), attrs.version);
    versions.filter(move |version| version.number < own)
}

/// The tags that only older versions have, with the name and the numbers of these.
fn dropped<'f>(
    file: &'f LockFile,
    attrs: &'f StoredAttrs,
    tags: &[TagDef],
) -> impl Iterator<Item = (&'f str, &'f str, Vec<u32>)> {
    let mut dropped: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for name in std::iter::once(&attrs.name).chain(&attrs.aliases) {
        for version in older(file, attrs, name) {
            for key in version.kept_tags().filter(|key| tags.iter().all(|tag| tag.key != *key)) {
                dropped.entry((key, name)).or_default().push(version.number);
            }
        }
    }
    dropped.into_iter().map(|((key, name), numbers)| (key, name, numbers))
}
