//! `#[aggregate(..)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput};

use crate::ast::{AggregateDef, KeyDef};
use crate::ctxt::Ctxt;
use crate::kind::Kept;
use crate::shape::hash;
use crate::wrap::{bare, check, implementation, is_public, location, wrap};
use crate::{diag, fallback};

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item.clone()) {
        Ok(input) => input,
        Err(_) => {
            let first = item.clone().into_iter().next();
            let error = diag::aggregate_item(first).to_compile_error();
            return quote!(#item #error);
        }
    };
    let cx = Ctxt::new();
    if let Data::Union(data) = &input.data {
        cx.error(diag::union("an aggregate", data.union_token));
    }
    if !input.generics.params.is_empty() {
        cx.error(diag::generic("an aggregate", &input.generics));
    }
    let def = AggregateDef::from_args(&cx, args, &input.ident);
    crate::check::aggregate(&cx, &def, &input);
    let generated = match cx.finish() {
        Ok(()) => expand_def(&input, &def),
        Err(errors) if matches!(input.data, Data::Union(_)) => errors,
        Err(errors) => fallback::aggregate(errors, &input, &def.eskit),
    };
    quote!(#item #generated)
}

fn expand_def(input: &DeriveInput, def: &AggregateDef) -> TokenStream {
    let ident = &input.ident;
    let name = bare(ident);
    let (partial, index, version, slug) = (def.partial.is_some(), &def.index, def.version, diag::slug(&name));
    let key = match &def.key {
        Some(KeyDef::Stream(name)) => quote!(__eskit::Key::Stream(#name)),
        Some(KeyDef::Tags(names)) => quote!(__eskit::Key::Tags(&[#(#names),*])),
        Some(KeyDef::All) => quote!(__eskit::Key::All),
        None => quote!(__eskit::Key::Tags(&[])),
    };
    let personal = Kept::expand(def.personal);
    let count = def.key.as_ref().map_or(1, KeyDef::count);
    let types = def.types.as_ref().map_or(&[][..], |(_, types)| types);
    let id_types = types.iter().map(|ty| quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::ID_TYPE));
    let arities = types.iter().map(|ty| {
        let arity = quote_spanned!(ty.span()=> <#ty as __eskit::TagValue>::ARITY);
        check(&[], &quote_spanned!(ty.span()=> __eskit::check_key_type(#arity)))
    });
    let keys = match types {
        [] => quote!(__eskit::Keys<#count>),
        [ty] => quote!(__eskit::Stated<Self, #ty>),
        types => quote!((#(__eskit::Stated<Self, #types>,)*)),
    };
    // Where the type is private, rustc says so here.
    let place = types.first().map_or_else(Span::call_site, Spanned::span);
    let keys = quote_spanned!(place=> type Keys = #keys;);
    let shape = shape(input);
    let public = is_public(&input.vis);
    let location = location();
    let header = quote_spanned!(ident.span()=> impl __eskit::Aggregate for #ident);
    let initial = quote_spanned!(ident.span()=> <#ident as __eskit::Initial>::initial());
    let body = quote! {
        const TYPE: &'static __eskit::AggregateType = &__eskit::AggregateType {
            name: #name,
            key: #key,
            id_types: &[#(#id_types),*],
            partial: #partial,
            index: &[#(#index),*],
            version: #version,
            personal: #personal,
            shape: #shape,
            slug: #slug,
            public: #public,
            location: #location,
        };
        #keys

        fn initial() -> Self {
            #initial
        }
    };
    let implementation = implementation(ident.span(), header, body);
    wrap(&def.eskit, quote!(#implementation #(#arities)*))
}

/// The hash of the fields as they stand in the source and, where the type has one, of its shape.
fn shape(input: &DeriveInput) -> TokenStream {
    let (ident, fields) = (&input.ident, hash::tokens(input.to_token_stream()));
    quote! {{
        use __eskit::lock::NoShape as _;
        __eskit::lock::state_shape(#fields, __eskit::lock::ShapeOf::<#ident>::DEF)
    }}
}
