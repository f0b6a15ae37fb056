//! `#[processor(..)]`: from an impl block to the impls of `Subscriber` and `Processor`.

mod acts;
mod cron;
mod def;
mod effect;
mod every;
mod expand;
mod list;
mod options;
mod work;
mod zone;

use proc_macro2::TokenStream;

use crate::block::mark::Marks;
use crate::block::without_marks;
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

/// A block without the marks of projections and processors, which mean nothing outside of one.
pub(crate) fn unmarked(item: TokenStream) -> TokenStream {
    without_marks(item, &MARKS)
}
