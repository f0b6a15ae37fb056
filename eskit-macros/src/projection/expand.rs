//! The impls of `Subscriber` and of the trait that hands events to the projection.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, parse_quote};

use super::def::ProjectionDef;
use super::method::OnMethod;
use super::options::{OnErrorDef, Options, OrderDef};
use super::other::Named;
use super::rules::Kind;
use crate::block::handler::{Handler, absent};
use crate::dispatch;
use crate::lock;
use crate::wrap::{check, implementation, location, name_span, text};

pub(super) fn expand(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let sets: Vec<TokenStream> = def.methods.iter().map(|method| method.handler.set()).collect();
    let table = dispatch::table(place, &text(self_ty), &sets);
    let (subscriber, handle, checks) = (subscriber(def), handle(def), checks(def));
    let entry = quote_spanned!(place=> __eskit::inventory::submit! { __eskit::projection_entry::<#self_ty>() });
    let locked = locked(def);
    quote! {
        #table
        #subscriber
        #handle
        #checks
        #entry
        #locked
    }
}

/// The schema lock holds a projection to its events while its rows outlive the program.
fn locked(def: &ProjectionDef) -> TokenStream {
    let name = def.options.name.as_ref().filter(|_| !matches!(def.kind, Kind::Memory));
    name.map(|name| lock::projection::expand(&def.self_ty, name)).unwrap_or_default()
}

fn subscriber(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let header = quote_spanned!(place=> impl __eskit::Subscriber for #self_ty);
    let Options { name, version, .. } = &def.options;
    let (order, on_error) = (order(&def.options.order), on_error(def.options.on_error));
    let (tables, rust_name, location) = (tables(def), text(self_ty), location());
    let takes_all = def
        .catch_alls
        .iter()
        .map(|OnMethod { handler: Handler { cfgs, .. }, .. }| quote!(#(#cfgs)* const TAKES_ALL: bool = true;));
    let caught_up = def.caught_up.iter().map(|Named { cfgs, ident }| {
        quote! {
            #(#cfgs)*
            fn caught_up(&self) {
                <#self_ty>::#ident(self)
            }
        }
    });
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
        #(#caught_up)*
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

/// The field with the SQL of the tables.
fn tables(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.self_ty;
    let tables = def.tables.iter().map(|Named { cfgs, ident }| quote!(#(#cfgs)* tables: <#self_ty>::#ident,));
    let none = otherwise(def.tables.iter().map(|Named { cfgs, .. }| cfgs.as_slice()), &quote!(tables: "",));
    quote!(#(#tables)* #none)
}

/// What is there where all these conditions fail; nothing if one of them is none.
fn otherwise<'c>(mut all: impl Iterator<Item = &'c [Attribute]> + Clone, none: &TokenStream) -> Option<TokenStream> {
    let absent = all.clone().map(absent);
    let absent = quote!(#(#absent)* #none);
    (!all.any(<[_]>::is_empty)).then_some(absent)
}

fn handle(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let body = body(def);
    let event = quote!(__event: &__eskit::RecordedEvent);
    let result = quote!(::core::result::Result<bool, __eskit::HandleError>);
    match &def.kind {
        Kind::Plain(tx) => implementation(
            place,
            quote_spanned!(place=> impl __eskit::Handle<#tx> for #self_ty),
            quote!(fn handle(&self, #event, __tx: &mut #tx) -> #result { #body }),
        ),
        Kind::Async(tx) => {
            // That the future is not `Send` is found here.
            let result = quote_spanned!(place=> ::core::result::Result<bool, __eskit::HandleError>);
            let handle = quote_spanned!(place=> async fn handle);
            implementation(
                place,
                quote_spanned!(place=> impl __eskit::HandleAsync<#tx> for #self_ty),
                quote! {
                    #handle<'__a>(
                        &'__a self,
                        __event: &'__a __eskit::RecordedEvent,
                        __tx: &'__a mut #tx,
                    ) -> #result { #body }
                },
            )
        }
        Kind::Memory => implementation(
            place,
            quote_spanned!(place=> impl __eskit::HandleMut for #self_ty),
            quote!(fn handle(&mut self, #event) -> #result { #body }),
        ),
    }
}

/// The body that hands `__event` to the method that takes it.
fn body(def: &ProjectionDef) -> TokenStream {
    let refused = quote!(::core::result::Result::Err(::core::convert::From::from(__error)));
    let arms = def.methods.iter().enumerate().map(|(index, method)| {
        let call = method.handler.call(&def.self_ty, &further(&def.kind));
        method.handler.arm(index, &handled(method, &call), &refused)
    });
    let find = dispatch::find(arms, &unnamed(def));
    quote! {
        let __handled: ::core::result::Result<(), __eskit::HandleError> = #find;
        __handled.map(|()| true)
    }
}

/// The arms for the events that no method names.
fn unnamed(def: &ProjectionDef) -> TokenStream {
    let calls = def.catch_alls.iter().map(|method| {
        let Handler { cfgs, .. } = &method.handler;
        let call = handled(method, &method.handler.call_undecoded(&def.self_ty, &further(&def.kind)));
        quote!(#(#cfgs)* _ => #call,)
    });
    let cfgs = def.catch_alls.iter().map(|method| method.handler.cfgs.as_slice());
    let none = otherwise(cfgs, &quote!(_ => return ::core::result::Result::Ok(false),));
    quote!(#(#calls)* #none)
}

/// What a method takes behind the event and what is recorded with it.
fn further(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Plain(_) | Kind::Async(_) => quote!(, __tx),
        Kind::Memory => TokenStream::new(),
    }
}

/// The result of a call. What is no result of a handler is refused at its type.
fn handled(method: &OnMethod, call: &TokenStream) -> TokenStream {
    let call = match &method.asyncness {
        Some(_) => quote!(#call.await),
        None => call.clone(),
    };
    match &method.output {
        Some(output) => {
            let handled = quote_spanned!(output.span()=> <#output as __eskit::Handled>::handled);
            quote!(#handled(#call))
        }
        None => quote!(::core::result::Result::Ok(#call)),
    }
}

/// Each event must carry the tag by which the projection is ordered.
fn checks(def: &ProjectionDef) -> TokenStream {
    let OrderDef::Tag(key) = &def.options.order else { return TokenStream::new() };
    let self_ty = &def.self_ty;
    let projection = quote!(<#self_ty as __eskit::Subscriber>::TYPE);
    let order = check(&[], &quote_spanned!(key.span()=> __eskit::check_order(#projection, &SETS)));
    let ordered = def.methods.iter().enumerate().map(|(index, OnMethod { handler, .. })| {
        let place = name_span(&handler.event);
        check(&handler.cfgs, &quote_spanned!(place=> __eskit::check_ordered(#projection, &SETS, #index)))
    });
    quote!(#order #(#ordered)*)
}

/// Stands beside an error: calls no method, but still refuses what is no event.
pub(super) fn fallback(def: &ProjectionDef) -> TokenStream {
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
    let result = quote!(::core::result::Result<bool, __eskit::HandleError>);
    let memory = quote! {
        impl #impl_generics __eskit::HandleMut for #self_ty #bounds {
            fn handle(&mut self, _: &__eskit::RecordedEvent) -> #result {
                ::core::result::Result::Ok(false)
            }
        }
    };
    // With whatever transaction the views have.
    generics.params.push(parse_quote!(__Tx: ::core::marker::Send));
    let (impl_generics, _, bounds) = generics.split_for_impl();
    quote! {
        #subscriber
        #memory
        impl #impl_generics __eskit::Handle<__Tx> for #self_ty #bounds {
            fn handle(&self, _: &__eskit::RecordedEvent, _: &mut __Tx) -> #result {
                ::core::result::Result::Ok(false)
            }
        }
        impl #impl_generics __eskit::HandleAsync<__Tx> for #self_ty #bounds {
            async fn handle<'__a>(&'__a self, _: &'__a __eskit::RecordedEvent, _: &'__a mut __Tx) -> #result {
                ::core::result::Result::Ok(false)
            }
        }
    }
}
