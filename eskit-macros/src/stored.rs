//! What a struct or a variant that is stored under a wire name and a version expands to: an event, or a stored command.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Fields, Type};

use crate::ast::{Origin, RawStoredAttrs, StoredAttrs, TagDef};
use crate::check;
use crate::claim::{NameClaim, claim, name_claims};
use crate::ctxt::Ctxt;
use crate::fields::{field_list, tag_fields};
use crate::kind::{Codec, StoredKind};
use crate::lock::event::LockDef;
use crate::shape::personal::checks::PersonalParts;
use crate::wrap::{bare, location};

/// A struct, or a variant with a payload of its own.
pub(crate) struct StoredDef<'a> {
    pub(crate) ident: &'a Ident,
    /// The struct that bears the impls: the type itself, or the payload of a variant.
    pub(crate) ty: Ident,
    pub(crate) attrs: StoredAttrs,
    pub(crate) fields: &'a Fields,
    /// The tags that are stored with it: those of an event.
    pub(crate) tags: Vec<TagDef>,
    /// Whether others can name it: not said of a variant, which nobody names.
    pub(crate) public: bool,
    pub(crate) lock: Option<LockDef>,
    pub(crate) personal: PersonalParts,
}

/// The parts of the expansion that the trait of its kind takes.
pub(crate) struct StoredParts {
    /// The description.
    pub(crate) description: TokenStream,
    /// The version, where a type in `from` may ask for it.
    pub(crate) version: Option<TokenStream>,
    /// How older versions are read.
    pub(crate) upcast: Option<TokenStream>,
    /// How its format is written and read, unless it is JSON.
    pub(crate) codec: Option<TokenStream>,
    /// What stands beside the impl: checks, the schema lock, the entry into the registry.
    pub(crate) beside: TokenStream,
}

impl StoredDef<'_> {
    /// What keeps the schema lock from reporting it as removed when it only has a mistake.
    pub(crate) fn mistaken(&self) -> TokenStream {
        self.lock.as_ref().map(|lock| lock.mistaken(&self.ty, &self.attrs)).unwrap_or_default()
    }

    /// The claims that the schema lock makes no types for.
    pub(crate) fn claims(&self) -> TokenStream {
        let in_lock = |claim: &NameClaim<'_>| self.lock.as_ref().is_some_and(|lock| lock.holds(&self.attrs, claim));
        let claims = name_claims(&self.attrs).into_iter().filter(|claim| !in_lock(claim));
        claims.map(|NameClaim { name, version, span }| claim(self.attrs.kind, name, version, span)).collect()
    }

    pub(crate) fn parts(&self) -> StoredParts {
        let ident = &self.ty;
        let (upcast, check) = self.upcast();
        let version = self.attrs.version;
        // A type in `from` may name this one: its version is asked first.
        let known_version =
            matches!(self.attrs.origin, Origin::From(_)).then(|| quote!(const VERSION: u32 = #version;));
        let lock = self.lock.as_ref().map(|lock| lock.expand(ident, &self.attrs, &self.tags)).unwrap_or_default();
        let own = description_of(self.attrs.kind, ident);
        let entry = (!lock.entered).then(|| quote!(__eskit::inventory::submit! { __eskit::Entry::Event(#own) }));
        let lock = lock.items;
        let (feature, personal) = (self.feature(), &self.personal.checks);
        StoredParts {
            description: self.description(),
            version: known_version,
            upcast,
            codec: self.codec(),
            beside: quote!(#check #feature #personal #lock #entry),
        }
    }

    /// Whether eskit was built with what its format needs.
    fn feature(&self) -> Option<TokenStream> {
        let (codec, span) = self.attrs.codec?;
        let has_feature = match codec {
            Codec::Json => return None,
            Codec::Cbor => quote_spanned!(span=> __eskit::has_cbor()),
            Codec::Protobuf => quote_spanned!(span=> __eskit::has_protobuf()),
        };
        Some(quote!(const _: () = #has_feature;))
    }

    fn codec(&self) -> Option<TokenStream> {
        let (codec, _) = self.attrs.codec?;
        let ident = &self.ty;
        let codec = match codec {
            Codec::Json => return None,
            Codec::Cbor => quote!(__eskit::cbor()),
            Codec::Protobuf => quote_spanned!(ident.span()=> __eskit::protobuf::<#ident>()),
        };
        Some(
            quote!(const FORMAT: ::core::option::Option<__eskit::Format<Self>> = ::core::option::Option::Some(#codec);),
        )
    }

    fn description(&self) -> TokenStream {
        let StoredAttrs { kind, name, version, aliases, codec, .. } = &self.attrs;
        let content_type = match codec {
            Some((Codec::Cbor, _)) => quote!(__eskit::CBOR),
            Some((Codec::Protobuf, _)) => quote!(__eskit::PROTOBUF),
            Some((Codec::Json, _)) | None => quote!(__eskit::JSON),
        };
        let kind = match kind {
            StoredKind::Event => quote!(Event),
            StoredKind::Command => quote!(Command),
        };
        let rust_name = bare(self.ident);
        let tags = tag_fields(&self.tags);
        let fields = field_list(self.fields);
        let previous = match &self.attrs.origin {
            Origin::From(ty) => {
                let (previous, bound) = (self.previous(ty), self.previous_trait());
                // Two types that name each other could not be described, so one that is not older is left out, and reported by
                // `check_previous`. Its constant stands in a function, where it is not found before it is called.
                quote_spanned! {ty.span()=> {
                    const fn previous() -> &'static __eskit::EventType {
                        <#previous as __eskit::#bound>::TYPE
                    }
                    if <#previous as __eskit::#bound>::VERSION < #version {
                        ::core::option::Option::Some(previous())
                    } else {
                        ::core::option::Option::None
                    }
                }}
            }
            _ => quote!(::core::option::Option::None),
        };
        let personal = match &self.personal.shape {
            Some(shape) => quote!(::core::option::Option::Some(#shape)),
            None => quote!(::core::option::Option::None),
        };
        let (public, location) = (self.public, location());
        quote! {
            __eskit::EventType {
                kind: __eskit::PayloadKind::#kind,
                name: #name,
                version: #version,
                aliases: &[#(#aliases),*],
                rust_name: #rust_name,
                tags: #tags,
                fields: #fields,
                previous: #previous,
                public: #public,
                content_type: #content_type,
                personal: #personal,
                location: #location,
            }
        }
    }

    /// Another name for the type of the version before, which is so looked up only once.
    fn previous(&self, ty: &Type) -> Ident {
        format_ident!("__PreviousOf{}", bare(self.ident), span = ty.span())
    }

    /// What the type of the version before must be.
    fn previous_trait(&self) -> Ident {
        match self.attrs.kind {
            StoredKind::Event => format_ident!("Previous"),
            StoredKind::Command => format_ident!("PreviousCommand"),
        }
    }

    /// How older versions are read, and what must hold of their type.
    fn upcast(&self) -> (Option<TokenStream>, TokenStream) {
        let ident = &self.ty;
        let (upcast, check) = match &self.attrs.origin {
            Origin::First => return (None, TokenStream::new()),
            Origin::From(ty) => {
                let (encoded, previous, bound) = (quote!(__encoded), self.previous(ty), self.previous_trait());
                // At the older type's token, which is where the remedy starts.
                let mut newer = ident.clone();
                newer.set_span(ty.span());
                let upcast = quote_spanned! {ty.span()=>
                    match <#previous as __eskit::#bound>::decode(#encoded) {
                        ::core::result::Result::Ok(__previous) => ::core::result::Result::Ok(
                            <#newer as __eskit::UpcastFrom<#previous>>::upcast_from(__previous),
                        ),
                        ::core::result::Result::Err(__error) => ::core::result::Result::Err(__error),
                    }
                };
                let own = description_of(self.attrs.kind, ident);
                let check = quote_spanned! {ty.span()=>
                    type #previous = #ty;
                    const _: () = __eskit::check_previous(#own, <#previous as __eskit::#bound>::TYPE);
                };
                (upcast, check)
            }
            Origin::Upcast(functions) => {
                let steps = functions.iter().map(|f| quote_spanned!(f.span()=> &#f));
                let run = match self.attrs.kind {
                    StoredKind::Event => quote!(upcast_json),
                    StoredKind::Command => quote!(upcast_command),
                };
                (quote!(__eskit::#run(__encoded, &[#(#steps),*])), TokenStream::new())
            }
        };
        let upcast = quote! {
            fn upcast(__encoded: &__eskit::Encoded<'_>) -> ::core::result::Result<Self, __eskit::DecodeError> {
                #upcast
            }
        };
        (Some(upcast), check)
    }
}

/// The description of a type, by a call: the constant of its trait would say a second time what the type lacks for it.
fn description_of(kind: StoredKind, ident: &Ident) -> TokenStream {
    match kind {
        StoredKind::Event => quote!(__eskit::event_type::<#ident>()),
        StoredKind::Command => quote!(__eskit::stored_type::<#ident>()),
    }
}

/// Reads and checks the attributes of the type or variant `ident`; `context` is that of the enum around it.
pub(crate) fn stored_attrs(
    cx: &Ctxt,
    kind: StoredKind,
    attrs: &[Attribute],
    ident: &Ident,
    (valid, context): (&[&str], Option<&str>),
) -> StoredAttrs {
    check::stored_attrs(cx, RawStoredAttrs::from_syn(cx, kind, attrs, ident, valid), ident, context)
}
