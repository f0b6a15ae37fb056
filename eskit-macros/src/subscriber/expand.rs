//! The impl of `Subscriber`, and what hands an event to the method that takes it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Generics, parse_quote};

use super::def::SubscriberDef;
use super::method::EventMethod;
use super::options::{OnErrorDef, Options, OrderDef};
use crate::block::handler::{Handler, absent};
use crate::block::is_same;
use crate::claim;
use crate::dispatch::Table;
use crate::wrap::{check, implementation, location, name_span, text};

/// What differs between the impls of `Subscriber`.
#[derive(Default)]
pub(crate) struct Described<'d> {
    pub(crate) version: u32,
    /// The field with the SQL of its tables.
    pub(crate) tables: TokenStream,
    /// Further items of the impl.
    pub(crate) items: TokenStream,
    /// Further methods that take events, by the table in which these find them.
    pub(crate) lists: Vec<(Table, Vec<&'d Handler>)>,
}

/// Its tables of events, its description, its checks, and its entry in the registry.
pub(crate) fn subscriber<'d>(def: &'d SubscriberDef, mut described: Described<'d>) -> TokenStream {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let mut lists = std::mem::take(&mut described.lists);
    lists.retain(|(_, handlers)| !handlers.is_empty());
    if has_table(def) {
        lists.insert(0, (Table::EVENTS, def.methods.iter().map(|method| &method.handler).collect()));
    }
    let tables = lists.iter().map(|(table, handlers)| {
        let sets: Vec<TokenStream> = handlers.iter().map(|handler| handler.set()).collect();
        table.define(place, &text(self_ty), &sets)
    });
    let (all, taken) = all(def, &lists);
    let (implementation, checks) = (description(def, described, &all), checks(def, &lists, &all));
    let entry = quote_spanned!(place=> __eskit::inventory::submit! { __eskit::subscriber_entry::<#self_ty>() });
    quote! {
        #(#tables)*
        #taken
        #implementation
        #checks
        #entry
    }
}

/// Whether there is a table of its own methods.
fn has_table(def: &SubscriberDef) -> bool {
    !def.methods.is_empty() || !def.catch_alls.is_empty()
}

/// All event types that are taken, each once, and the definition of the constant that holds them if those of the lists do not.
fn all(def: &SubscriberDef, lists: &[(Table, Vec<&Handler>)]) -> (TokenStream, TokenStream) {
    match lists {
        [] => return (quote!([]), TokenStream::new()),
        [(table, _)] => return (table.sets().into_token_stream(), TokenStream::new()),
        _ => {}
    }
    let (self_ty, count) = (&def.self_ty, lists.len());
    let sets = lists.iter().map(|(table, _)| table.sets());
    let place = name_span(self_ty);
    let owner = text(self_ty);
    let taken = quote_spanned! {place=>
        const TAKEN: [__eskit::EventTypes; __eskit::types_len(&LISTS)] = __eskit::distinct(&LISTS, #owner);
    };
    let definition = quote! {
        const LISTS: [__eskit::EventTypes; #count] = [#(__eskit::EventTypes::Many(&#sets)),*];
        #taken
    };
    (quote!(TAKEN), definition)
}

/// The claim on its name.
pub(crate) fn claim(def: &SubscriberDef) -> Option<TokenStream> {
    def.options.name.as_ref().map(|name| claim::subscriber(&name.value(), name.span()))
}

fn description(def: &SubscriberDef, described: Described<'_>, all: &TokenStream) -> TokenStream {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let header = quote_spanned!(place=> impl __eskit::Subscriber for #self_ty);
    let Options { name, .. } = &def.options;
    let (order, on_error) = (order(&def.options.order), on_error(def.options.on_error));
    let Described { version, tables, items, .. } = described;
    let (rust_name, location) = (text(self_ty), location());
    let takes_all = def
        .catch_alls
        .iter()
        .map(|EventMethod { handler: Handler { cfgs, .. }, .. }| quote!(#(#cfgs)* const TAKES_ALL: bool = true;));
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
        const EVENTS: __eskit::EventTypes = __eskit::EventTypes::Many(&#all);
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
    further: impl Fn(&EventMethod) -> TokenStream,
    result: impl Fn(&EventMethod, &TokenStream) -> TokenStream,
) -> TokenStream {
    if !has_table(def) {
        return quote!(::core::result::Result::Ok(false));
    }
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
    Table::EVENTS.find(arms, &quote!(#(#unnamed)* #none))
}

fn awaited(method: &EventMethod, call: TokenStream) -> TokenStream {
    match &method.asyncness {
        Some(_) => quote!(#call.await),
        None => call,
    }
}

/// Each event must carry the tag by which the subscriber is ordered. One that several methods take is refused at the first.
fn checks(def: &SubscriberDef, lists: &[(Table, Vec<&Handler>)], all: &TokenStream) -> TokenStream {
    let OrderDef::Tag(key) = &def.options.order else { return TokenStream::new() };
    let self_ty = &def.self_ty;
    let subscriber = quote!(<#self_ty as __eskit::Subscriber>::TYPE);
    let order = check(&[], &quote_spanned!(key.span()=> __eskit::check_order(#subscriber, &#all)));
    let mut before: Vec<&Handler> = Vec::new();
    let mut ordered = TokenStream::new();
    for (table, handlers) in lists {
        for (index, handler) in handlers.iter().enumerate() {
            if !before.iter().any(|other| is_same(&other.event, &handler.event)) {
                let (place, sets) = (name_span(&handler.event), table.sets());
                let call = quote_spanned!(place=> __eskit::check_ordered(#subscriber, &#all, #sets[#index]));
                ordered.extend(check(&handler.cfgs, &call));
            }
            before.push(handler);
        }
    }
    quote!(#order #ordered)
}

/// The impl that stands beside an error, and the generics for others: it calls no method, but still refuses what is no event.
pub(crate) fn fallback<'d>(def: &'d SubscriberDef, more: impl Iterator<Item = &'d Handler>) -> (TokenStream, Generics) {
    let self_ty = &def.self_ty;
    let place = name_span(self_ty);
    let sets = def.methods.iter().map(|method| &method.handler).chain(more).map(Handler::set_if_present);
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
