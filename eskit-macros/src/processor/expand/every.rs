//! The schedules: their descriptions, and what calls a method when it is time.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

use super::act::{Act, call};
use crate::processor::every::EveryMethod;
use crate::symbol;
use crate::wrap::{bare, name_span};

pub(super) fn expand(schedules: &[EveryMethod], self_ty: &Type) -> TokenStream {
    if schedules.is_empty() {
        return TokenStream::new();
    }
    let place = name_span(self_ty);
    let described = schedules.iter().map(|EveryMethod { acts, times, .. }| {
        let (cfgs, name) = (&acts.cfgs, bare(&acts.ident));
        quote!(#(#cfgs)* __eskit::Schedule { name: #name, every: #times })
    });
    let arms = schedules.iter().filter(|every| every.acts.callable).map(|every| {
        let EveryMethod { acts, takes_time, .. } = every;
        let (cfgs, name) = (&acts.cfgs, bare(&acts.ident));
        let act = Act::of_acts(symbol::EVERY, acts);
        let (time, effect) = (takes_time.then(|| quote!(, &__at)), act.effect());
        let execute = act.execute(&call(acts, self_ty, &quote!(#time #effect)));
        quote!(#(#cfgs)* ::core::option::Option::Some(#name) => { #execute })
    });
    // That the future is not `Send` is found here.
    let every = quote_spanned!(place=> async fn every);
    let result = quote_spanned!(place=> ::core::result::Result<(), __eskit::HandleError>);
    quote! {
        const SCHEDULES: &'static [__eskit::Schedule] = &[#(#described),*];

        #every<'__a>(
            &'__a self,
            __schedule: usize,
            __at: __eskit::Timestamp,
            __effect: &'__a mut __eskit::Effect<'_>,
        ) -> #result {
            // By its name, since conditions may leave out some of them.
            let __schedule = <Self as __eskit::Processor>::SCHEDULES.get(__schedule);
            match __schedule.map(|__schedule| __schedule.name) {
                #(#arms)*
                _ => {}
            }
            ::core::result::Result::Ok(())
        }
    }
}
