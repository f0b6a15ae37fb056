//! What the derive of an event or a stored command adds for the schema lock.
//!
//! Nothing where there is neither a file of this crate nor a command to write it: then the lock is off, or
//! `eskit::lock!()` itself reports the missing file.
//!
//! A file names its crate, and so says that the module of the lock stands at its root. While the file is written there may be
//! none yet: then the crate root's module comes in by a glob import, which hides the local one. In every build that would
//! be too slow: each glob import brings in each name of the crate root.

mod record;
mod tags;

use std::sync::Arc;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Fields, Variant};

use self::record::{newest_type, record_path, records};
use super::file::{EventRecord, Found, LockFile, VersionRecord, is_writing, load};
use super::this_crate::root_has_no_lock;
use super::{record_ident, root};
use crate::ast::{StoredAttrs, TagDef};
use crate::claim::{NameClaim, name_claims};
use crate::ctxt::Ctxt;
use crate::kind::StoredKind;
use crate::shape::attr::{Position, ShapeAttrs};
use crate::shape::expand::{Lookup, Scope};
use crate::shape::hash;
use crate::shape::serde::SerdeAttrs;
use crate::wrap::{implementation, user_crate, wrap};

/// The lock's side of one event or stored command.
pub(crate) struct LockDef {
    /// Nothing where the lock passes the event over.
    shape: Option<TokenStream>,
    source: Source,
}

/// What the program is held to.
pub(super) enum Source {
    /// The file.
    File(Arc<LockFile>),
    /// Nothing: the build is there to write the file.
    Writing,
    /// Nothing, which is an error: there is a file, and no `eskit::lock!()`.
    Missing,
}

impl Source {
    /// Nothing where there is no lock.
    pub(super) fn find() -> Option<Source> {
        match load() {
            _ if is_writing() => Some(Source::Writing),
            Found::File(file) if file.is_of_this_crate() && root_has_no_lock() => Some(Source::Missing),
            Found::File(file) if file.is_of_this_crate() => Some(Source::File(file)),
            _ => None,
        }
    }
}

impl LockDef {
    /// A variant that is an event of its own, and is written as a struct whether it has fields or not.
    pub(crate) fn of_variant(cx: &Ctxt, variant: &Variant, event: &StoredAttrs) -> Option<LockDef> {
        let none = Fields::Named(syn::FieldsNamed { brace_token: Default::default(), named: Default::default() });
        let fields = if matches!(variant.fields, Fields::Unit) { &none } else { &variant.fields };
        LockDef::from_syn(cx, &variant.ident, &variant.attrs, fields, event)
    }

    /// Nothing where there is no lock.
    pub(crate) fn from_syn(
        cx: &Ctxt,
        ident: &Ident,
        attrs: &[Attribute],
        fields: &Fields,
        event: &StoredAttrs,
    ) -> Option<LockDef> {
        let stated = ShapeAttrs::from_syn(cx, attrs, Position::Event);
        let source = Source::find()?;
        let recorded = matches!(&source, Source::File(file) if file.version(event).is_some());
        let serde = SerdeAttrs::from_syn(attrs);
        let lookup = if recorded { Lookup::Required } else { Lookup::Locked };
        let shape = || Scope::new(cx, ident, lookup).of_fields(&serde, &stated, fields);
        Some(LockDef { shape: (!stated.unlocked).then(shape), source })
    }

    /// Whether the file has a type for this claim.
    pub(crate) fn holds(&self, attrs: &StoredAttrs, claim: &NameClaim<'_>) -> bool {
        matches!(&self.source, Source::File(file) if self.shape.is_some() && has_type(file, attrs.kind, claim))
    }

    /// For an event with a mistake: that its names are not to be looked for. Its version may be what the mistake is about.
    pub(crate) fn mistaken(&self, ident: &Ident, attrs: &StoredAttrs) -> TokenStream {
        let Source::File(file) = &self.source else { return TokenStream::new() };
        if self.shape.is_none() {
            return TokenStream::new();
        }
        let events = [&attrs.name].into_iter().chain(&attrs.aliases).filter_map(|name| file.event(attrs.kind, name));
        let marks = events.map(|event| {
            let has_type = event.versions_with_type().any(|version| version == attrs.version);
            let record = record_path(ident, event, if has_type { attrs.version } else { event.newest() });
            quote! {
                #[allow(non_local_definitions)]
                impl __eskit::lock::Mistaken for #record {}
            }
        });
        let (import, marks) = (import(ident), marks.collect::<TokenStream>());
        wrap(&attrs.eskit, quote!(#import #marks))
    }

    pub(crate) fn expand(&self, ident: &Ident, attrs: &StoredAttrs, tags: &[TagDef]) -> Expansion {
        let Some(shape) = &self.shape else { return Expansion::default() };
        let keys = tags.iter().map(|tag| hash::text(&tag.key));
        // By a call, since the constant of the trait would say a second time that the event is no `Payload`.
        let own = match attrs.kind {
            StoredKind::Event => quote!(__eskit::event_type::<#ident>()),
            StoredKind::Command => quote!(__eskit::stored_type::<#ident>()),
        };
        let current = quote!(__eskit::lock::Claim::Own(__eskit::lock::Current::new(#own, &[#(#keys),*], #shape)));
        match &self.source {
            // Of all constants that need the one of this type, rustc reports that one, once.
            Source::Missing => Expansion {
                items: quote_spanned!(ident.span()=> const _: () = __eskit::lock::NoLock::<()>::AT_THE_CRATE_ROOT;),
                entered: false,
            },
            Source::Writing => {
                Expansion { items: alone(&lock_by_name(), &current, TokenStream::new()), entered: false }
            }
            Source::File(file) => match file.version(attrs) {
                Some((event, version)) => recorded_event(file, event, version, ident, (attrs, tags), &current),
                None => Expansion { items: unrecorded_event(file, ident, (attrs, tags), &current), entered: false },
            },
        }
    }
}

/// What the lock adds to an event.
#[derive(Default)]
pub(crate) struct Expansion {
    pub(crate) items: TokenStream,
    /// Whether `eskit::lock!()` enters the event into the registry, with all others that it finds by their claims.
    pub(crate) entered: bool,
}

/// An event whose name and version the file holds. Its claim carries its shape.
fn recorded_event(
    file: &LockFile,
    event: &EventRecord,
    version: &VersionRecord,
    ident: &Ident,
    (attrs, tags): (&StoredAttrs, &[TagDef]),
    current: &TokenStream,
) -> Expansion {
    let import = import(ident);
    let claims = claims(file, ident, attrs, current);
    let records = records(ident);
    let recorded = recorded(event, version, ident, (attrs, tags));
    let record = record_path(ident, event, version.number);
    let own = quote!(<#record as __eskit::lock::ClaimedByOneType>::CLAIM);
    let checks = checks_under_other_names(file, ident, (attrs, tags), &own);
    let tag_checks = tags::checks(file, ident, attrs, tags, &own);
    let check = quote_spanned! {ident.span()=>
        #[allow(long_running_const_eval)]
        const _: () = __eskit::lock::check(#records::LOCK, &#recorded, &#own);
        #checks
    };
    let items = quote! {
        #import
        #claims
        #check
        #tag_checks
    };
    Expansion { items, entered: true }
}

/// An event that the file does not hold, or not at its version.
fn unrecorded_event(
    file: &LockFile,
    ident: &Ident,
    (attrs, tags): (&StoredAttrs, &[TagDef]),
    current: &TokenStream,
) -> TokenStream {
    let (import, records, claims) = (import(ident), records(ident), claims(file, ident, attrs, current));
    let before = quote! {
        #import
        #claims
        use __eskit::lock::NoShape as _;
        const LOCK: __eskit::lock::Lock = #records::LOCK;
    };
    let checks = checks_under_other_names(file, ident, (attrs, tags), &quote!(CURRENT));
    let tag_checks = tags::checks(file, ident, attrs, tags, &quote!(CURRENT));
    let check = quote_spanned! {ident.span()=>
        const _: () = __eskit::lock::check_unrecorded(LOCK, &CURRENT);
        #checks
    };
    alone(&before, current, quote!(#check #tag_checks))
}

/// An event that `eskit::lock!()` does not find by a claim.
fn alone(before: &TokenStream, current: &TokenStream, after: TokenStream) -> TokenStream {
    quote! {
        #[allow(dead_code, long_running_const_eval, non_local_definitions, unused_imports)]
        const _: () = {
            use __eskit::lock as __lock;
            #before
            const CURRENT: __lock::Claim = #current;
            #after
            #[cfg(test)]
            __eskit::inventory::submit! { __lock::LockEntry(&CURRENT) }
        };
    }
}

/// The constant `LOCK` of a crate that has the lock or not.
fn lock_by_name() -> TokenStream {
    let (root, user) = (root(), user_crate(Span::call_site()));
    quote! {
        use __lock::{NoShape as _, Unlocked as _};
        #[allow(non_camel_case_types)]
        struct #root;
        const LOCK: __lock::Lock = {
            use #user::*;
            #root::LOCK
        };
    }
}

fn recorded(
    event: &EventRecord,
    version: &VersionRecord,
    ident: &Ident,
    (attrs, tags): (&StoredAttrs, &[TagDef]),
) -> TokenStream {
    let VersionRecord { fingerprint, text, number } = version;
    let former_name = if event.name == attrs.name { "" } else { &event.name };
    let others = version.tags().filter(|(key, _)| tags.iter().all(|tag| tag.key != *key));
    let other_tags_hash = others.fold(0, |sum, (key, id_type)| hash::tag(sum, key, id_type));
    let superseded = if event.newest() > *number {
        quote!(true)
    } else if other_tags_hash == 0 || !former_name.is_empty() {
        quote!(false)
    } else {
        // The version after it may not be recorded yet.
        let newest = newest_type(ident, event);
        quote!(#newest > #number)
    };
    quote! {
        __eskit::lock::Recorded {
            fingerprint: #fingerprint,
            text: #text,
            former_name: #former_name,
            superseded: #superseded,
            other_tags_hash: #other_tags_hash,
        }
    }
}

/// The checks that few events need: that recorded aliases are still there, and the comparisons under former names.
fn checks_under_other_names(
    file: &LockFile,
    ident: &Ident,
    (attrs, tags): (&StoredAttrs, &[TagDef]),
    current: &TokenStream,
) -> TokenStream {
    let (mut checks, records) = (TokenStream::new(), records(ident));
    let own = file.event(attrs.kind, &attrs.name);
    if let Some(event) = own.filter(|event| event.newest() <= attrs.version) {
        for alias in event.aliases.iter().filter(|alias| !attrs.aliases.contains(alias)) {
            let newest = newest_type(ident, event);
            checks.extend(quote_spanned! {ident.span()=>
                const _: () = __eskit::lock::check_alias(#records::LOCK, &#current, #alias, #newest);
            });
        }
    }
    for event in attrs.aliases.iter().filter_map(|alias| file.event(attrs.kind, alias)) {
        if let Some(version) = event.version(attrs.version) {
            let recorded = recorded(event, version, ident, (attrs, tags));
            checks.extend(quote_spanned! {ident.span()=>
                const _: () = __eskit::lock::check(#records::LOCK, &#recorded, &#current);
            });
        }
    }
    checks
}

/// The claims for which the file has a type, each at the token that makes it; `current` stands on the record of the event's
/// own name and version.
fn claims(file: &LockFile, ident: &Ident, attrs: &StoredAttrs, current: &TokenStream) -> TokenStream {
    let claims = name_claims(attrs).into_iter().filter(|claim| has_type(file, attrs.kind, claim));
    let claims = claims.map(|NameClaim { name, version, span }| {
        let (mut records, mut record) = (records(ident), record_ident(attrs.kind, name, version));
        records.set_span(span);
        record.set_span(span);
        let is_own = (name, version) == (&attrs.name, attrs.version) && file.version(attrs).is_some();
        let reader = attrs.version;
        let claim = if is_own { current.clone() } else { quote!(__eskit::lock::Claim::Read(#reader)) };
        let header = quote_spanned!(span=> impl __eskit::lock::ClaimedByOneType for #records::#record);
        let body = quote!(const CLAIM: __eskit::lock::Claim = #claim;);
        let claim = implementation(span, header, body);
        quote_spanned!(span=> #[allow(non_local_definitions)] #claim)
    });
    claims.collect()
}

fn has_type(file: &LockFile, kind: StoredKind, claim: &NameClaim<'_>) -> bool {
    let event = file.event(kind, claim.name);
    event.is_some_and(|event| event.versions_with_type().any(|version| version == claim.version))
}

/// Brings the module of the lock in by one import: where it is missing, rustc says so once, at the event.
fn import(ident: &Ident) -> TokenStream {
    let (mut root, mut records) = (root(), records(ident));
    [&mut root, &mut records].into_iter().for_each(|name| name.set_span(ident.span()));
    let user = user_crate(ident.span());
    let import = quote_spanned!(ident.span()=> use #user::#root as #records;);
    quote!(
        #[allow(unused_imports)]
        #import
    )
}
