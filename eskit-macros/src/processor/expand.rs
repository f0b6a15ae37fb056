//! The impls of `Subscriber` and `Processor`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::def::ProcessorDef;
use super::options::FromDef;
use crate::block::handler::Handler;
use crate::subscriber::expand::{self, Described};
use crate::subscriber::method::{OnMethod, OnRefusedDef};
use crate::wrap::{check, implementation, name_span};

pub(super) fn expand(def: &ProcessorDef) -> TokenStream {
    let described = Described {
        version: 1,
        tables: quote!(tables: "",),
        items: quote!(
            const ACTS: bool = true;
        ),
    };
    let subscriber = expand::subscriber(&def.subscriber, described);
    let (processor, checks) = (processor(def), checks(def));
    quote!(#subscriber #processor #checks)
}

fn processor(def: &ProcessorDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let place = name_span(self_ty);
    let from = match def.from {
        FromDef::Beginning => quote!(__eskit::Start::Beginning),
        FromDef::Now => quote!(__eskit::Start::Now),
    };
    let find = expand::find(&def.subscriber, effect, acted);
    // That the future is not `Send` is found here.
    let act = quote_spanned!(place=> async fn act);
    let result = quote_spanned!(place=> ::core::result::Result<bool, __eskit::HandleError>);
    implementation(
        place,
        quote_spanned!(place=> impl __eskit::Processor for #self_ty),
        quote! {
            const FROM: __eskit::Start = #from;

            #act<'__a>(
                &'__a self,
                __event: &'__a __eskit::RecordedEvent,
                __effect: &'__a mut __eskit::Effect<'_>,
            ) -> #result { #find }
        },
    )
}

/// What a method takes behind the event and what is recorded with it.
fn effect(method: &OnMethod) -> TokenStream {
    match &method.last {
        Some(_) => quote!(, __effect),
        None => TokenStream::new(),
    }
}

/// Executes the commands that a call returns. What is no collection of commands is refused at its type.
fn acted(method: &OnMethod, call: &TokenStream) -> TokenStream {
    let did = match &method.asyncness {
        Some(_) => quote!(true),
        None => quote!(__effect.has_executed()),
    };
    let Some(output) = &method.output else {
        return quote!({ #call; ::core::result::Result::Ok(#did) });
    };
    let execute = quote_spanned!(output.span()=> <#output as __eskit::Reaction>::execute);
    let refused = match method.refused.as_ref().map(|refused| refused.then) {
        Some(OnRefusedDef::Skip) => quote!(__eskit::OnRefused::Skip),
        Some(OnRefusedDef::Fail) | None => quote!(__eskit::OnRefused::Fail),
    };
    quote! {{
        let __reaction = #call;
        #execute(__reaction, &mut __effect.executor(#refused)).await?;
        ::core::result::Result::Ok(#did)
    }}
}

/// What follows a refused command is said where a command may be refused, and nowhere else.
fn checks(def: &ProcessorDef) -> TokenStream {
    let checks = def.subscriber.methods.iter().chain(&def.subscriber.catch_alls).filter_map(|method| {
        let OnMethod { handler: Handler { cfgs, .. }, output, refused, .. } = method;
        let output = output.as_ref()?;
        let refusable = quote_spanned!(output.span()=> <#output as __eskit::Reaction>::REFUSABLE);
        let call = match refused {
            Some(refused) => quote_spanned!(refused.word.span()=> __eskit::check_refused(#refusable)),
            None => quote_spanned!(output.span()=> __eskit::check_not_refused(#refusable)),
        };
        Some(check(cfgs, &call))
    });
    quote!(#(#checks)*)
}

/// Stands beside an error: calls no method, but still refuses what is no event.
pub(super) fn fallback(def: &ProcessorDef) -> TokenStream {
    let self_ty = &def.subscriber.self_ty;
    let (subscriber, generics) = expand::fallback(&def.subscriber);
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
