//! `#[derive(Event)]` on an enum: a set of events.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DataEnum, DeriveInput, Fields, Member, Path, Type, Variant};

use crate::ast::{members, tags};
use crate::attr::{self, Once};
use crate::ctxt::Ctxt;
use crate::event::{EventDef, push_tags};
use crate::wrap::{bare, implementation, wrap};
use crate::{diag, symbol};

/// An enum of events.
pub(crate) struct EventEnumDef<'a> {
    ident: &'a Ident,
    eskit: Path,
    variants: Vec<VariantDef<'a>>,
}

/// What a variant holds.
enum VariantDef<'a> {
    /// An event, or another enum of events.
    Newtype(&'a Ident, &'a Type),
    /// An event of its own.
    Own(&'a Variant, Box<EventDef<'a>>),
}

impl<'a> EventEnumDef<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, input: &'a DeriveInput, data: &'a DataEnum) -> EventEnumDef<'a> {
        let (mut context, mut eskit) = (Once::new(), Once::new());
        for piece in attr::pieces(cx, &input.attrs, symbol::EVENT, symbol::EVENT_ENUM_WORDS) {
            if piece.word == symbol::CONTEXT {
                context.set(cx, &piece.word, cx.ok(piece.string("context = \"sales\"")).map(|lit| lit.value()));
            } else {
                eskit.set(cx, &piece.word, cx.ok(piece.path("crate = path::to::eskit")));
            }
        }
        for attr in input.attrs.iter().filter(|attr| attr.path().is_ident(symbol::TAG)) {
            cx.error(diag::tag_on_item(attr));
        }
        if data.variants.is_empty() {
            cx.error(diag::enum_empty(&input.ident));
        }
        let context = context.get();
        let variants =
            data.variants.iter().filter_map(|variant| VariantDef::from_syn(cx, variant, context.as_deref())).collect();
        EventEnumDef { ident: &input.ident, eskit: attr::eskit_path(eskit.get()), variants }
    }

    pub(crate) fn expand(&self) -> TokenStream {
        let ident = self.ident;
        let owner = bare(ident);
        let claims = self.variants.iter().map(VariantDef::claim);
        let payloads = self.variants.iter().map(VariantDef::payload);
        let sets = self.variants.iter().map(VariantDef::types);
        let decode = self.variants.iter().enumerate().map(|(index, variant)| variant.decode(index));
        let encode = self.variants.iter().map(VariantDef::encode);
        let count = self.variants.len();
        let header = quote_spanned!(ident.span()=> impl __eskit::Event for #ident);
        let body = quote! {
            const TYPES: __eskit::EventTypes = __eskit::EventTypes::Many(&SETS);

            fn decode_named(
                event: &__eskit::RecordedEvent,
            ) -> ::core::result::Result<Self, __eskit::DecodeError> {
                match TABLE.find(&event.name) {
                    #(#decode)*
                    _ => ::core::result::Result::Err(__eskit::unknown_name(event)),
                }
            }

            fn encode(
                &self,
                emitter: &mut __eskit::Emitter,
            ) -> ::core::result::Result<(), __eskit::EncodeError> {
                match self {
                    #(#encode)*
                }
            }
        };
        let event = implementation(ident.span(), header, body);
        let items = quote! {
            #(#payloads)*

            const SETS: [__eskit::EventTypes; #count] = [#(#sets),*];
            static TABLE: __eskit::NameTable<{ __eskit::table_len(&SETS) }> = __eskit::NameTable::new(&SETS);

            #event
        };
        let check = quote_spanned! {ident.span()=>
            const _: () = __eskit::check_unique::<{ __eskit::table_len(&SETS) }>(&SETS, #owner);
        };
        let wrapped = wrap(&self.eskit, quote!(#items #check));
        quote!(#(#claims)* #wrapped)
    }
}

impl<'a> VariantDef<'a> {
    fn from_syn(cx: &Ctxt, variant: &'a Variant, context: Option<&str>) -> Option<VariantDef<'a>> {
        match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                for piece in attr::pieces(cx, &variant.attrs, symbol::EVENT, symbol::EVENT_VARIANT_WORDS) {
                    cx.error(diag::misplaced_event_attr(&piece.word, &variant.ident));
                }
                let all = variant.attrs.iter().chain(&fields.unnamed[0].attrs);
                for attr in all.filter(|attr| attr.path().is_ident(symbol::TAG)) {
                    cx.error(diag::tag_on_variant_newtype(attr, &variant.ident));
                }
                Some(VariantDef::Newtype(&variant.ident, &fields.unnamed[0].ty))
            }
            Fields::Unnamed(fields) => {
                cx.error(diag::variant_shape(&variant.ident, fields));
                // Its other mistakes show all the same.
                tags(cx, &variant.fields);
                None
            }
            _ => Some(VariantDef::Own(variant, Box::new(EventDef::of_variant(cx, variant, context)))),
        }
    }

    fn claim(&self) -> TokenStream {
        match self {
            VariantDef::Newtype(..) => TokenStream::new(),
            VariantDef::Own(_, def) => def.claim(),
        }
    }

    /// For a struct or unit variant the struct that its payload is read into, and the one that it is written from.
    fn payload(&self) -> TokenStream {
        let VariantDef::Own(variant, def) = self else { return TokenStream::new() };
        let impls = def.impls();
        let ident = &variant.ident;
        let borrowed = borrowed_ident(ident);
        let serde_attrs = |attrs: &[syn::Attribute]| -> Vec<syn::Attribute> {
            attrs.iter().filter(|attr| attr.path().is_ident("serde")).cloned().collect()
        };
        let own_attrs = serde_attrs(&variant.attrs);
        let (owned_fields, borrowed_fields): (Vec<_>, Vec<_>) = variant
            .fields
            .iter()
            .map(|field| {
                let (attrs, name, ty) = (serde_attrs(&field.attrs), &field.ident, &field.ty);
                (quote!(#(#attrs)* #name: #ty), quote!(#(#attrs)* #name: &'__event #ty))
            })
            .unzip();
        let (lifetime, borrowed_body) = match variant.fields.is_empty() {
            true => (TokenStream::new(), quote!({})),
            false => (quote!(<'__event>), quote!({ #(#borrowed_fields),* })),
        };
        quote! {
            #[derive(__eskit::serde::Serialize, __eskit::serde::Deserialize)]
            #[serde(crate = "__eskit::serde")]
            #(#own_attrs)*
            struct #ident { #(#owned_fields),* }

            #[derive(__eskit::serde::Serialize)]
            #[serde(crate = "__eskit::serde")]
            #(#own_attrs)*
            struct #borrowed #lifetime #borrowed_body

            #impls
        }
    }

    fn types(&self) -> TokenStream {
        match self {
            VariantDef::Newtype(_, ty) => quote_spanned!(ty.span()=> <#ty as __eskit::Event>::TYPES),
            VariantDef::Own(variant, _) => {
                let ident = &variant.ident;
                quote!(<#ident as __eskit::Event>::TYPES)
            }
        }
    }

    fn decode(&self, index: usize) -> TokenStream {
        match self {
            VariantDef::Newtype(variant, ty) => {
                let event = quote!(event);
                let decode = quote_spanned!(ty.span()=> <#ty as __eskit::Event>::decode_named(#event));
                quote!(::core::option::Option::Some(#index) => #decode.map(Self::#variant),)
            }
            VariantDef::Own(variant, _) => {
                let ident = &variant.ident;
                let names: Vec<Member> = members(&variant.fields).map(|(member, _)| member).collect();
                let build = match &variant.fields {
                    Fields::Unit => quote!(Self::#ident),
                    _ => quote!(Self::#ident { #(#names: payload.#names),* }),
                };
                quote! {
                    ::core::option::Option::Some(#index) => {
                        <#ident as __eskit::Event>::decode_named(event).map(|payload| #build)
                    }
                }
            }
        }
    }

    fn encode(&self) -> TokenStream {
        match self {
            VariantDef::Newtype(variant, ty) => {
                let (event, emitter) = (quote!(event), quote!(emitter));
                let encode = quote_spanned!(ty.span()=> <#ty as __eskit::Event>::encode(#event, #emitter));
                quote!(Self::#variant(event) => #encode,)
            }
            VariantDef::Own(variant, def) => {
                let ident = &variant.ident;
                let borrowed = borrowed_ident(ident);
                let names: Vec<Member> = members(&variant.fields).map(|(member, _)| member).collect();
                let bindings: Vec<Ident> = (0..names.len()).map(|index| format_ident!("field_{index}")).collect();
                let tags = push_tags(&def.tags, |member| {
                    let index = names.iter().position(|name| name == member).unwrap_or_default();
                    let binding = &bindings[index];
                    quote!(#binding)
                });
                quote! {
                    Self::#ident { #(#names: #bindings),* } => {
                        let mut all = __eskit::Tags::new();
                        {
                            let tags = &mut all;
                            #tags
                            let _ = tags;
                        }
                        emitter.push_payload::<#ident>(&#borrowed { #(#names: #bindings),* }, all)
                    }
                }
            }
        }
    }
}

/// The name of the struct that a variant is written from.
fn borrowed_ident(variant: &Ident) -> Ident {
    format_ident!("__Borrowed{}", bare(variant))
}
