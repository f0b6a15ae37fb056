//! `#[derive(TagValue)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput};

use crate::ast::members;
use crate::ctxt::Ctxt;
use crate::wrap::{implementation, wrap};
use crate::{attr, diag, fallback, symbol};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return diag::unreadable(&error).to_compile_error(),
    };
    let cx = Ctxt::new();
    let pieces = attr::pieces(&cx, &input.attrs, "tag_value", symbol::CRATE_WORDS);
    let eskit = attr::crate_only(&cx, &pieces);
    let field = match &input.data {
        Data::Struct(data) => {
            let mut fields = members(&data.fields);
            match (fields.next(), fields.next()) {
                (Some(only), None) => Some(only),
                _ => {
                    cx.error(diag::tag_value_fields(&input.ident));
                    None
                }
            }
        }
        Data::Enum(data) => {
            cx.error(diag::tag_value_enum(data.enum_token, &input.ident));
            None
        }
        Data::Union(data) => {
            cx.error(diag::union("a tag value", data.union_token));
            None
        }
    };
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let ident = &input.ident;
    let expansion = field.map(|(member, field)| {
        let ty = &field.ty;
        let arity = quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::ARITY);
        let (value, each) = (quote!(&self.#member), quote!(__each));
        let each = quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::each_value(#value, #each));
        let header = quote_spanned! {ident.span()=>
            impl #impl_generics __eskit::TagValue for #ident #type_generics #where_clause
        };
        let body = quote! {
            const ARITY: __eskit::Arity = #arity;

            fn each_value(&self, __each: &mut dyn ::core::ops::FnMut(&dyn ::core::fmt::Display)) {
                #each
            }
        };
        wrap(&eskit, implementation(ident.span(), header, body))
    });
    match cx.finish() {
        Ok(()) => expansion.unwrap_or_default(),
        Err(errors) => fallback::tag_value(errors, &input, &eskit),
    }
}
