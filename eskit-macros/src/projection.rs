//! `#[projection(..)]`: from an impl block to the impls of `Subscriber` and of the trait that hands it events.

mod def;
mod expand;
mod method;
mod options;
mod other;
mod rules;

use proc_macro2::TokenStream;
use quote::quote;

use crate::block::without_marks;
use crate::claim;
use crate::ctxt::Ctxt;
use crate::wrap::wrap;
use def::{MARKS, ProjectionDef};

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let Some(def) = ProjectionDef::from_syn(&cx, args, item.clone()) else {
        let (clean, errors) = (unmarked(item), cx.finish().err());
        return quote!(#clean #errors);
    };
    let clean = &def.clean;
    let (errors, items) = match cx.finish() {
        Ok(()) => (TokenStream::new(), expand::expand(&def)),
        Err(errors) => (errors, expand::fallback(&def)),
    };
    let claim = def.options.name.as_ref().map(|name| claim::projection(&name.value(), name.span()));
    let generated = wrap(&def.options.eskit, items);
    quote!(#clean #errors #claim #generated)
}

/// A block without the marks, which mean nothing outside of a projection.
pub(crate) fn unmarked(item: TokenStream) -> TokenStream {
    without_marks(item, &MARKS)
}
