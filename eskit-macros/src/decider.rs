//! `#[decider]`: from an impl block or a function to the impls of `Evolve` and `Decide`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Type};

use crate::ctxt::Ctxt;
use crate::function::{self, FunctionDef};
use crate::impl_block::{EvolveDef, ImplDef};
use crate::wrap::{bare, location, name_span, wrap};
use crate::{attr, diag, symbol};

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let pieces = attr::read_list(&cx, "decider", args, symbol::CRATE_WORDS);
    let eskit = attr::crate_only(&cx, &pieces);
    let (clean, expansion) = match kind(&item) {
        Kind::Impl => match ImplDef::from_syn(&cx, item.clone()) {
            Some(def) => {
                let expansion = Expansion::of_impl(&def);
                (def.clean, expansion)
            }
            None => (item, Expansion::default()),
        },
        Kind::Function => {
            let expansion = FunctionDef::from_syn(&cx, item.clone()).map(|def| Expansion::of_function(&def));
            (function::clean(item), expansion.unwrap_or_default())
        }
        Kind::Other(first) => {
            cx.error(diag::decider_item(first));
            (item, Expansion::default())
        }
    };
    let Expansion { impls, checks } = expansion;
    match cx.finish() {
        Ok(()) => {
            let generated = wrap(&eskit, quote!(#impls #checks));
            quote!(#clean #generated)
        }
        // The impls of what could be read stand in for the whole; nothing is checked a second time.
        Err(errors) => {
            let generated = wrap(&eskit, impls);
            quote!(#clean #errors #generated)
        }
    }
}

/// `#[evolve]` or `#[decide]` outside of a `#[decider]` impl block.
pub(crate) fn misplaced(word: &str, _: TokenStream, item: TokenStream) -> TokenStream {
    let error = diag::misplaced_marker(Span::call_site(), word).to_compile_error();
    quote!(#item #error)
}

enum Kind {
    Impl,
    Function,
    Other(Option<TokenTree>),
}

/// What an item is, by the first word that tells.
fn kind(item: &TokenStream) -> Kind {
    for token in item.clone() {
        if let TokenTree::Ident(word) = &token {
            match word.to_string().as_str() {
                "impl" => return Kind::Impl,
                "fn" => return Kind::Function,
                "struct" | "enum" | "union" | "trait" | "mod" | "use" | "static" | "type" => {
                    return Kind::Other(Some(token));
                }
                _ => {}
            }
        }
    }
    Kind::Other(item.clone().into_iter().next())
}

/// What is generated beside an item.
#[derive(Default)]
struct Expansion {
    impls: TokenStream,
    checks: TokenStream,
}

impl Expansion {
    fn of_impl(def: &ImplDef) -> Expansion {
        let mut expansion = Expansion::default();
        if !def.evolves.is_empty() {
            expansion.add_evolve(&def.self_ty, &def.evolves);
        }
        for decide in &def.decides {
            let (self_ty, method) = (&def.self_ty, &decide.ident);
            expansion.add_decide(&Decider {
                cfgs: &decide.cfgs,
                name: format!("{}::{}", self_ty.to_token_stream().to_string().replace(' ', ""), bare(method)),
                command: &decide.command,
                models: vec![(self_ty, &decide.bindings)],
                output: &decide.output,
                method: true,
                call: quote!(<#self_ty>::#method(state, self)),
            });
        }
        expansion
    }

    fn of_function(def: &FunctionDef) -> Expansion {
        let ident = &def.ident;
        let indices = (0..def.models.len()).map(syn::Index::from);
        let states = if def.models.len() == 1 { quote!(state) } else { quote!(#(&state.#indices),*) };
        let mut expansion = Expansion::default();
        expansion.add_decide(&Decider {
            cfgs: &def.cfgs,
            name: bare(ident),
            command: &def.command,
            models: def.models.iter().map(|model| (&model.ty, &model.bindings)).collect(),
            output: &def.output,
            method: false,
            call: quote!(#ident(self, #states)),
        });
        expansion
    }

    fn add_evolve(&mut self, self_ty: &Type, evolves: &[EvolveDef]) {
        let count = evolves.len();
        let owner = self_ty.to_token_stream().to_string();
        let sets = evolves.iter().map(|EvolveDef { cfgs, event, .. }| {
            let types = quote_spanned!(event.span()=> <#event as __eskit::Event>::TYPES);
            match absent(cfgs) {
                Some(absent) => quote!(#(#cfgs)* #types, #absent __eskit::EventTypes::NONE),
                None => types,
            }
        });
        let arms = evolves.iter().enumerate().map(|(index, EvolveDef { cfgs, ident, event, envelope })| {
            let decode = quote_spanned!(event.span()=> <#event as __eskit::Event>::decode_named(event));
            let envelope = envelope.then(|| quote!(, event));
            quote! {
                #(#cfgs)*
                ::core::option::Option::Some(#index) => match #decode {
                    ::core::result::Result::Ok(decoded) => <#self_ty>::#ident(self, &decoded #envelope),
                    ::core::result::Result::Err(error) => return ::core::result::Result::Err(error),
                },
            }
        });
        let header = quote_spanned!(name_span(self_ty)=> impl __eskit::Evolve for #self_ty);
        self.impls.extend(quote! {
            const SETS: [__eskit::EventTypes; #count] = [#(#sets),*];
            static TABLE: __eskit::NameTable<{ __eskit::table_len(&SETS) }> = __eskit::NameTable::new(&SETS);

            #header {
                const EVENTS: __eskit::EventTypes = __eskit::EventTypes::Many(&SETS);

                fn evolve(
                    &mut self,
                    event: &__eskit::RecordedEvent,
                ) -> ::core::result::Result<bool, __eskit::DecodeError> {
                    match TABLE.find(&event.name) {
                        #(#arms)*
                        _ => return ::core::result::Result::Ok(false),
                    }
                    ::core::result::Result::Ok(true)
                }
            }
        });
        let span = name_span(self_ty);
        self.checks.extend(quote_spanned! {span=>
            const _: () = __eskit::check_unique::<{ __eskit::table_len(&SETS) }>(&SETS, #owner);
            __eskit::inventory::submit! {
                __eskit::Entry::Aggregate(
                    <#self_ty as __eskit::Aggregate>::TYPE,
                    <#self_ty as __eskit::Evolve>::EVENTS,
                )
            }
        });
        for (index, evolve) in evolves.iter().enumerate() {
            let cfgs = &evolve.cfgs;
            self.checks.extend(quote_spanned! {name_span(&evolve.event)=>
                #(#cfgs)*
                const _: () = __eskit::check_event::<#self_ty>(#index);
            });
        }
    }

    fn add_decide(&mut self, decider: &Decider<'_>) {
        let Decider { cfgs, name, command, models, output, method, call } = decider;
        let types = models.iter().map(|(ty, _)| ty);
        let state = if models.len() == 1 { quote!(#(#types)*) } else { quote!((#(#types),*)) };
        let bindings = models.iter().map(|(_, bindings)| binding_list(bindings));
        let location = location();
        let header = quote_spanned!(name_span(command)=> impl __eskit::Decide for #command);
        self.impls.extend(quote! {
            #(#cfgs)*
            #header {
                type State = #state;
                type Decision = #output;
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
        });
        for (index, (ty, _)) in models.iter().enumerate() {
            let span = if *method { name_span(command) } else { name_span(ty) };
            self.checks.extend(quote_spanned! {span=>
                #(#cfgs)*
                const _: () = __eskit::check_model::<#command>(#index);
            });
        }
        self.checks.extend(quote_spanned! {name_span(output)=>
            #(#cfgs)*
            const _: () = __eskit::check_decision::<#command>();
        });
        self.checks.extend(quote! {
            #(#cfgs)*
            __eskit::inventory::submit! { __eskit::decider_entry::<#command>() }
        });
    }
}

/// A decider, method or function.
struct Decider<'a> {
    cfgs: &'a [Attribute],
    name: String,
    command: &'a Type,
    models: Vec<(&'a Type, &'a Vec<(String, Ident)>)>,
    output: &'a Type,
    method: bool,
    call: TokenStream,
}

fn binding_list(bindings: &[(String, Ident)]) -> TokenStream {
    let bindings = bindings.iter().map(|(key, field)| {
        let field = bare(field);
        quote!(__eskit::Binding { key: #key, field: #field })
    });
    quote!(&[#(#bindings),*])
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
