//! `#[derive(Event)]` on an enum: a set of events.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, Member, Path, Type, Variant};

use crate::ast::{members, tags};
use crate::attr::{self, Once};
use crate::ctxt::Ctxt;
use crate::dispatch::Table;
use crate::event::single::{EventDef, payload_ident};
use crate::fields::push_tags;
use crate::shape::personal;
use crate::syntax::tokens::split_at_commas;
use crate::syntax::types;
use crate::wrap::{bare, implementation, wrap};
use crate::{diag, symbol};

/// An enum of events.
pub(crate) struct EventEnumDef<'a> {
    ident: &'a Ident,
    pub(crate) eskit: Path,
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
        attr::read_each(cx, &input.attrs, symbol::EVENT, symbol::EVENT_ENUM_WORDS, |cx, piece| {
            if piece.word == symbol::CONTEXT {
                context.set(cx, &piece.word, cx.ok(piece.string("context = \"sales\"")).map(|lit| lit.value()));
            } else {
                eskit.set(cx, &piece.word, cx.ok(piece.path("crate = path::to::eskit")));
            }
        });
        for attr in input.attrs.iter().filter(|attr| attr.path().is_ident(symbol::TAG)) {
            cx.error(diag::tag_on_item(attr));
        }
        personal::misplaced(cx, &input.attrs);
        if data.variants.is_empty() {
            cx.error(diag::enum_empty(&input.ident));
        }
        let context = context.get();
        let variants =
            data.variants.iter().filter_map(|variant| VariantDef::from_syn(cx, variant, context.as_deref())).collect();
        EventEnumDef { ident: &input.ident, eskit: attr::eskit_path(eskit.get()), variants }
    }

    pub(crate) fn mistaken(&self) -> TokenStream {
        let events = self.variants.iter().filter_map(|variant| match variant {
            VariantDef::Newtype(..) => None,
            VariantDef::Own(_, def) => Some(def.0.mistaken()),
        });
        events.collect()
    }

    /// The events of the variants that hold one, which others may emit or evolve without this enum.
    pub(crate) fn held(&self) -> Vec<TokenStream> {
        let newtypes = self.variants.iter().filter(|variant| matches!(variant, VariantDef::Newtype(..)));
        newtypes.map(VariantDef::types).collect()
    }

    pub(crate) fn expand(&self) -> TokenStream {
        let ident = self.ident;
        let claims = self.variants.iter().map(VariantDef::claims);
        let payloads = self.variants.iter().map(VariantDef::payload);
        let sets: Vec<TokenStream> = self.variants.iter().map(VariantDef::types).collect();
        let table = Table::EVENTS.define(ident.span(), &bare(ident), &sets);
        let decode = self.variants.iter().enumerate().map(|(index, variant)| variant.decode(index));
        let unknown = quote!(::core::result::Result::Err(__eskit::unknown_name::<Self>(__event)));
        let find = Table::EVENTS.find(decode, &quote!(_ => #unknown,));
        let encode = self.variants.iter().map(VariantDef::encode);
        let header = quote_spanned!(ident.span()=> impl __eskit::Event for #ident);
        let body = quote! {
            const TYPES: __eskit::EventTypes = __eskit::EventTypes::Many(&SETS);

            fn decode_named(
                __event: &__eskit::RecordedEvent,
            ) -> ::core::result::Result<Self, __eskit::DecodeError> {
                #find
            }

            fn encode(
                &self,
                __emitter: &mut __eskit::Emitter,
            ) -> ::core::result::Result<(), __eskit::EncodeError> {
                match self {
                    #(#encode)*
                }
            }
        };
        let event = implementation(ident.span(), header, body);
        let items = quote! {
            #(#payloads)*

            #table
            #event
        };
        let wrapped = wrap(&self.eskit, items);
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
                personal::misplaced(cx, &variant.attrs);
                personal::misplaced(cx, &fields.unnamed[0].attrs);
                let ty = &fields.unnamed[0].ty;
                if types::is_value(ty) {
                    cx.error(diag::variant_value(&variant.ident, ty));
                    return None;
                }
                let held = types::held(ty);
                if let Some(held) = held {
                    cx.error(diag::variant_boxed(&variant.ident, ty, held));
                }
                Some(VariantDef::Newtype(&variant.ident, held.unwrap_or(ty)))
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

    fn claims(&self) -> TokenStream {
        match self {
            VariantDef::Newtype(..) => TokenStream::new(),
            VariantDef::Own(_, def) => def.0.claims(),
        }
    }

    /// For a struct or unit variant the struct that its payload is read into, and the one that it is written from.
    fn payload(&self) -> TokenStream {
        let VariantDef::Own(variant, def) = self else { return TokenStream::new() };
        let impls = def.impls();
        let (owned, borrowed) = (payload_ident(&variant.ident), borrowed_ident(&variant.ident));
        let own_attrs: Vec<_> = serde_attrs(&variant.attrs).filter_map(of_payload).collect();
        let name = bare(&variant.ident);
        let rename = (!says(&variant.attrs, "rename")).then(|| quote!(#[serde(rename = #name)]));
        let (owned_fields, borrowed_fields): (Vec<_>, Vec<_>) = variant
            .fields
            .iter()
            .map(|field| {
                let (attrs, name, ty) = (serde_attrs(&field.attrs), &field.ident, &field.ty);
                let attrs = quote!(#(#attrs)*);
                (quote!(#attrs #name: #ty), quote!(#attrs #name: &'__event #ty))
            })
            .unzip();
        let lifetime = (!borrowed_fields.is_empty()).then(|| quote!(<'__event>));
        quote! {
            #[derive(__eskit::serde::Serialize, __eskit::serde::Deserialize)]
            #[serde(crate = "__eskit::serde")]
            #rename
            #(#own_attrs)*
            struct #owned { #(#owned_fields),* }

            // A field that serde skips is never read.
            #[allow(dead_code)]
            #[derive(__eskit::serde::Serialize)]
            #[serde(crate = "__eskit::serde")]
            #rename
            #(#own_attrs)*
            struct #borrowed #lifetime { #(#borrowed_fields),* }

            #impls
        }
    }

    fn types(&self) -> TokenStream {
        match self {
            VariantDef::Newtype(_, ty) => quote_spanned!(ty.span()=> <#ty as __eskit::Event>::TYPES),
            VariantDef::Own(variant, _) => {
                let payload = payload_ident(&variant.ident);
                quote!(<#payload as __eskit::Event>::TYPES)
            }
        }
    }

    fn decode(&self, index: usize) -> TokenStream {
        match self {
            VariantDef::Newtype(variant, ty) => {
                let event = quote!(__event);
                let decode = quote_spanned!(ty.span()=> <#ty as __eskit::Event>::decode_named(#event));
                quote!(::core::option::Option::Some(#index) => __eskit::variant(#decode, Self::#variant),)
            }
            VariantDef::Own(variant, _) => {
                let (ident, payload) = (&variant.ident, payload_ident(&variant.ident));
                let names: Vec<Member> = members(&variant.fields).map(|(member, _)| member).collect();
                let build = match &variant.fields {
                    Fields::Unit => quote!(Self::#ident),
                    _ => quote!(Self::#ident { #(#names: __payload.#names),* }),
                };
                quote! {
                    ::core::option::Option::Some(#index) => {
                        <#payload as __eskit::Event>::decode_named(__event).map(|__payload| #build)
                    }
                }
            }
        }
    }

    fn encode(&self) -> TokenStream {
        match self {
            VariantDef::Newtype(variant, ty) => {
                let (event, emitter) = (quote!(__event), quote!(__emitter));
                let encode = quote_spanned!(ty.span()=> <#ty as __eskit::Event>::encode(#event, #emitter));
                quote!(Self::#variant(__event) => #encode,)
            }
            VariantDef::Own(variant, def) => {
                let ident = &variant.ident;
                let (payload, borrowed) = (payload_ident(ident), borrowed_ident(ident));
                let names: Vec<Member> = members(&variant.fields).map(|(member, _)| member).collect();
                let bindings: Vec<Ident> = (0..names.len()).map(|index| format_ident!("__field_{index}")).collect();
                let tags = push_tags(&def.0.tags, |member| {
                    let index = names.iter().position(|name| name == member).unwrap_or_default();
                    let binding = &bindings[index];
                    quote!(#binding)
                });
                quote! {
                    Self::#ident { #(#names: #bindings),* } => {
                        let mut __all = __eskit::Tags::new();
                        {
                            let __tags = &mut __all;
                            #tags
                            let _ = __tags;
                        }
                        __emitter.push_payload::<#payload>(&#borrowed { #(#names: #bindings),* }, __all)
                    }
                }
            }
        }
    }
}

/// The name of the struct that a variant is written from.
fn borrowed_ident(variant: &Ident) -> Ident {
    format_ident!("__BorrowedPayloadOf{}", bare(variant))
}

/// Copies what serde is told of the fields of all variants from an enum to its variants, whose payloads are structs of
/// their own.
pub(crate) fn inherit_serde(input: &mut DeriveInput) {
    let Data::Enum(data) = &mut input.data else { return };
    for word in serde_attrs(&input.attrs).flat_map(words) {
        let mut rest = word.clone().into_iter();
        let (name, word) = match rest.next().map(|first| first.to_string()).as_deref() {
            Some("rename_all_fields") => {
                let rest: TokenStream = rest.collect();
                ("rename_all", quote!(rename_all #rest))
            }
            Some("deny_unknown_fields") => ("deny_unknown_fields", word),
            _ => continue,
        };
        for variant in data.variants.iter_mut().filter(|variant| !says(&variant.attrs, name)) {
            variant.attrs.push(syn::parse_quote!(#[serde(#word)]));
        }
    }
}

/// The attribute without the words that tell serde which variant of the enum is which.
fn of_payload(attr: &Attribute) -> Option<TokenStream> {
    const OF_THE_ENUM: &[&str] =
        &["alias", "borrow", "other", "skip", "skip_deserializing", "skip_serializing", "untagged"];
    let words = words(attr);
    if words.is_empty() {
        return Some(quote!(#attr));
    }
    let is_kept = |word: &TokenStream| {
        let first = word.clone().into_iter().next().map(|first| first.to_string());
        first.is_none_or(|first| !OF_THE_ENUM.contains(&first.as_str()))
    };
    let kept: Vec<TokenStream> = words.into_iter().filter(is_kept).collect();
    (!kept.is_empty()).then(|| quote!(#[serde(#(#kept),*)]))
}

fn serde_attrs(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("serde"))
}

/// The pieces of an attribute's list.
fn words(attr: &Attribute) -> Vec<TokenStream> {
    match &attr.meta {
        syn::Meta::List(list) => split_at_commas(list.tokens.clone()),
        _ => Vec::new(),
    }
}

/// Whether one of serde's attributes holds this word.
fn says(attrs: &[Attribute], word: &str) -> bool {
    serde_attrs(attrs)
        .flat_map(words)
        .any(|piece| matches!(piece.into_iter().next(), Some(TokenTree::Ident(first)) if first == word))
}
