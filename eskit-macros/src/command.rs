//! `#[derive(Command)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Path};

use crate::ast::{self, TagDef};
use crate::ctxt::Ctxt;
use crate::fields::{field_list, tag_fields};
use crate::wrap::{bare, implementation, is_public, location, wrap};
use crate::{attr, diag, fallback, symbol};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return diag::unreadable(&error).to_compile_error(),
    };
    let cx = Ctxt::new();
    let pieces = attr::pieces(&cx, &input.attrs, symbol::COMMAND, symbol::CRATE_WORDS);
    let eskit = attr::crate_only(&cx, &pieces);
    if input.generics.type_params().next().is_some() || input.generics.const_params().next().is_some() {
        cx.error(diag::generic("a command", &input.generics));
    }
    let fields = match &input.data {
        Data::Struct(data) => Some(&data.fields),
        Data::Enum(data) => {
            cx.error(diag::command_enum(data.enum_token));
            None
        }
        Data::Union(data) => {
            cx.error(diag::union("a command", data.union_token));
            None
        }
    };
    let expansion = fields.map(|fields| {
        ast::misplaced(&cx, &input.attrs, fields, symbol::COMMAND);
        expand(&input, &eskit, fields, &ast::tags(&cx, fields))
    });
    match cx.finish() {
        Ok(()) => expansion.unwrap_or_default(),
        Err(errors) => fallback::command(errors, &input, &eskit),
    }
}

fn expand(input: &DeriveInput, eskit: &Path, fields: &Fields, tags: &[TagDef]) -> TokenStream {
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
    wrap(eskit, implementation(ident.span(), header, body))
}
