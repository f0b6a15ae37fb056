//! What `#[projection]` and `#[processor]` share: impl blocks with `#[on]` methods, which take the events of a log.

pub(crate) mod def;
pub(crate) mod expand;
pub(crate) mod method;
pub(crate) mod options;
pub(crate) mod rules;

use proc_macro2::TokenStream;
use quote::quote;

use crate::block::mark::Marks;
use crate::block::without_marks;
use crate::ctxt::Ctxt;
use crate::wrap::wrap;
use def::SubscriberDef;

/// What one of these macros makes of a block.
pub(crate) trait Expand: Sized {
    /// The marks of the items.
    const MARKS: Marks;

    /// Reads the block; `None` when nothing can stand in for it, after recording why.
    fn from_syn(cx: &Ctxt, args: TokenStream, item: TokenStream) -> Option<Self>;

    fn subscriber(&self) -> &SubscriberDef;

    fn expand(&self) -> TokenStream;

    /// What stands beside an error.
    fn fallback(&self) -> TokenStream;
}

/// The block without its marks, and the impls, or the errors and what stands beside them.
pub(crate) fn expand<D: Expand>(args: TokenStream, item: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let Some(def) = D::from_syn(&cx, args, item.clone()) else {
        let (clean, errors) = (without_marks(item, &D::MARKS), cx.finish().err());
        return quote!(#clean #errors);
    };
    let (errors, items) = match cx.finish() {
        Ok(()) => (TokenStream::new(), def.expand()),
        Err(errors) => (errors, def.fallback()),
    };
    let subscriber = def.subscriber();
    let (clean, claim) = (&subscriber.clean, expand::claim(subscriber));
    let generated = wrap(&subscriber.options.eskit, items);
    quote!(#clean #errors #claim #generated)
}
