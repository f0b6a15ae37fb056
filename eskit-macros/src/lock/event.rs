//! What the derive of an event adds for the schema lock.
//!
//! Nothing where there is neither a file of this crate nor a command to write it: then the lock is off, or
//! `eskit::lock!()` itself reports the missing file.
//!
//! A file names its crate, and so says that `__EskitLock` stands at its root. While the file is written there may be none
//! yet: then the crate root's `__EskitLock` comes in by a glob import, which hides the local one. In every build that would
//! be too slow: each glob import brings in each name of the crate root.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Fields, Variant};

use super::file::{EventRecord, Found, LockFile, VersionRecord, is_writing, load};
use super::hash;
use super::{claim_ident, place_ident};
use crate::ast::{EventAttrs, Origin, TagDef};
use crate::ctxt::Ctxt;
use crate::shape::attr::{Position, ShapeAttrs};
use crate::shape::expand::Scope;
use crate::shape::serde::SerdeAttrs;

/// The lock's side of one event.
pub(crate) struct LockDef {
    /// Nothing where the lock passes the event over.
    shape: Option<TokenStream>,
    source: Source,
}

/// What the shape is held to.
enum Source {
    /// The file.
    File(Arc<LockFile>),
    /// Nothing: the build is there to write the file.
    Writing,
}

impl LockDef {
    /// A variant that is an event of its own, and is written as a struct whether it has fields or not.
    pub(crate) fn of_variant(cx: &Ctxt, variant: &Variant, event: &EventAttrs) -> Option<LockDef> {
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
        event: &EventAttrs,
    ) -> Option<LockDef> {
        let stated = ShapeAttrs::from_syn(cx, attrs, Position::Event);
        let source = match load() {
            _ if is_writing() => Source::Writing,
            Found::File(file) if file.is_of_this_crate() => Source::File(file),
            _ => return None,
        };
        let recorded = matches!(&source, Source::File(file) if file.version(event).is_some());
        let serde = SerdeAttrs::from_syn(attrs);
        let scope = Scope { cx, ident, probes: !recorded };
        let shape = || scope.in_place_of(&serde, &stated).unwrap_or_else(|| scope.of_struct(&serde, fields));
        Some(LockDef { shape: (!stated.unlocked).then(shape), source })
    }

    /// The claims alone.
    pub(crate) fn claims(&self, ident: &Ident, attrs: &EventAttrs) -> TokenStream {
        match &self.source {
            Source::File(file) if self.shape.is_some() => claims(file, ident, attrs),
            _ => TokenStream::new(),
        }
    }

    pub(crate) fn expand(&self, ident: &Ident, attrs: &EventAttrs, tags: &[TagDef]) -> TokenStream {
        let Some(shape) = &self.shape else { return TokenStream::new() };
        let tags_hash = hash::names(tags.iter().map(|tag| tag.key.as_str()));
        let current = quote!(__lock::Current::new(<#ident as __eskit::SingleEvent>::TYPE, #tags_hash, #shape));
        let (probes, current, others) = match &self.source {
            Source::File(file) => (probes(file, attrs), check(current, file, ident, attrs), others(file, ident, attrs)),
            Source::Writing => (lock_by_name(), current, TokenStream::new()),
        };
        let claims = self.claims(ident, attrs);
        quote! {
            #[allow(dead_code, long_running_const_eval, non_local_definitions, unused_imports)]
            const _: () = {
                use __eskit::lock as __lock;
                #claims
                #probes
                const CURRENT: __lock::Current = #current;
                #others
                #[cfg(test)]
                __eskit::inventory::submit! { __lock::LockEntry(&CURRENT) }
            };
        }
    }
}

/// The constant `LOCK` of a crate that has the lock or not.
fn lock_by_name() -> TokenStream {
    quote! {
        use __lock::{NoShape as _, Unlocked as _};
        struct __EskitLock;
        const LOCK: __lock::Lock = {
            use crate::*;
            __EskitLock::LOCK
        };
    }
}

/// The comparison with the record of this version, at the event's name.
fn check(current: TokenStream, file: &LockFile, ident: &Ident, attrs: &EventAttrs) -> TokenStream {
    match file.version(attrs) {
        Some((event, version)) => {
            let recorded = recorded(event, version, attrs);
            quote_spanned!(ident.span()=> __lock::check(crate::__EskitLock::LOCK, &#recorded, #current))
        }
        None => quote_spanned!(ident.span()=> __lock::check_unrecorded(LOCK, #current)),
    }
}

fn recorded(event: &EventRecord, version: &VersionRecord, attrs: &EventAttrs) -> TokenStream {
    let VersionRecord { fingerprint, text, number } = version;
    let former_name = if event.name == attrs.name { "" } else { &event.name };
    let superseded = event.newest() > *number;
    quote! {
        __lock::Recorded {
            fingerprint: #fingerprint,
            text: #text,
            former_name: #former_name,
            superseded: #superseded,
        }
    }
}

/// The checks that few events need: that recorded aliases are still there, and the comparisons under former names.
fn others(file: &LockFile, ident: &Ident, attrs: &EventAttrs) -> TokenStream {
    let span = ident.span();
    let mut checks = TokenStream::new();
    let own = file.event(&attrs.name);
    if let Some(event) = own.filter(|event| event.newest() <= attrs.version) {
        for alias in event.aliases.iter().filter(|alias| !attrs.aliases.contains(alias)) {
            checks.extend(
                quote_spanned!(span=> const _: () = __lock::check_alias(crate::__EskitLock::LOCK, &CURRENT, #alias);),
            );
        }
    }
    for event in attrs.aliases.iter().filter_map(|alias| file.event(alias)) {
        if let Some(version) = event.version(attrs.version) {
            let recorded = recorded(event, version, attrs);
            checks.extend(quote_spanned!(span=> const _: __lock::Current = __lock::check(crate::__EskitLock::LOCK, &#recorded, CURRENT);));
        }
    }
    checks
}

/// A constant on the crate's lock type for each recorded version that the event reads: its own; every older one, when
/// functions read them; and those of former names.
fn claims(file: &LockFile, ident: &Ident, attrs: &EventAttrs) -> TokenStream {
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
    let consts: Vec<Ident> = own
        .chain(former)
        .filter(|(name, version)| claims_first(name, *version, ident))
        .map(|(name, version)| claim_ident(name, version))
        .collect();
    let at_another = file.event(&attrs.name).is_some() && file.version(attrs).is_none();
    let place = (at_another && claims_first(&attrs.name, 0, ident)).then(|| {
        let (place, version) = (place_ident(&attrs.name), attrs.version);
        quote!(pub(crate) const #place: u32 = #version;)
    });
    if consts.is_empty() && place.is_none() {
        return TokenStream::new();
    }
    quote! {
        #[allow(dead_code, non_local_definitions)]
        impl crate::__EskitLock {
            #(pub(crate) const #consts: bool = true;)*
            #place
        }
    }
}

/// What a shape that may not be known needs, to ask whether it must be.
fn probes(file: &LockFile, attrs: &EventAttrs) -> TokenStream {
    if file.version(attrs).is_some() {
        return TokenStream::new();
    }
    quote! {
        use __lock::NoShape as _;
        const LOCK: __lock::Lock = crate::__EskitLock::LOCK;
    }
}

/// Two types may claim one name and version, by an alias that both versions of a type have kept, or by a mistake that is
/// reported elsewhere. A second constant would be an error of its own, so the second claim is left out.
fn claims_first(name: &str, version: u32, ident: &Ident) -> bool {
    static CLAIMS: Mutex<BTreeMap<(String, u32), String>> = Mutex::new(BTreeMap::new());
    let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
    let ident = ident.to_string();
    // A language server expands one type many times in one process.
    *claims.entry((name.to_owned(), version)).or_insert_with(|| ident.clone()) == ident
}
