//! `#[derive(Event)]` on a struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Type};

use crate::ast::{self, EventAttrs, Origin, TagDef, member_name, members};
use crate::ctxt::Ctxt;
use crate::event_enum::{self, EventEnumDef};
use crate::lock::event::LockDef;
use crate::wrap::{bare, claim, implementation, is_public, location, text, wrap};
use crate::{attr, check, diag, fallback, symbol};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return diag::unreadable(&error).to_compile_error(),
    };
    event_enum::inherit_serde(&mut input);
    let cx = Ctxt::new();
    if !input.generics.params.is_empty() {
        cx.error(diag::event_generic(&input.generics));
    }
    let refused = || cx.count() > 0;
    let (eskit, expansion, mistaken, sets) = match &input.data {
        Data::Struct(data) => {
            let def = EventDef::from_syn(&cx, &input, &data.fields);
            (def.attrs.eskit.clone(), def.expand(), refused().then(|| def.mistaken()), Vec::new())
        }
        Data::Enum(data) => {
            let def = EventEnumDef::from_syn(&cx, &input, data);
            (def.eskit.clone(), def.expand(), refused().then(|| def.mistaken()), def.held())
        }
        Data::Union(data) => {
            cx.error(diag::union("an event", data.union_token));
            (attr::eskit_path(None), TokenStream::new(), None, Vec::new())
        }
    };
    match cx.finish() {
        Ok(()) => expansion,
        Err(errors) => {
            let fallback = fallback::event(errors, &input, &eskit, &sets);
            quote!(#fallback #mistaken)
        }
    }
}

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
    fn from_syn(cx: &Ctxt, input: &'a DeriveInput, fields: &'a Fields) -> EventDef<'a> {
        ast::misplaced(cx, &input.attrs, fields, symbol::EVENT);
        let attrs = EventAttrs::from_syn(cx, &input.attrs, &input.ident, symbol::EVENT_WORDS, None);
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
        let attrs = EventAttrs::from_syn(cx, &variant.attrs, &variant.ident, symbol::EVENT_VARIANT_WORDS, context);
        check::owned(cx, &variant.attrs, &variant.fields);
        let tags = ast::tags(cx, &variant.fields);
        let lock = LockDef::of_variant(cx, variant, &attrs);
        let ty = event_enum::payload_ident(&variant.ident);
        EventDef { ident: &variant.ident, ty, attrs, fields: &variant.fields, tags, public: true, lock }
    }

    fn expand(&self) -> TokenStream {
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

/// A wire name and version that an event claims for itself, and the token that says so.
pub(crate) struct NameClaim<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: u32,
    pub(crate) span: Span,
}

/// The claims on all that an event reads: its version of its wire name; the first version, where no other type reads that;
/// and each former name, as its first version, which the event of that name claims too. Where another type reads the older
/// versions, that one may have kept the former names as well: this one claims them as its own version.
pub(crate) fn name_claims(attrs: &EventAttrs) -> Vec<NameClaim<'_>> {
    let EventAttrs { name, name_span, version, aliases, alias_spans, origin, .. } = attrs;
    let mut claims = vec![NameClaim { name, version: *version, span: *name_span }];
    if let Origin::Upcast(_) = origin {
        claims.push(NameClaim { name, version: 1, span: *name_span });
    }
    let first = if let Origin::From(_) = origin { *version } else { 1 };
    let former = aliases.iter().zip(alias_spans);
    claims.extend(former.map(|(name, span)| NameClaim { name, version: first, span: *span }));
    claims
}

/// `&[TagField { .. }, ..]`; the type of a field that is no tag value is refused here, at the type.
pub(crate) fn tag_fields(tags: &[TagDef]) -> TokenStream {
    let fields = tags.iter().map(|tag| {
        let TagDef { key, member, ty, .. } = tag;
        let field = member_name(member);
        let arity = quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::ARITY);
        let id_type = quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::ID_TYPE);
        quote!(__eskit::TagField { key: #key, field: #field, arity: #arity, id_type: #id_type })
    });
    quote!(&[#(#fields),*])
}

/// Statements that push every tag to `tags`; `value` says how to reach a field.
pub(crate) fn push_tags(tags: &[TagDef], value: impl Fn(&syn::Member) -> TokenStream) -> TokenStream {
    tags.iter()
        .map(|tag| {
            let TagDef { key, member, ty, .. } = tag;
            let value = value(member);
            // Names of the surrounding function keep the hygiene that they were declared with.
            let tags = quote!(__tags);
            quote_spanned! {ty.span()=>
                <#ty as __eskit::TagValue>::each_value(#value, &mut |__value| __eskit::Tags::push(#tags, #key, __value));
            }
        })
        .collect()
}

/// `&[Field { .. }, ..]`, for the registry.
pub(crate) fn field_list(fields: &Fields) -> TokenStream {
    let fields = members(fields).map(|(member, field)| {
        let name = member_name(&member);
        let ty = text(&field.ty);
        quote!(__eskit::Field { name: #name, rust_type: #ty })
    });
    quote!(&[#(#fields),*])
}
