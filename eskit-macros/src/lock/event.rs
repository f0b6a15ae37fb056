//! What the derive of an event adds for the schema lock.
//!
//! Whether the crate has the lock is found by name: the crate root's `__EskitLock` comes in by a glob import, which hides
//! the local one. Where there is neither a file nor a command to write it, nothing is added: then the lock is off, or
//! `eskit::lock!()` itself reports the missing file.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Fields, Variant};

use crate::ast::{EventAttrs, Origin, TagDef};
use crate::ctxt::Ctxt;
use crate::lock::file::{EventRecord, Found, LockFile, VersionRecord, is_writing, load};
use crate::lock::hash;
use crate::shape::attr::{Position, ShapeAttrs};
use crate::shape::expand::Scope;
use crate::shape::serde::SerdeAttrs;
use crate::wrap::bare;

/// The lock's side of one event.
pub(crate) struct LockDef {
    shape: TokenStream,
    unlocked: bool,
}

impl LockDef {
    /// A variant that is an event of its own, and is written as a struct whether it has fields or not.
    pub(crate) fn of_variant(cx: &Ctxt, variant: &Variant) -> LockDef {
        let none = Fields::Named(syn::FieldsNamed { brace_token: Default::default(), named: Default::default() });
        let fields = if matches!(variant.fields, Fields::Unit) { &none } else { &variant.fields };
        LockDef::from_syn(cx, &variant.ident, &variant.attrs, fields)
    }

    pub(crate) fn from_syn(cx: &Ctxt, ident: &Ident, attrs: &[Attribute], fields: &Fields) -> LockDef {
        let serde = SerdeAttrs::from_syn(attrs);
        let stated = ShapeAttrs::from_syn(cx, attrs, Position::Event);
        let scope = Scope { cx, ident, probes: true };
        let shape = scope.in_place_of(&serde, &stated).unwrap_or_else(|| scope.of_struct(&serde, fields));
        LockDef { shape, unlocked: stated.unlocked }
    }

    pub(crate) fn expand(&self, ident: &Ident, attrs: &EventAttrs, tags: &[TagDef]) -> TokenStream {
        let file = match load() {
            Found::File(file) => Some(file),
            Found::Nothing | Found::Malformed(_) if is_writing() => None,
            Found::Nothing | Found::Malformed(_) => return TokenStream::new(),
        };
        if self.unlocked {
            return TokenStream::new();
        }
        let EventAttrs { name, version, aliases, .. } = attrs;
        let shape = &self.shape;
        let rust_name = bare(ident);
        let keys = tags.iter().map(|tag| tag.key.as_str());
        let tags_hash = hash::names(keys.clone());
        let (claims, checks) = match &file {
            Some(file) => (claims(file, attrs), checks(file, ident, attrs)),
            None => (TokenStream::new(), TokenStream::new()),
        };
        quote! {
            #[allow(dead_code, long_running_const_eval)]
            const _: () = {
                use __eskit::lock as __lock;
                use __lock::{NoShape as _, Unlocked as _};

                struct __EskitLock;
                const LOCK: __lock::Lock = {
                    use crate::*;
                    __EskitLock::ESKIT_LOCK
                };
                #claims
                const CURRENT: &__lock::Current = &__lock::Current {
                    name: #name,
                    version: #version,
                    module: ::core::module_path!(),
                    rust_name: #rust_name,
                    tags: &[#(#keys),*],
                    tags_hash: #tags_hash,
                    shape: #shape,
                };
                #checks
                #[cfg(test)]
                __eskit::inventory::submit! {
                    __lock::LockEntry { current: CURRENT, aliases: &[#(#aliases),*] }
                }
            };
        }
    }
}

/// The comparisons with what the file records: under the event's own name, and under former names.
fn checks(file: &LockFile, ident: &Ident, attrs: &EventAttrs) -> TokenStream {
    let span = ident.span();
    let own = file.event(&attrs.name);
    let mut checks = TokenStream::new();
    if let Some(event) = own.filter(|event| event.newest() <= attrs.version) {
        for alias in event.aliases.iter().filter(|alias| !attrs.aliases.contains(alias)) {
            checks.extend(quote_spanned!(span=> const _: () = __lock::check_alias(LOCK, CURRENT, #alias);));
        }
    }
    let recorded = own.and_then(|event| event.version(attrs.version).map(|version| (event, version)));
    checks.extend(match recorded {
        Some((event, version)) => check(ident, event, version, attrs),
        None => quote_spanned!(span=> const _: () = __lock::check_unrecorded(LOCK, CURRENT);),
    });
    let former = attrs.aliases.iter().filter_map(|alias| file.event(alias));
    for event in former.filter(|event| recorded.is_none() || event.name != attrs.name) {
        checks.extend(event.version(attrs.version).map(|version| check(ident, event, version, attrs)));
    }
    checks
}

fn check(ident: &Ident, event: &EventRecord, version: &VersionRecord, attrs: &EventAttrs) -> TokenStream {
    let VersionRecord { fingerprint, text, number } = version;
    let former_name = if event.name == attrs.name { "" } else { &event.name };
    let superseded = event.newest() > *number;
    quote_spanned! {ident.span()=>
        const _: () = __lock::check_event(LOCK, CURRENT, &__lock::Recorded {
            fingerprint: #fingerprint,
            text: #text,
            former_name: #former_name,
            superseded: #superseded,
        });
    }
}

/// An impl on the crate's lock type for each recorded version that the event reads: its own; every older one, when
/// functions read them; and those of former names.
fn claims(file: &LockFile, attrs: &EventAttrs) -> TokenStream {
    let reads_older = matches!(attrs.origin, Origin::Upcast(_));
    let own = file.event(&attrs.name).into_iter().flat_map(|event| {
        let read = move |version: &&VersionRecord| {
            version.number == attrs.version || (reads_older && version.number < attrs.version)
        };
        event.versions.iter().filter(read).map(|version| (&event.name, version.number))
    });
    let former = attrs.aliases.iter().filter_map(|alias| file.event(alias)).flat_map(|event| {
        let versions = event.versions.iter().filter(|version| version.number <= attrs.version);
        versions.map(|version| (&event.name, version.number))
    });
    let impls: Vec<TokenStream> = own
        .chain(former)
        .filter(|(name, version)| is_first_claim(name, *version))
        .map(|(name, version)| {
            let hash = hash::text(name);
            quote!(impl __lock::Claimed<#hash, #version> for __EskitLock {})
        })
        .collect();
    if impls.is_empty() {
        return TokenStream::new();
    }
    quote! {
        const _: () = {
            use crate::*;
            #(#impls)*
        };
    }
}

/// Two types may claim one name and version, by an alias that both versions of a type have kept, or by a mistake that is
/// reported elsewhere. A second impl would be an error of its own, so the second claim is left out.
fn is_first_claim(name: &str, version: u32) -> bool {
    static CLAIMS: Mutex<BTreeSet<(String, u32)>> = Mutex::new(BTreeSet::new());
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner).insert((name.to_owned(), version))
}
