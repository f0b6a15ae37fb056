//! `#[derive(Command)]` on a struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Fields, Path};

use crate::ast::{self, TagDef};
use crate::ctxt::Ctxt;
use crate::fields::{field_list, tag_fields};
use crate::wrap::{bare, implementation, is_public, location, wrap};
use crate::{attr, diag, symbol};

/// A struct that is a command.
pub(crate) struct CommandDef<'a> {
    input: &'a DeriveInput,
    pub(crate) eskit: Path,
    fields: &'a Fields,
    tags: Vec<TagDef>,
}

impl<'a> CommandDef<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, input: &'a DeriveInput, fields: &'a Fields) -> CommandDef<'a> {
        let pieces = attr::pieces(cx, &input.attrs, symbol::COMMAND, symbol::CRATE_WORDS);
        let eskit = attr::crate_only(cx, &pieces);
        if input.generics.type_params().next().is_some() || input.generics.const_params().next().is_some() {
            cx.error(diag::generic("a command", &input.generics));
        }
        ast::misplaced(cx, &input.attrs, fields, symbol::COMMAND);
        CommandDef { input, eskit, fields, tags: ast::tags(cx, fields) }
    }

    pub(crate) fn expand(&self) -> TokenStream {
        wrap(&self.eskit, self.command())
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
        };
        implementation(ident.span(), header, body)
    }
}
