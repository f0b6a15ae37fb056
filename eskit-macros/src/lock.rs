//! `eskit::lock!()`: switches the schema lock on.

pub(crate) mod event;
pub(crate) mod file;
pub(crate) mod hash;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Path;
use syn::parse::Parser;

use self::file::{EventRecord, Found, LockFile, is_writing, load};
use crate::attr::eskit_path;
use crate::diag;

/// `input` is the path of eskit.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let eskit = eskit_path(Path::parse_mod_style.parse2(input).ok());
    let found = load();
    let error = match (mode_error(), &found) {
        (Some(error), _) => Some(error),
        (None, Found::Malformed(problem)) => Some(diag::lock_malformed(Span::call_site(), problem)),
        (None, Found::Nothing) if !is_writing() => Some(diag::lock_missing(Span::call_site())),
        _ => None,
    };
    let error = error.map(|error| error.to_compile_error());
    // Whatever is wrong with the file is said once, above; the events then keep silent.
    let lock = if is_writing() || error.is_some() { quote!(Writing) } else { quote!(for_build(STRICT)) };
    let (watch, claims) = match &found {
        Found::File(_) if is_writing() => (watch(), TokenStream::new()),
        Found::File(file) => (watch(), claims(file)),
        Found::Malformed(_) => (watch(), TokenStream::new()),
        Found::Nothing => (TokenStream::new(), TokenStream::new()),
    };
    let strict = if is_fetched() { quote!(false) } else { quote!(!::core::cfg!(any(debug_assertions, test))) };
    quote! {
        #error

        #[doc(hidden)]
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        pub(crate) struct __EskitLock;

        #[allow(
            dead_code, non_local_definitions, unreachable_pub, unused_imports, unused_qualifications,
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction,
        )]
        const _: () = {
            use #eskit::__private::lock as __lock;
            // Cargo builds again when the file or the variable changes.
            #watch
            const _: ::core::option::Option<&str> = ::core::option_env!("ESKIT_LOCK");

            const STRICT: bool = #strict;
            impl __EskitLock {
                pub(crate) const ESKIT_LOCK: __lock::Lock = __lock::Lock::#lock;
            }
            const _: () = __lock::check_root(::core::module_path!());
            #claims
        };

        #[cfg(test)]
        #[test]
        fn eskit_lock() -> ::core::result::Result<(), #eskit::__private::lock::LockError> {
            #eskit::__private::lock::eskit_lock(::core::env!("CARGO_MANIFEST_DIR"))
        }
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

/// The check that some type claims each recorded event: the constant of its claim comes before the trait's.
fn claims(file: &LockFile) -> TokenStream {
    let consts = file.events.iter().flat_map(|event| event.versions.iter().map(|v| claim_ident(&event.name, v.number)));
    let events = file.events.iter().map(|EventRecord { name, versions, .. }| {
        let versions = versions.iter().map(|version| {
            let (number, claim) = (version.number, claim_ident(name, version.number));
            quote!((#number, __EskitLock::#claim))
        });
        quote!((#name, &[#(#versions),*]))
    });
    quote! {
        trait Unclaimed {
            #(const #consts: bool = false;)*
        }
        impl Unclaimed for __EskitLock {}
        const _: () = __lock::check_claims(__EskitLock::ESKIT_LOCK, &[#(#events),*]);
    }
}

/// The constant of the crate's lock type by which an event says that it reads a version of a wire name.
fn claim_ident(name: &str, version: u32) -> Ident {
    format_ident!("READS_{:016X}_{version}", hash::text(name))
}
