//! The impl of `Evolve`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Generics, Type, parse_quote};

use crate::block::handler::Handler;
use crate::dispatch::Table;
use crate::shape::logic::Logic;
use crate::wrap::{check, implementation, name_span, text};

pub(super) fn expand(self_ty: &Type, evolves: &[Handler], logic: &Logic) -> TokenStream {
    let sets: Vec<TokenStream> = evolves.iter().map(Handler::set).collect();
    let table = Table::EVENTS.define(name_span(self_ty), &text(self_ty), &sets);
    let refused = quote!(return ::core::result::Result::Err(__error));
    let arms = evolves
        .iter()
        .enumerate()
        .map(|(index, evolve)| evolve.arm(index, &evolve.call(self_ty, &TokenStream::new()), &refused));
    let find = Table::EVENTS.find(arms, &quote!(_ => return ::core::result::Result::Ok(false),));
    let header = quote_spanned!(name_span(self_ty)=> impl __eskit::Evolve for #self_ty);
    let logic = logic.expand();
    let body = quote! {
        const EVENTS: __eskit::EventTypes = __eskit::EventTypes::Many(&SETS);
        const LOGIC: u64 = #logic;

        fn evolve(
            &mut self,
            __event: &__eskit::RecordedEvent,
        ) -> ::core::result::Result<bool, __eskit::DecodeError> {
            #find
            ::core::result::Result::Ok(true)
        }
    };
    let evolve = implementation(name_span(self_ty), header, body);
    let checks = checks(self_ty, evolves);
    quote! {
        #table
        #evolve
        #checks
    }
}

fn checks(self_ty: &Type, evolves: &[Handler]) -> TokenStream {
    let each = evolves.iter().enumerate().map(|(index, Handler { cfgs, event, .. })| {
        check(cfgs, &quote_spanned!(name_span(event)=> __eskit::check_event::<#self_ty>(#index)))
    });
    quote_spanned! {name_span(self_ty)=>
        #(#each)*
        __eskit::inventory::submit! { __eskit::aggregate_entry::<#self_ty>() }
    }
}

/// Stands beside an error: calls no method and checks nothing, but still refuses what is no event.
pub(super) fn fallback(self_ty: &Type, generics: &Generics, evolves: &[Handler]) -> TokenStream {
    let sets = evolves.iter().map(Handler::set_if_present);
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
