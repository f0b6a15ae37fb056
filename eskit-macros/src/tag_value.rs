//! `#[derive(TagValue)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Meta};

use crate::ast::{member_name, members};
use crate::ctxt::Ctxt;
use crate::wrap::{bare, implementation, wrap};
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
            let all: Vec<_> = members(&data.fields).collect();
            let is_marked = |(_, field): &&(_, &Field)| field.attrs.iter().any(is_mark);
            let marked: Vec<_> = all.iter().filter(is_marked).cloned().collect();
            for attr in all.iter().flat_map(|(_, field)| &field.attrs).filter(|attr| is_mark(attr)) {
                if !matches!(attr.meta, Meta::Path(_)) {
                    cx.error(diag::tag_value_key(attr));
                }
            }
            match (marked.as_slice(), all.as_slice()) {
                ([one], _) | ([], [one]) => Some(one.clone()),
                ([], _) => {
                    let names: Vec<String> = all.iter().map(|(member, _)| member_name(member)).collect();
                    cx.error(diag::tag_value_fields(&input.ident, names.first()));
                    None
                }
                ([_, (_, second), ..], _) => {
                    cx.error(diag::tag_value_two(second.attrs.iter().find(|attr| is_mark(attr))));
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
    let is_newtype = matches!(&input.data, Data::Struct(data) if data.fields.len() == 1);
    let expansion = field.map(|(member, field)| {
        let ty = &field.ty;
        let arity = quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::ARITY);
        // A newtype is an id of its own, and what has further fields only holds one.
        let id_type = if is_newtype {
            let name = bare(ident);
            quote!(__eskit::IdType::new(::core::module_path!(), #name))
        } else {
            quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::ID_TYPE)
        };
        let (value, each) = (quote!(&self.#member), quote!(__each));
        let each = quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::each_value(#value, #each));
        let header = quote_spanned! {ident.span()=>
            impl #impl_generics __eskit::TagValue for #ident #type_generics #where_clause
        };
        let body = quote! {
            const ARITY: __eskit::Arity = #arity;
            const ID_TYPE: __eskit::IdType = #id_type;

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

/// Whether an attribute marks the field whose text a struct has.
fn is_mark(attr: &Attribute) -> bool {
    attr.path().is_ident(symbol::TAG)
}
