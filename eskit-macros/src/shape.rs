//! `#[derive(Shape)]`.

pub(crate) mod attr;
mod case;
pub(crate) mod expand;
pub(crate) mod hash;
pub(crate) mod logic;
pub(crate) mod member;
pub(crate) mod personal;
pub(crate) mod prost;
mod rules;
pub(crate) mod serde;
mod types;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, GenericParam, Generics};

use crate::attr::eskit_path;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::shape::attr::{Position, ShapeAttrs};
use crate::shape::expand::{Lookup, Scope};
use crate::shape::personal::checks;
use crate::shape::rules::FieldRules;
use crate::shape::serde::SerdeAttrs;
use crate::shape::types::names_any;
use crate::wrap::{bare, implementation, wrap_in};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return diag::unreadable(&error).to_compile_error(),
    };
    let cx = Ctxt::new();
    let serde = SerdeAttrs::from_syn(&input.attrs);
    let shape = ShapeAttrs::from_syn(&cx, &input.attrs, Position::Type);
    let scope = Scope::new(&cx, &input.ident, Lookup::Required);
    let expression = scope.recurring(scope.in_place_of(&serde, &shape).unwrap_or_else(|| match &input.data {
        Data::Struct(data) => scope.of_struct(&serde, &data.fields),
        Data::Enum(data) => scope.of_enum(&serde, data.variants.iter()),
        Data::Union(data) => {
            cx.error(diag::union("part of an event", data.union_token));
            TokenStream::new()
        }
    }));
    let checks = personal_checks(&cx, &input, &serde);
    let types = scope.types.into_inner();
    let (expression, errors) = match cx.finish() {
        Ok(()) => (expression, TokenStream::new()),
        Err(errors) => (quote!(__eskit::lock::MISTAKEN), errors),
    };
    let (implemented, checks) = (implement(&input, &expression, types), errors.is_empty().then_some(checks));
    let wrapped = wrap_in(&scope_name(&input.ident), &eskit_path(shape.eskit), quote!(#implemented #checks));
    quote!(#errors #wrapped)
}

/// What must hold of the fields with `#[personal]`.
fn personal_checks(cx: &Ctxt, input: &DeriveInput, serde: &SerdeAttrs) -> TokenStream {
    let params: Vec<Ident> = params(&input.generics).collect();
    let own = (&input.ident, params.as_slice());
    personal::misplaced(cx, &input.attrs);
    match &input.data {
        Data::Struct(data) => {
            checks::replaced(cx, &input.attrs, Position::Type, &data.fields);
            checks::of_part(cx, own, &input.attrs, &data.fields, &FieldRules::of_struct(serde))
        }
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|variant| {
                personal::misplaced(cx, &variant.attrs);
                checks::replaced(cx, &input.attrs, Position::Type, &variant.fields);
                checks::replaced(cx, &variant.attrs, Position::Part, &variant.fields);
                let rules = FieldRules::of_variant(serde, &SerdeAttrs::from_syn(&variant.attrs));
                checks::of_part(cx, own, &variant.attrs, &variant.fields, &rules)
            });
            variants.collect()
        }
        Data::Union(_) => TokenStream::new(),
    }
}

/// The names of the parameters of a type.
fn params(generics: &Generics) -> impl Iterator<Item = Ident> {
    generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.ident.clone(),
        GenericParam::Type(param) => param.ident.clone(),
        GenericParam::Const(param) => param.ident.clone(),
    })
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
        quote_spanned!(ident.span()=> const DEF: &'static __eskit::lock::ShapeDef = #expression;),
    )
}

/// The constant around the impl of a shape. rustc names it in the only message of shapes that it words itself: that of a cycle (E0391).
fn scope_name(ident: &Ident) -> Ident {
    let ty = bare(ident);
    Ident::new(&format!("__{ty}_holds_itself_through_other_types_so_state_the_shape_at_one_field"), ident.span())
}
