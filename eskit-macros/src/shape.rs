//! `#[derive(Shape)]`.

pub(crate) mod attr;
mod case;
pub(crate) mod expand;
pub(crate) mod member;
pub(crate) mod serde;
mod types;

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Field, GenericParam};

use crate::attr::eskit_path;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::shape::attr::{Position, ShapeAttrs, Stated};
use crate::shape::expand::{Scope, is_passed_over};
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

/// Every name in the types of the fields that stand on the wire as they are. Others need no shape: what is skipped or
/// stated, and what only marks the type.
fn used_in_fields(data: &Data) -> BTreeSet<Ident> {
    let fields: Vec<&Field> = match data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.fields).collect(),
        Data::Union(_) => Vec::new(),
    };
    let mut names = BTreeSet::new();
    for field in fields {
        if is_passed_over(field) {
            continue;
        }
        // Mistakes in these attributes were reported where the shape was made.
        let cx = Ctxt::new();
        let stated = ShapeAttrs::from_syn(&cx, &field.attrs, Position::Part).stated;
        let _ = cx.finish();
        match stated {
            None => collect_names(field.ty.to_token_stream(), &mut names),
            Some(Stated::As(ty)) => collect_names(ty.to_token_stream(), &mut names),
            Some(Stated::Name(_)) => {}
        }
    }
    names
}

fn collect_names(tokens: TokenStream, names: &mut BTreeSet<Ident>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_names(group.stream(), names),
            TokenTree::Ident(ident) => drop(names.insert(ident)),
            _ => {}
        }
    }
}

fn implement(input: &DeriveInput, expression: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    let used = used_in_fields(&input.data);
    let params: Vec<_> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) if used.contains(&param.ident) => Some(param.ident.clone()),
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
