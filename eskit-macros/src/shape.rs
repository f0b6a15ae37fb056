//! `#[derive(Shape)]`.

pub(crate) mod attr;
mod case;
pub(crate) mod expand;
pub(crate) mod hash;
pub(crate) mod member;
pub(crate) mod prost;
pub(crate) mod serde;
mod types;

use std::cell::RefCell;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{Data, DeriveInput};

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
    let scope = Scope { cx: &cx, ident: &input.ident, probes: false, types: RefCell::default() };
    let expression = scope.in_place_of(&serde, &shape).unwrap_or_else(|| match &input.data {
        Data::Struct(data) => scope.of_struct(&serde, &data.fields),
        Data::Enum(data) => scope.of_enum(&serde, data.variants.iter()),
        Data::Union(data) => {
            cx.error(diag::union("part of an event", data.union_token));
            TokenStream::new()
        }
    });
    let types = scope.types.into_inner();
    let (expression, errors) = match cx.finish() {
        Ok(()) => (expression, TokenStream::new()),
        Err(errors) => (quote!(&__eskit::lock::ShapeDef::leaf("unit")), errors),
    };
    let wrapped = wrap(&eskit_path(shape.eskit), implement(&input, &expression, types));
    quote!(#errors #wrapped)
}

/// `types` are those whose shapes the expression names: where one names a parameter, it is up to the caller's types
/// whether it has a shape.
fn implement(input: &DeriveInput, expression: &TokenStream, types: Vec<TokenStream>) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    let params: Vec<Ident> = generics.type_params().map(|param| param.ident.clone()).collect();
    for ty in types.into_iter().filter(|ty| names_any(ty.clone(), &params)) {
        generics.make_where_clause().predicates.push(syn::parse_quote!(#ty: __eskit::lock::Shape));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    implementation(
        ident.span(),
        quote!(impl #impl_generics __eskit::lock::Shape for #ident #type_generics #where_clause),
        quote!(const DEF: &'static __eskit::lock::ShapeDef = #expression;),
    )
}

fn names_any(tokens: TokenStream, params: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names_any(group.stream(), params),
        TokenTree::Ident(ident) => params.contains(&ident),
        _ => false,
    })
}
