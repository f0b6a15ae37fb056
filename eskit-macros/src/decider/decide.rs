//! The impl of `Decide`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::function::MODELS_MAX;
use super::{DeciderDef, ModelDef};
use crate::wrap::{bare, location, name_span};

pub(super) fn expand(decider: &DeciderDef) -> TokenStream {
    let DeciderDef { cfgs, name, command, method, call, .. } = decider;
    let bindings = decider.models.iter().map(|model| binding_list(&model.bindings));
    let location = location();
    let types = types(decider);
    let checks = checks(decider);
    let header = quote_spanned!(name_span(command)=> impl __eskit::Decide for #command);
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #header {
            #types
            const DECIDER: &'static __eskit::DeciderType = &__eskit::DeciderType {
                name: #name,
                method: #method,
                bindings: &[#(#bindings),*],
                location: #location,
            };

            fn decide(&self, state: &Self::State) -> Self::Decision {
                #call
            }
        }

        #checks
    }
}

/// The models and the return type, or what stands for them where they could not be read.
fn types(decider: &DeciderDef) -> TokenStream {
    let models = decider.models.iter().map(|ModelDef { ty, .. }| ty);
    let state = match decider.models.len() {
        1 => quote!(#(#models)*),
        2..=MODELS_MAX => quote!((#(#models),*)),
        _ => quote!(__eskit::NoModels),
    };
    let output = match &decider.output {
        Some(output) => quote!(#output),
        None => quote!(()),
    };
    quote! {
        type State = #state;
        type Decision = #output;
    }
}

fn checks(decider: &DeciderDef) -> TokenStream {
    let DeciderDef { cfgs, command, models, output, method, .. } = decider;
    let each = models.iter().enumerate().map(|(index, ModelDef { ty, .. })| {
        let span = if *method { name_span(command) } else { name_span(ty) };
        quote_spanned! {span=>
            #(#cfgs)*
            const _: () = __eskit::check_model::<#command>(#index);
        }
    });
    let decision = output.as_ref().map(|output| {
        quote_spanned! {name_span(output)=>
            #(#cfgs)*
            const _: () = __eskit::check_decision::<#command>();
        }
    });
    quote! {
        #(#each)*
        #decision
        #(#cfgs)*
        __eskit::inventory::submit! { __eskit::decider_entry::<#command>() }
    }
}

/// Stands beside an error: calls no method and checks nothing, but still refuses types that are none of ours.
pub(super) fn fallback(decider: &DeciderDef) -> TokenStream {
    let DeciderDef { cfgs, command, .. } = decider;
    let types = types(decider);
    let header = quote_spanned!(name_span(command)=> impl __eskit::Decide for #command);
    quote! {
        #(#cfgs)*
        #header {
            #types
            const DECIDER: &'static __eskit::DeciderType = __eskit::NO_DECIDER;

            fn decide(&self, _: &Self::State) -> Self::Decision {
                loop {}
            }
        }
    }
}

fn binding_list(bindings: &[(String, Ident)]) -> TokenStream {
    let bindings = bindings.iter().map(|(key, field)| {
        let field = bare(field);
        quote!(__eskit::Binding { key: #key, field: #field })
    });
    quote!(&[#(#bindings),*])
}
