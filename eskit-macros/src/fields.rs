//! What generated code knows of the fields of an item, and how it reads their tags.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Fields;
use syn::spanned::Spanned;

use crate::ast::{TagDef, member_name, members};
use crate::wrap::text;

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
