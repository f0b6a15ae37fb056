//! The impls of `Subscriber` and of the trait that hands events to the projection.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse_quote;
use syn::spanned::Spanned;

use super::def::ProjectionDef;
use super::other::Named;
use super::rules::Kind;
use crate::kind::Kept;
use crate::lock;
use crate::subscriber::def::SubscriberDef;
use crate::subscriber::expand::{self, Described, otherwise};
use crate::subscriber::method::EventMethod;
use crate::wrap::{check, implementation, name_span, text};

pub(super) fn expand(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let caught_up = def.caught_up.iter().map(|Named { cfgs, ident }| {
        quote! {
            #(#cfgs)*
            fn caught_up(&self) {
                <#self_ty>::#ident(self)
            }
        }
    });
    let kept = def.personal.as_ref().map(|(kept, _)| {
        let kept = Kept::expand(Some(*kept));
        quote!(const PERSONAL: ::core::option::Option<__eskit::KeptPersonal> = #kept;)
    });
    let items = quote!(#kept #(#caught_up)*);
    let described = Described { version: def.version, tables: tables(def), items, lists: Vec::new() };
    let (subscriber, handle) = (expand::subscriber(&def.subscriber, described), handle(def));
    let locked = locked(def);
    let personal = personal(def);
    quote!(#subscriber #handle #locked #personal)
}

/// What it takes of personal data, it says what it keeps of.
fn personal(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let (place, name) =
        (def.personal.as_ref().map_or_else(|| name_span(self_ty), |(_, lit)| lit.span()), text(self_ty));
    // Constants of the trait, asked by name, would say again what the type lacks for it.
    check(&[], &quote_spanned!(place=> __eskit::check_kept::<#self_ty>(#name)))
}

/// The schema lock holds a projection to its events while its rows outlive the program.
fn locked(def: &ProjectionDef) -> TokenStream {
    let SubscriberDef { options, self_ty, .. } = &def.subscriber;
    let name = options.name.as_ref().filter(|_| !matches!(def.kind, Kind::Memory));
    name.map(|name| lock::projection::expand(self_ty, name)).unwrap_or_default()
}

/// The field with the SQL of the tables.
fn tables(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let tables = def.tables.iter().map(|Named { cfgs, ident }| quote!(#(#cfgs)* tables: <#self_ty>::#ident,));
    let none = otherwise(def.tables.iter().map(|Named { cfgs, .. }| cfgs.as_slice()), &quote!(tables: "",));
    quote!(#(#tables)* #none)
}

fn handle(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
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
        Kind::Memory => {
            let logic = def.logic.expand();
            implementation(
                place,
                quote_spanned!(place=> impl __eskit::HandleMut for #self_ty),
                quote! {
                    const LOGIC: u64 = #logic;

                    fn handle(&mut self, #event) -> #result { #body }
                },
            )
        }
    }
}

/// The body that hands `__event` to the method that takes it.
fn body(def: &ProjectionDef) -> TokenStream {
    let further = match &def.kind {
        Kind::Plain(_) | Kind::Async(_) => quote!(, __tx),
        Kind::Memory => TokenStream::new(),
    };
    let find = expand::find(&def.subscriber, |_| further.clone(), handled);
    quote! {
        let __handled: ::core::result::Result<(), __eskit::HandleError> = #find;
        __handled.map(|()| true)
    }
}

/// The result of a call. What is no result of a handler is refused at its type.
fn handled(method: &EventMethod, call: &TokenStream) -> TokenStream {
    match &method.output {
        Some(output) => {
            let handled = quote_spanned!(output.span()=> <#output as __eskit::Handled>::handled);
            quote!(#handled(#call))
        }
        None => quote!(::core::result::Result::Ok(#call)),
    }
}

/// Stands beside an error: calls no method, but still refuses what is no event.
pub(super) fn fallback(def: &ProjectionDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let (subscriber, mut generics) = expand::fallback(&def.subscriber, std::iter::empty());
    let (impl_generics, _, bounds) = generics.split_for_impl();
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
