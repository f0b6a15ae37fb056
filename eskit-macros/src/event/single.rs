//! `#[derive(Event)]` on a struct, and on a struct or unit variant of an enum.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, DeriveInput, Fields};

use crate::ast::{self, StoredAttrs};
use crate::check;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::fields::push_tags;
use crate::kind::{Codec, StoredKind};
use crate::lock::event::LockDef;
use crate::shape::attr::Position;
use crate::shape::personal;
use crate::shape::personal::checks::{self, PersonalParts};
use crate::stored::{StoredDef, StoredParts, stored_attrs};
use crate::symbol;
use crate::wrap::{bare, implementation, is_public, wrap};

/// A struct that is an event, or a struct or unit variant that is one.
pub(crate) struct EventDef<'a>(pub(crate) StoredDef<'a>);

impl<'a> EventDef<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, input: &'a DeriveInput, fields: &'a Fields) -> EventDef<'a> {
        let DeriveInput { attrs, ident, .. } = input;
        ast::misplaced(cx, attrs, fields, symbol::EVENT);
        let stored = stored_attrs(cx, StoredKind::Event, attrs, ident, (symbol::EVENT_WORDS, None));
        check::owned(cx, StoredKind::Event, attrs, fields);
        let tags = ast::tags(cx, fields);
        let personal = personal(cx, &stored, ident, attrs, fields);
        let lock = LockDef::from_syn(cx, ident, attrs, fields, &stored);
        let (ty, public) = (ident.clone(), is_public(&input.vis));
        EventDef(StoredDef { ident, ty, attrs: stored, fields, tags, public, lock, personal })
    }

    /// The definition of a variant's payload struct.
    pub(crate) fn of_variant(cx: &Ctxt, variant: &'a syn::Variant, context: Option<&str>) -> EventDef<'a> {
        let syn::Variant { attrs, ident, fields, .. } = variant;
        ast::misplaced(cx, attrs, fields, symbol::EVENT);
        let stored = stored_attrs(cx, StoredKind::Event, attrs, ident, (symbol::EVENT_VARIANT_WORDS, context));
        check::owned(cx, StoredKind::Event, attrs, fields);
        let tags = ast::tags(cx, fields);
        let personal = personal(cx, &stored, ident, attrs, fields);
        let lock = LockDef::of_variant(cx, variant, &stored);
        let ty = payload_ident(ident);
        EventDef(StoredDef { ident, ty, attrs: stored, fields, tags, public: true, lock, personal })
    }

    pub(crate) fn expand(&self) -> TokenStream {
        let claims = self.0.claims();
        let items = self.impls();
        let wrapped = wrap(&self.0.attrs.eskit, items);
        quote! { #claims #wrapped }
    }

    /// The impl of `SingleEvent`, which that of `Event` follows from, and the registration.
    pub(crate) fn impls(&self) -> TokenStream {
        let ident = &self.0.ty;
        let tags = self.push_tags();
        let StoredParts { description, version, upcast, codec, beside } = self.0.parts();
        let single = implementation(
            ident.span(),
            quote_spanned!(ident.span()=> impl __eskit::SingleEvent for #ident),
            quote! {
                const TYPE: &'static __eskit::EventType = &#description;
                #version
                #tags
                #upcast
                #codec
            },
        );
        quote! {
            #single
            #beside
        }
    }

    fn push_tags(&self) -> Option<TokenStream> {
        let tags = push_tags(&self.0.tags, |member| quote!(&self.#member));
        (!self.0.tags.is_empty()).then(|| {
            quote! {
                fn tags(&self, __tags: &mut __eskit::Tags) {
                    #tags
                }
            }
        })
    }
}

/// What the event says of personal data.
fn personal(cx: &Ctxt, stored: &StoredAttrs, ident: &Ident, attrs: &[Attribute], fields: &Fields) -> PersonalParts {
    personal::misplaced(cx, attrs);
    checks::replaced(cx, attrs, Position::Event, fields);
    let parts = checks::of_event(cx, ident, attrs, fields);
    if let (Some(span), Some((Codec::Protobuf, _))) = (parts.first, stored.codec) {
        cx.error(diag::personal_protobuf(span));
    }
    parts
}

/// The name of the struct that a variant is read into. Not the variant's own, which may be that of a field's type.
pub(crate) fn payload_ident(variant: &Ident) -> Ident {
    format_ident!("__PayloadOf{}", bare(variant), span = variant.span())
}
