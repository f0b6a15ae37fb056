//! What `#[projection]` adds for the schema lock: that it takes the events that the file records for its version.
//!
//! Nothing where the lock is off, as for events.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{LitStr, Type};

use super::event::Source;
use super::file::{LockFile, ProjectionRecord};
use super::root;
use crate::wrap::{check, user_crate};

/// The check, and in a test build the entry by which the file is written.
pub(crate) fn expand(self_ty: &Type, name: &LitStr) -> TokenStream {
    let Some(source) = Source::find() else { return TokenStream::new() };
    let current = quote! {
        __eskit::lock::CurrentProjection {
            projection: <#self_ty as __eskit::Subscriber>::TYPE,
            events: <#self_ty as __eskit::Subscriber>::EVENTS,
            takes_all: <#self_ty as __eskit::Subscriber>::TAKES_ALL,
        }
    };
    let checked = match &source {
        Source::File(file) => against(file, name, &current),
        Source::Writing => TokenStream::new(),
        Source::Missing => check(&[], &quote_spanned!(name.span()=> __eskit::lock::NoLock::<()>::AT_THE_CRATE_ROOT)),
    };
    quote! {
        #checked
        #[cfg(test)]
        __eskit::inventory::submit! { #current }
    }
}

/// The check against the file.
fn against(file: &LockFile, name: &LitStr, current: &TokenStream) -> TokenStream {
    let recorded = match file.projection(&name.value()) {
        Some(ProjectionRecord { version, events, takes_all, .. }) => quote! {
            ::core::option::Option::Some(&__eskit::lock::RecordedProjection {
                version: #version,
                events: &[#(#events),*],
                takes_all: #takes_all,
            })
        },
        None => quote!(::core::option::Option::None),
    };
    let (user, mut root) = (user_crate(name.span()), root());
    root.set_span(name.span());
    let import = quote_spanned!(name.span()=> use #user::#root as __records;);
    let records = quote!(__records);
    let call = quote_spanned! {name.span()=>
        __eskit::lock::check_projection(#records::LOCK, #records::CLAIMS, #recorded, &#current)
    };
    let checked = check(&[], &call);
    quote!(#import #checked)
}
