//! `#[derive(Command)]` on a struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Fields, Path};

use crate::ast::{self, RawStoredAttrs, TagDef};
use crate::attr::eskit_path;
use crate::ctxt::Ctxt;
use crate::fields::{field_list, tag_fields};
use crate::kind::StoredKind;
use crate::lock::event::LockDef;
use crate::shape::personal;
use crate::shape::personal::checks::{self, PersonalParts};
use crate::stored::{StoredDef, StoredParts};
use crate::wrap::{bare, implementation, is_public, location, wrap};
use crate::{check, diag, symbol};

/// A struct that is a command.
pub(crate) struct CommandDef<'a> {
    input: &'a DeriveInput,
    pub(crate) eskit: Path,
    fields: &'a Fields,
    tags: Vec<TagDef>,
    /// Of a stored command, how it is stored.
    pub(crate) stored: Option<StoredDef<'a>>,
}

impl<'a> CommandDef<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, input: &'a DeriveInput, fields: &'a Fields) -> CommandDef<'a> {
        let DeriveInput { attrs, ident, generics, .. } = input;
        let raw = RawStoredAttrs::from_syn(cx, StoredKind::Command, attrs, ident, symbol::COMMAND_WORDS);
        let is_stored = raw.stored.is_given();
        if is_stored && !generics.params.is_empty() {
            cx.error(diag::stored_generic(StoredKind::Command, generics));
        } else if generics.type_params().next().is_some() || generics.const_params().next().is_some() {
            cx.error(diag::generic("a command", generics));
        }
        if let (false, Some(word)) = (is_stored, &raw.of_stored) {
            cx.error(diag::command_not_stored(word, ident));
        }
        ast::misplaced(cx, attrs, fields, symbol::COMMAND);
        personal::misplaced(cx, attrs);
        personal::refused(cx, fields);
        let tags = ast::tags(cx, fields);
        if !is_stored {
            return CommandDef { input, eskit: eskit_path(raw.eskit.get()), fields, tags, stored: None };
        }
        let stored = check::stored_attrs(cx, raw, ident, None);
        check::owned(cx, StoredKind::Command, attrs, fields);
        let lock = LockDef::from_syn(cx, ident, attrs, fields, &stored);
        let (ty, public, eskit) = (ident.clone(), is_public(&input.vis), stored.eskit.clone());
        // Its tags are those of its fields, whenever it is read.
        let personal = PersonalParts { checks: checks::of_command(cx, ident, fields), ..PersonalParts::default() };
        let stored = StoredDef { ident, ty, attrs: stored, fields, tags: Vec::new(), public, lock, personal };
        CommandDef { input, eskit, fields, tags, stored: Some(stored) }
    }

    pub(crate) fn expand(&self) -> TokenStream {
        let claims = self.stored.as_ref().map(StoredDef::claims);
        let (command, stored) = (self.command(), self.stored.as_ref().map(storable));
        let wrapped = wrap(&self.eskit, quote!(#command #stored));
        quote!(#claims #wrapped)
    }

    /// The impl of `Command`.
    fn command(&self) -> TokenStream {
        let CommandDef { input, fields, tags, .. } = self;
        let ident = &input.ident;
        let name = bare(ident);
        let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
        let each = quote!(__each);
        let visits = tags.iter().enumerate().map(|(index, TagDef { member, ty, .. })| {
            let value = quote!(&self.#member);
            quote_spanned! {ty.span()=>
                <#ty as __eskit::TagValue>::each_value(#value, &mut |__value| #each(#index, __value));
            }
        });
        let stored = match &self.stored {
            Some(_) => quote!(::core::option::Option::Some(__eskit::stored_type::<#ident>())),
            None => quote!(::core::option::Option::None),
        };
        let store = self.stored.as_ref().map(|_| {
            quote! {
                fn store(
                    &self,
                ) -> ::core::option::Option<
                    ::core::result::Result<__eskit::StoredCommand, __eskit::EncodeError>,
                > {
                    ::core::option::Option::Some(__eskit::Storable::encode(self))
                }
            }
        });
        let tags = tag_fields(tags);
        let fields = field_list(fields);
        let public = is_public(&input.vis);
        let location = location();
        let header = quote_spanned! {ident.span()=>
            impl #impl_generics __eskit::Command for #ident #type_generics #where_clause
        };
        let body = quote! {
            const TYPE: &'static __eskit::CommandType = &__eskit::CommandType {
                name: #name,
                stored: #stored,
                tags: #tags,
                fields: #fields,
                public: #public,
                location: #location,
                complete: true,
            };

            fn each_tag(&self, __each: &mut dyn ::core::ops::FnMut(usize, &dyn ::core::fmt::Display)) {
                #(#visits)*
                let _ = __each;
            }

            #store
        };
        implementation(ident.span(), header, body)
    }
}

/// The impl of `StorableCommand`, which that of `Storable` follows from, and the registration.
fn storable(stored: &StoredDef<'_>) -> TokenStream {
    let ident = &stored.ty;
    let StoredParts { description, version, upcast, beside, .. } = stored.parts();
    let storable = implementation(
        ident.span(),
        quote_spanned!(ident.span()=> impl __eskit::StorableCommand for #ident),
        quote! {
            const STORED: &'static __eskit::EventType = &#description;
            #version
            #upcast
        },
    );
    quote!(#storable #beside)
}
