//! `eskit::lock!()`: switches the schema lock on.

pub(crate) mod event;
pub(crate) mod file;
pub(crate) mod projection;
mod this_crate;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Path;
use syn::parse::Parser;

use self::file::{EventRecord, Found, LockFile, is_writing, load};
use self::this_crate::this_crate;
use crate::attr::eskit_path;
use crate::claim::record_name;
use crate::diag;
use crate::kind::StoredKind;

/// `input` is the path of eskit.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let eskit = eskit_path(Path::parse_mod_style.parse2(input).ok());
    let found = load();
    let error = error(&found).map(|error| error.to_compile_error());
    // Whatever is wrong with the file is said once; the events then keep silent.
    let silent = is_writing() || error.is_some();
    let strict = if is_fetched() { quote!(false) } else { quote!(!::core::cfg!(any(debug_assertions, test))) };
    let lock = if silent { quote!(Writing) } else { quote!(for_build(#strict)) };
    let (records, claims) = match &found {
        Found::File(file) if !silent => (records(file), claims(file)),
        _ => (TokenStream::new(), no_claims()),
    };
    // A build that fails is made again anyway.
    let watch = (error.is_none() && !matches!(found, Found::Nothing)).then(watch);
    let (root, test) = (root(), test(&eskit));
    let check = error.is_none().then(|| {
        quote! {
            const _: () = {
                #eskit::__private::lock::check_root(::core::module_path!());
                #eskit::__private::lock::check_claims(#root::LOCK, #root::CLAIMS, ::core::env!("CARGO_PKG_NAME"));
            };
        }
    });
    // Whoever left the variable set would release what nothing has checked.
    let unchecked = (is_writing() && !is_fetched()).then(|| {
        let error = diag::lock_unchecked(Span::call_site()).to_compile_error();
        quote!(#[cfg(not(any(debug_assertions, test)))] #error)
    });
    quote! {
        #error
        #unchecked

        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, non_local_definitions, unreachable_pub, unused_qualifications)]
        pub(crate) mod #root {
            use #eskit::__private as __eskit;
            use __eskit::lock as __lock;

            // Cargo builds again when the file or the variable changes.
            #watch
            const _: ::core::option::Option<&str> = ::core::option_env!("ESKIT_LOCK");

            pub(crate) const LOCK: __lock::Lock = __lock::Lock::#lock;
            #records
            #claims
        }

        #check
        #test
    }
}

/// The module at the crate root that holds all that the lock needs. Its name is what rustc says to whom it is missing.
fn root() -> Ident {
    format_ident!("__eskit_lock_stands_at_the_crate_root")
}

fn error(found: &Found) -> Option<syn::Error> {
    let span = Span::call_site();
    match found {
        _ if let Some(error) = mode_error() => Some(error),
        Found::Malformed(problem) => Some(diag::lock_malformed(span, problem)),
        Found::Unmerged(line) => Some(diag::lock_unmerged(span, *line)),
        Found::Newer(format) => Some(diag::lock_newer(span, format)),
        Found::Nothing if !is_writing() => Some(diag::lock_missing(span)),
        Found::File(file) if !is_writing() && !file.is_of_this_crate() => {
            Some(diag::lock_elsewhere(span, &file.crate_name, &this_crate()))
        }
        _ => None,
    }
}

fn mode_error() -> Option<syn::Error> {
    let mode = std::env::var_os("ESKIT_LOCK")?;
    let known = mode.is_empty() || mode == "write" || mode == "force";
    (!known).then(|| diag::lock_mode(Span::call_site(), &mode.to_string_lossy()))
}

fn watch() -> TokenStream {
    quote! {
        const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/eskit.lock"));
    }
}

/// Whether the package is a dependency that cargo fetched: what its authors have not recorded, its users cannot.
fn is_fetched() -> bool {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default().replace('\\', "/");
    folder.contains("/registry/src/") || folder.contains("/git/checkouts/")
}

/// A type for each wire name and version that an event may claim, by an impl.
fn records(file: &LockFile) -> TokenStream {
    let records = file.events.iter().flat_map(record_idents);
    quote!(#(pub(crate) struct #records;)*)
}

/// What is claimed of each event, asked of all together; and the registry's events, which are found by their claims.
fn claims(file: &LockFile) -> TokenStream {
    let count: usize = file.events.iter().map(|event| event.versions_with_type().count()).sum();
    let events = file.events.iter().map(|event| {
        let (name, newest) = (&event.name, event.newest());
        let kind = match event.kind {
            StoredKind::Event => quote!(Event),
            StoredKind::Command => quote!(Command),
        };
        let (records, mistaken) = (record_idents(event), record_idents(event));
        quote! {
            __lock::Claims {
                kind: __eskit::PayloadKind::#kind,
                name: #name,
                newest: #newest,
                mistaken: #(__lock::ClaimOn::<#mistaken>::MISTAKEN)||*,
                claims: &[#(__lock::ClaimOn::<#records>::CLAIM),*],
            }
        }
    });
    quote! {
        use __lock::Unclaimed as _;

        pub(crate) const CLAIMS: &[__lock::Claims] = &[#(#events),*];
        const EVENTS: [::core::option::Option<&__eskit::EventType>; #count] = __lock::own_events(CLAIMS);
        __eskit::inventory::submit! { __eskit::Entry::Events(&EVENTS) }
    }
}

fn no_claims() -> TokenStream {
    quote!(
        pub(crate) const CLAIMS: &[__lock::Claims] = &[];
    )
}

/// The test that compares the file with the program, and writes it when it is told to.
fn test(eskit: &Path) -> TokenStream {
    let (crate_name, root) = (this_crate(), root());
    quote! {
        #[cfg(test)]
        #[::core::prelude::v1::test]
        fn eskit_lock() -> ::core::result::Result<(), #eskit::__private::lock::LockError> {
            #eskit::__private::lock::eskit_lock(
                ::core::env!("CARGO_MANIFEST_DIR"),
                #crate_name,
                #root::CLAIMS,
            )
        }
    }
}

/// The types that stand for the versions of an event or a stored command.
fn record_idents(event: &EventRecord) -> impl Iterator<Item = Ident> {
    event.versions_with_type().map(|version| record_ident(event.kind, &event.name, version))
}

/// The type that stands for one version of a wire name: rustc shows its name where two types claim it.
fn record_ident(kind: StoredKind, name: &str, version: u32) -> Ident {
    format_ident!("{}", record_name(kind, name, version))
}
