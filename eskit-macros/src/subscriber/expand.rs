//! The impl of `Subscriber`, and what hands an event to the method that takes it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Generics, parse_quote};

use super::def::SubscriberDef;
use super::method::OnMethod;
use super::options::{OnErrorDef, Options, OrderDef};
use crate::block::handler::{Handler, absent};
use crate::wrap::{check, implementation, location, name_span, text};
use crate::{claim, dispatch};

/// What differs between the impls of `Subscriber`.
pub(crate) struct Described {
    pub(crate) version: u32,
    /// The field with the SQL of its tables.
    pub(crate) tables: TokenStream,
    /// Further items of the impl.
    pub(crate) items: TokenStream,
}

/// Its table of events, its description, its checks, and its entry in the registry.
pub(crate) fn subscriber(def: &SubscriberDef, described: Described) -> TokenStream {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let sets: Vec<TokenStream> = def.methods.iter().map(|method| method.handler.set()).collect();
    let table = dispatch::table(place, &text(self_ty), &sets);
    let (implementation, checks) = (description(def, described), checks(def));
    let entry = quote_spanned!(place=> __eskit::inventory::submit! { __eskit::subscriber_entry::<#self_ty>() });
    quote! {
        #table
        #implementation
        #checks
        #entry
    }
}

/// The claim on its name.
pub(crate) fn claim(def: &SubscriberDef) -> Option<TokenStream> {
    def.options.name.as_ref().map(|name| claim::subscriber(&name.value(), name.span()))
}

fn description(def: &SubscriberDef, described: Described) -> TokenStream {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let header = quote_spanned!(place=> impl __eskit::Subscriber for #self_ty);
    let Options { name, .. } = &def.options;
    let (order, on_error) = (order(&def.options.order), on_error(def.options.on_error));
    let Described { version, tables, items } = described;
    let (rust_name, location) = (text(self_ty), location());
    let takes_all = def
        .catch_alls
        .iter()
        .map(|OnMethod { handler: Handler { cfgs, .. }, .. }| quote!(#(#cfgs)* const TAKES_ALL: bool = true;));
    let body = quote! {
        const TYPE: &'static __eskit::SubscriberType = &__eskit::SubscriberType {
            name: #name,
            version: #version,
            order: #order,
            on_error: #on_error,
            #tables
            rust_name: #rust_name,
            location: #location,
        };
        const EVENTS: __eskit::EventTypes = __eskit::EventTypes::Many(&SETS);
        #(#takes_all)*
        #items
    };
    implementation(place, header, body)
}

fn order(order: &OrderDef) -> TokenStream {
    match order {
        OrderDef::All => quote!(__eskit::Order::All),
        OrderDef::Stream => quote!(__eskit::Order::Stream),
        OrderDef::Each => quote!(__eskit::Order::Each),
        OrderDef::Tag(key) => quote!(__eskit::Order::Tag(#key)),
    }
}

fn on_error(on_error: OnErrorDef) -> TokenStream {
    match on_error {
        OnErrorDef::Stop => quote!(__eskit::OnError::Stop),
        OnErrorDef::Park => quote!(__eskit::OnError::Park),
        OnErrorDef::Skip => quote!(__eskit::OnError::Skip),
    }
}

/// What is there where all these conditions fail; nothing if one of them is none.
pub(crate) fn otherwise<'c>(
    mut all: impl Iterator<Item = &'c [Attribute]> + Clone,
    none: &TokenStream,
) -> Option<TokenStream> {
    let absent = all.clone().map(absent);
    let absent = quote!(#(#absent)* #none);
    (!all.any(<[_]>::is_empty)).then_some(absent)
}

/// Hands `__event` to the method that takes it, and returns `Ok(false)` where none does. `further` is what a method takes beside the
/// event and what is recorded with it, and `result` what becomes of the call.
pub(crate) fn find(
    def: &SubscriberDef,
    further: impl Fn(&OnMethod) -> TokenStream,
    result: impl Fn(&OnMethod, &TokenStream) -> TokenStream,
) -> TokenStream {
    let refused = quote!(::core::result::Result::Err(::core::convert::From::from(__error)));
    let arms = def.methods.iter().enumerate().map(|(index, method)| {
        let call = awaited(method, method.handler.call(&def.self_ty, &further(method)));
        method.handler.arm(index, &result(method, &call), &refused)
    });
    let unnamed = def.catch_alls.iter().map(|method| {
        let Handler { cfgs, .. } = &method.handler;
        let call = awaited(method, method.handler.call_undecoded(&def.self_ty, &further(method)));
        let result = result(method, &call);
        quote!(#(#cfgs)* _ => #result,)
    });
    let cfgs = def.catch_alls.iter().map(|method| method.handler.cfgs.as_slice());
    let none = otherwise(cfgs, &quote!(_ => return ::core::result::Result::Ok(false),));
    dispatch::find(arms, &quote!(#(#unnamed)* #none))
}

fn awaited(method: &OnMethod, call: TokenStream) -> TokenStream {
    match &method.asyncness {
        Some(_) => quote!(#call.await),
        None => call,
    }
}

/// Each event must carry the tag by which the subscriber is ordered.
fn checks(def: &SubscriberDef) -> TokenStream {
    let OrderDef::Tag(key) = &def.options.order else { return TokenStream::new() };
    let self_ty = &def.self_ty;
    let subscriber = quote!(<#self_ty as __eskit::Subscriber>::TYPE);
    let order = check(&[], &quote_spanned!(key.span()=> __eskit::check_order(#subscriber, &SETS)));
    let ordered = def.methods.iter().enumerate().map(|(index, OnMethod { handler, .. })| {
        let place = name_span(&handler.event);
        check(&handler.cfgs, &quote_spanned!(place=> __eskit::check_ordered(#subscriber, &SETS, #index)))
    });
    quote!(#order #(#ordered)*)
}

/// The impl that stands beside an error, and the generics for others: it calls no method, but still refuses what is no event.
pub(crate) fn fallback(def: &SubscriberDef) -> (TokenStream, Generics) {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let sets = def.methods.iter().map(|method| method.handler.set_if_present());
    let sets = if def.generics.params.is_empty() { quote!(#(#sets),*) } else { TokenStream::new() };
    let mut generics = def.generics.clone();
    if !generics.params.is_empty() {
        let shared = parse_quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static);
        generics.make_where_clause().predicates.push(shared);
    }
    let (impl_generics, _, bounds) = generics.split_for_impl();
    let subscriber = implementation(
        place,
        quote_spanned!(place=> impl #impl_generics __eskit::Subscriber for #self_ty #bounds),
        quote! {
            const TYPE: &'static __eskit::SubscriberType = __eskit::NO_SUBSCRIBER;
            const EVENTS: __eskit::EventTypes = __eskit::EventTypes::Many(&[#sets]);
        },
    );
    (subscriber, generics)
}
