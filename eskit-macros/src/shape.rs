//! `#[derive(Shape)]`.

pub(crate) mod attr;
mod case;
pub(crate) mod expand;
pub(crate) mod member;
pub(crate) mod serde;
mod types;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, GenericParam};

use crate::attr::eskit_path;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::shape::attr::{Position, ShapeAttrs};
use crate::shape::expand::Scope;
use crate::shape::serde::SerdeAttrs;
use crate::wrap::{implementation, wrap};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return diag::unreadable(&error).to_compile_error(),
    };
    let cx = Ctxt::new();
    let serde = SerdeAttrs::from_syn(&input.attrs);
    let shape = ShapeAttrs::from_syn(&cx, &input.attrs, Position::Type);
    let scope = Scope { cx: &cx, ident: &input.ident, probes: false };
    let expression = scope.in_place_of(&serde, &shape).unwrap_or_else(|| match &input.data {
        Data::Struct(data) => scope.of_struct(&serde, &data.fields),
        Data::Enum(data) => scope.of_enum(&serde, data.variants.iter()),
        Data::Union(data) => {
            cx.error(diag::union("part of an event", data.union_token));
            TokenStream::new()
        }
    });
    let (expression, errors) = match cx.finish() {
        Ok(()) => (expression, TokenStream::new()),
        Err(errors) => (quote!(&__eskit::lock::ShapeDef::leaf("unit")), errors),
    };
    let wrapped = wrap(&eskit_path(shape.eskit), implement(&input, &expression));
    quote!(#errors #wrapped)
}

fn implement(input: &DeriveInput, expression: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    let params: Vec<_> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(param.ident.clone()),
            _ => None,
        })
        .collect();
    for param in params {
        generics.make_where_clause().predicates.push(syn::parse_quote!(#param: __eskit::lock::Shape));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    implementation(
        ident.span(),
        quote!(impl #impl_generics __eskit::lock::Shape for #ident #type_generics #where_clause),
        quote!(const DEF: &'static __eskit::lock::ShapeDef = #expression;),
    )
}
