//! `#[projection(..)]`: from an impl block to the impls of `Subscriber` and of the trait that hands it events.

mod def;
mod expand;
mod options;
mod other;
mod rules;
mod tx;

use proc_macro2::TokenStream;

use crate::block::mark::Marks;
use crate::ctxt::Ctxt;
use crate::subscriber::Expand;
use crate::subscriber::def::SubscriberDef;
use def::{MARKS, ProjectionDef};

impl Expand for ProjectionDef {
    const MARKS: Marks = MARKS;

    fn from_syn(cx: &Ctxt, args: TokenStream, item: TokenStream) -> Option<ProjectionDef> {
        ProjectionDef::read(cx, args, item)
    }

    fn subscriber(&self) -> &SubscriberDef {
        &self.subscriber
    }

    fn expand(&self) -> TokenStream {
        expand::expand(self)
    }

    fn fallback(&self) -> TokenStream {
        expand::fallback(self)
    }
}

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    crate::subscriber::expand::<ProjectionDef>(args, item)
}
