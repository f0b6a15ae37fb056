//! `#[processor(..)]`: from an impl block to the impls of `Subscriber` and `Processor`.

mod def;
mod effect;
mod expand;
mod options;

use proc_macro2::TokenStream;

use crate::block::mark::Marks;
use crate::ctxt::Ctxt;
use crate::subscriber::Expand;
use crate::subscriber::def::SubscriberDef;
use def::{MARKS, ProcessorDef};

impl Expand for ProcessorDef {
    const MARKS: Marks = MARKS;

    fn from_syn(cx: &Ctxt, args: TokenStream, item: TokenStream) -> Option<ProcessorDef> {
        ProcessorDef::read(cx, args, item)
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
    crate::subscriber::expand::<ProcessorDef>(args, item)
}
