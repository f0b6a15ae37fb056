//! `#[derive(Event)]` on a struct, and on a struct or unit variant of an enum.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Fields, Type};

use crate::ast::{self, EventAttrs, Origin, RawEventAttrs, TagDef};
use crate::claim::{NameClaim, claim, name_claims};
use crate::ctxt::Ctxt;
use crate::fields::{field_list, push_tags, tag_fields};
use crate::lock::event::LockDef;
use crate::wrap::{bare, implementation, is_public, location, wrap};
use crate::{check, symbol};

/// A struct that is an event, or a struct or unit variant that is one.
pub(crate) struct EventDef<'a> {
    ident: &'a Ident,
    /// The struct that bears the impls: the event itself, or the payload of a variant.
    ty: Ident,
    pub(crate) attrs: EventAttrs,
    fields: &'a Fields,
    pub(crate) tags: Vec<TagDef>,
    /// Whether others can name it: not said of a variant, which nobody names.
    public: bool,
    lock: Option<LockDef>,
}

impl<'a> EventDef<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, input: &'a DeriveInput, fields: &'a Fields) -> EventDef<'a> {
        ast::misplaced(cx, &input.attrs, fields, symbol::EVENT);
        let attrs = event_attrs(cx, &input.attrs, &input.ident, symbol::EVENT_WORDS, None);
        check::owned(cx, &input.attrs, fields);
        let tags = ast::tags(cx, fields);
        let lock = LockDef::from_syn(cx, &input.ident, &input.attrs, fields, &attrs);
        EventDef {
            ident: &input.ident,
            ty: input.ident.clone(),
            attrs,
            fields,
            tags,
            public: is_public(&input.vis),
            lock,
        }
    }

    /// The definition of a variant's payload struct.
    pub(crate) fn of_variant(cx: &Ctxt, variant: &'a syn::Variant, context: Option<&str>) -> EventDef<'a> {
        ast::misplaced(cx, &variant.attrs, &variant.fields, symbol::EVENT);
        let attrs = event_attrs(cx, &variant.attrs, &variant.ident, symbol::EVENT_VARIANT_WORDS, context);
        check::owned(cx, &variant.attrs, &variant.fields);
        let tags = ast::tags(cx, &variant.fields);
        let lock = LockDef::of_variant(cx, variant, &attrs);
        let ty = payload_ident(&variant.ident);
        EventDef { ident: &variant.ident, ty, attrs, fields: &variant.fields, tags, public: true, lock }
    }

    pub(crate) fn expand(&self) -> TokenStream {
        let claims = self.claims();
        let items = self.impls();
        let wrapped = wrap(&self.attrs.eskit, items);
        quote! { #claims #wrapped }
    }

    /// What keeps the schema lock from reporting an event as removed that only has a mistake.
    pub(crate) fn mistaken(&self) -> TokenStream {
        self.lock.as_ref().map(|lock| lock.mistaken(&self.ty, &self.attrs)).unwrap_or_default()
    }

    /// The claims that the schema lock makes no types for.
    pub(crate) fn claims(&self) -> TokenStream {
        let in_lock = |claim: &NameClaim<'_>| self.lock.as_ref().is_some_and(|lock| lock.holds(claim));
        let claims = name_claims(&self.attrs).into_iter().filter(|claim| !in_lock(claim));
        claims.map(|NameClaim { name, version, span }| claim(name, version, span)).collect()
    }

    /// The impl of `SingleEvent`, which that of `Event` follows from, and the registration.
    pub(crate) fn impls(&self) -> TokenStream {
        let ident = &self.ty;
        let event_type = self.event_type();
        let tags = self.push_tags();
        let (upcast, check) = self.upcast();
        let version = self.attrs.version;
        // A type in `from` may name this one: its version is asked first.
        let known_version =
            matches!(self.attrs.origin, Origin::From(_)).then(|| quote!(const VERSION: u32 = #version;));
        let lock = self.lock.as_ref().map(|lock| lock.expand(ident, &self.attrs, &self.tags)).unwrap_or_default();
        let entry = (!lock.entered)
            .then(|| quote!(__eskit::inventory::submit! { __eskit::Entry::Event(__eskit::event_type::<#ident>()) }));
        let lock = lock.items;
        let single = implementation(
            ident.span(),
            quote_spanned!(ident.span()=> impl __eskit::SingleEvent for #ident),
            quote! {
                const TYPE: &'static __eskit::EventType = &#event_type;
                #known_version
                #tags
                #upcast
            },
        );
        quote! {
            #single
            #check
            #lock
            #entry
        }
    }

    fn push_tags(&self) -> Option<TokenStream> {
        let tags = push_tags(&self.tags, |member| quote!(&self.#member));
        (!self.tags.is_empty()).then(|| {
            quote! {
                fn tags(&self, __tags: &mut __eskit::Tags) {
                    #tags
                }
            }
        })
    }

    fn event_type(&self) -> TokenStream {
        let EventAttrs { name, version, aliases, .. } = &self.attrs;
        let rust_name = bare(self.ident);
        let tags = tag_fields(&self.tags);
        let fields = field_list(self.fields);
        let previous = match &self.attrs.origin {
            Origin::From(ty) => {
                let previous = self.previous(ty);
                // Two types that name each other could not be described, so one that is not older is left out, and reported by
                // `check_previous`. Its constant stands in a function, where it is not found before it is called.
                quote_spanned! {ty.span()=> {
                    const fn previous() -> &'static __eskit::EventType {
                        <#previous as __eskit::Previous>::TYPE
                    }
                    if <#previous as __eskit::Previous>::VERSION < #version {
                        ::core::option::Option::Some(previous())
                    } else {
                        ::core::option::Option::None
                    }
                }}
            }
            _ => quote!(::core::option::Option::None),
        };
        let (public, location) = (self.public, location());
        quote! {
            __eskit::EventType {
                name: #name,
                version: #version,
                aliases: &[#(#aliases),*],
                rust_name: #rust_name,
                tags: #tags,
                fields: #fields,
                previous: #previous,
                public: #public,
                location: #location,
            }
        }
    }

    /// Another name for the type of the version before, which is so looked up only once.
    fn previous(&self, ty: &Type) -> Ident {
        format_ident!("__PreviousOf{}", bare(self.ident), span = ty.span())
    }

    /// How older versions are read, and what must hold of their type.
    fn upcast(&self) -> (TokenStream, TokenStream) {
        let ident = &self.ty;
        let (upcast, check) = match &self.attrs.origin {
            Origin::First => return (TokenStream::new(), TokenStream::new()),
            Origin::From(ty) => {
                let (event, previous) = (quote!(__event), self.previous(ty));
                // At the older type's token, which is where the remedy starts.
                let mut newer = ident.clone();
                newer.set_span(ty.span());
                let upcast = quote_spanned! {ty.span()=>
                    match <#previous as __eskit::Previous>::decode(#event) {
                        ::core::result::Result::Ok(__previous) => ::core::result::Result::Ok(
                            <#newer as __eskit::UpcastFrom<#previous>>::upcast_from(__previous),
                        ),
                        ::core::result::Result::Err(__error) => ::core::result::Result::Err(__error),
                    }
                };
                let check = quote_spanned! {ty.span()=>
                    type #previous = #ty;
                    const _: () = __eskit::check_previous::<#ident>(<#previous as __eskit::Previous>::TYPE);
                };
                (upcast, check)
            }
            Origin::Upcast(functions) => {
                let steps = functions.iter().map(|f| quote_spanned!(f.span()=> &#f));
                (quote!(__eskit::upcast_json(__event, &[#(#steps),*])), TokenStream::new())
            }
        };
        let upcast = quote! {
            fn upcast(__event: &__eskit::RecordedEvent) -> ::core::result::Result<Self, __eskit::DecodeError> {
                #upcast
            }
        };
        (upcast, check)
    }
}

/// Reads and checks the attributes of the type or variant `ident`; `context` is that of the enum around it.
fn event_attrs(cx: &Ctxt, attrs: &[Attribute], ident: &Ident, valid: &[&str], context: Option<&str>) -> EventAttrs {
    check::event_attrs(cx, RawEventAttrs::from_syn(cx, attrs, ident, valid), ident, context)
}

/// The name of the struct that a variant is read into. Not the variant's own, which may be that of a field's type.
pub(crate) fn payload_ident(variant: &Ident) -> Ident {
    format_ident!("__PayloadOf{}", bare(variant), span = variant.span())
}
