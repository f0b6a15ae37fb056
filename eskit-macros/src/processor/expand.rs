//! The impls of `Subscriber` and `Processor`.

mod act;
mod every;
mod list;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::def::ProcessorDef;
use super::list::ListMethod;
use super::options::FromDef;
use crate::block::handler::Handler;
use crate::dispatch::Table;
use crate::subscriber::expand::{self, Described};
use crate::subscriber::method::EventMethod;
use crate::symbol;
use crate::wrap::{implementation, name_span};
use act::Act;

pub(super) fn expand(def: &ProcessorDef) -> TokenStream {
    let described = Described {
        version: 1,
        tables: quote!(tables: "",),
        items: quote!(
            const ACTS: bool = true;
        ),
        lists: vec![(Table::OPENED, handlers(&def.list.todos)), (Table::CLOSED, handlers(&def.list.dones))],
    };
    let subscriber = expand::subscriber(&def.subscriber, described);
    let (processor, checks) = (processor(def), checks(def));
    quote!(#subscriber #processor #checks)
}

fn handlers(methods: &[ListMethod]) -> Vec<&Handler> {
    methods.iter().map(|method| &method.handler).collect()
}

fn processor(def: &ProcessorDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let place = name_span(self_ty);
    let from = match def.from {
        FromDef::Beginning => quote!(__eskit::Start::Beginning),
        FromDef::Now => quote!(__eskit::Start::Now),
    };
    let find = expand::find(&def.subscriber, |method| Act::of(method).effect(), acted);
    // That the future is not `Send` is found here.
    let act = quote_spanned!(place=> async fn act);
    let result = quote_spanned!(place=> ::core::result::Result<bool, __eskit::HandleError>);
    let (keys, list) = list::expand(&def.list, self_ty);
    let every = every::expand(&def.schedules, self_ty);
    let processor = implementation(
        place,
        quote_spanned!(place=> impl __eskit::Processor for #self_ty),
        quote! {
            const FROM: __eskit::Start = #from;

            #act<'__a>(
                &'__a self,
                __event: &'__a __eskit::RecordedEvent,
                __effect: &'__a mut __eskit::Effect<'_>,
            ) -> #result { #find }

            #list
            #every
        },
    );
    quote!(#keys #processor)
}

/// Executes the commands that a call returns, and says whether that did something.
fn acted(method: &EventMethod, call: &TokenStream) -> TokenStream {
    let did = match &method.asyncness {
        Some(_) => quote!(true),
        None => quote!(__effect.has_executed()),
    };
    let execute = Act::of(method).execute(call);
    quote!({ #execute ::core::result::Result::Ok(#did) })
}

fn checks(def: &ProcessorDef) -> TokenStream {
    let on = def.subscriber.methods.iter().chain(&def.subscriber.catch_alls).map(Act::of);
    let works = def.list.works.iter().map(|work| Act::of_acts(symbol::WORK, &work.acts));
    let schedules = def.schedules.iter().map(|every| Act::of_acts(symbol::EVERY, &every.acts));
    let refused = on.chain(works).chain(schedules).filter_map(|act| act.check());
    let list = list::checks(&def.list);
    quote!(#(#refused)* #list)
}

/// Stands beside an error: calls no method, but still refuses what is no event.
pub(super) fn fallback(def: &ProcessorDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let lists = def.list.todos.iter().chain(&def.list.dones).map(|method| &method.handler);
    let (subscriber, generics) = expand::fallback(&def.subscriber, lists);
    let (impl_generics, _, bounds) = generics.split_for_impl();
    quote! {
        #subscriber
        impl #impl_generics __eskit::Processor for #self_ty #bounds {
            const FROM: __eskit::Start = __eskit::Start::Now;

            async fn act<'__a>(
                &'__a self,
                _: &'__a __eskit::RecordedEvent,
                _: &'__a mut __eskit::Effect<'_>,
            ) -> ::core::result::Result<bool, __eskit::HandleError> {
                ::core::result::Result::Ok(false)
            }
        }
    }
}
