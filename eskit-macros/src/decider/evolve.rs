//! The impl of `Evolve`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Generics, Type, parse_quote};

use super::EvolveDef;
use crate::wrap::{check, implementation, name_span, name_table, text};

pub(super) fn expand(self_ty: &Type, evolves: &[EvolveDef]) -> TokenStream {
    let count = evolves.len();
    let sets = evolves.iter().map(|evolve| {
        let cfgs = &evolve.cfgs;
        let types = types(evolve);
        match absent(cfgs) {
            Some(absent) => quote!(#(#cfgs)* #types, #absent __eskit::EventTypes::NONE),
            None => types,
        }
    });
    let arms = evolves.iter().enumerate().map(|(index, evolve)| arm(self_ty, index, evolve));
    let header = quote_spanned!(name_span(self_ty)=> impl __eskit::Evolve for #self_ty);
    let body = quote! {
        const EVENTS: __eskit::EventTypes = __eskit::EventTypes::Many(&SETS);

        fn evolve(
            &mut self,
            __event: &__eskit::RecordedEvent,
        ) -> ::core::result::Result<bool, __eskit::DecodeError> {
            match TABLE.find(&__event.name) {
                #(#arms)*
                _ => return ::core::result::Result::Ok(false),
            }
            ::core::result::Result::Ok(true)
        }
    };
    let evolve = implementation(name_span(self_ty), header, body);
    let table = name_table(name_span(self_ty), &text(self_ty));
    let checks = checks(self_ty, evolves);
    quote! {
        const SETS: [__eskit::EventTypes; #count] = [#(#sets),*];
        #table
        #evolve
        #checks
    }
}

/// The event types that a method takes; a parameter that is no event is refused here, at its type.
fn types(evolve: &EvolveDef) -> TokenStream {
    let event = &evolve.event;
    quote_spanned!(event.span()=> <#event as __eskit::Event>::TYPES)
}

fn arm(self_ty: &Type, index: usize, evolve: &EvolveDef) -> TokenStream {
    let EvolveDef { cfgs, ident, event, envelope, callable } = evolve;
    if !callable {
        return TokenStream::new();
    }
    // Names of the surrounding function keep the hygiene that they were declared with.
    let recorded = quote!(__event);
    let decode = quote_spanned!(event.span()=> <#event as __eskit::Event>::decode_named(#recorded));
    let envelope = envelope.iter().map(|ty| {
        let envelope = quote_spanned!(ty.span()=> <#ty as __eskit::Envelope>::envelope(#recorded));
        quote!(, #envelope)
    });
    quote! {
        #(#cfgs)*
        ::core::option::Option::Some(#index) => match #decode {
            ::core::result::Result::Ok(__decoded) => <#self_ty>::#ident(self, &__decoded #(#envelope)*),
            ::core::result::Result::Err(__error) => return ::core::result::Result::Err(__error),
        },
    }
}

fn checks(self_ty: &Type, evolves: &[EvolveDef]) -> TokenStream {
    let each = evolves.iter().enumerate().map(|(index, EvolveDef { cfgs, event, .. })| {
        check(cfgs, &quote_spanned!(name_span(event)=> __eskit::check_event::<#self_ty>(#index)))
    });
    quote_spanned! {name_span(self_ty)=>
        #(#each)*
        __eskit::inventory::submit! { __eskit::aggregate_entry::<#self_ty>() }
    }
}

/// Stands beside an error: calls no method and checks nothing, but still refuses what is no event.
pub(super) fn fallback(self_ty: &Type, generics: &Generics, evolves: &[EvolveDef]) -> TokenStream {
    let sets = evolves.iter().map(|evolve| {
        let cfgs = &evolve.cfgs;
        let types = types(evolve);
        quote!(#(#cfgs)* #types)
    });
    let mut generics = generics.clone();
    if !generics.params.is_empty() {
        let shared = parse_quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static);
        generics.make_where_clause().predicates.push(shared);
    }
    let (impl_generics, _, bounds) = generics.split_for_impl();
    let header = quote_spanned!(name_span(self_ty)=> impl #impl_generics __eskit::Evolve for #self_ty #bounds);
    let body = quote! {
        const EVENTS: __eskit::EventTypes = __eskit::EventTypes::Many(&[#(#sets),*]);

        fn evolve(&mut self, _: &__eskit::RecordedEvent) -> ::core::result::Result<bool, __eskit::DecodeError> {
            ::core::result::Result::Ok(false)
        }
    };
    implementation(name_span(self_ty), header, body)
}

/// `#[cfg(not(all(..)))]` for the conditions of a method, if it has any.
fn absent(cfgs: &[Attribute]) -> Option<TokenStream> {
    let conditions: Vec<TokenStream> = cfgs
        .iter()
        .filter_map(|attr| match &attr.meta {
            syn::Meta::List(list) => Some(list.tokens.clone()),
            _ => None,
        })
        .collect();
    (!conditions.is_empty()).then(|| quote!(#[cfg(not(all(#(#conditions),*)))]))
}
