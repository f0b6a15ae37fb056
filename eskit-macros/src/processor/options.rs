//! What only `#[processor(..)]` says.

use proc_macro2::TokenStream;
use syn::{LitStr, Type};

use crate::attr::{self, Once, Piece};
use crate::ctxt::Ctxt;
use crate::diag::SubscriberKind;
use crate::subscriber::options::{Options, Words};
use crate::{diag, symbol};

pub(super) struct ProcessorOptions {
    pub(super) shared: Options,
    pub(super) from: FromDef,
}

/// Where a processor begins.
#[derive(Clone, Copy)]
pub(super) enum FromDef {
    Beginning,
    Now,
}

impl ProcessorOptions {
    pub(super) fn from_args(cx: &Ctxt, args: TokenStream, self_ty: &Type) -> ProcessorOptions {
        let (before, has_words) = (cx.count(), !args.is_empty());
        let mut words = Words::new(SubscriberKind::Processor);
        let mut from = Once::new();
        for piece in attr::read_list(cx, symbol::PROCESSOR, args, symbol::PROCESSOR_WORDS) {
            match piece.word.to_string().as_str() {
                symbol::FROM => from.set(cx, &piece.word, cx.ok(read_from(&piece))),
                _ => words.read(cx, &piece, self_ty),
            }
        }
        // Where a word could not be read, it may have been the one that is missing.
        let is_read = cx.count() == before;
        words.check_park(cx, is_read);
        let (has_name, has_from) = (words.has_name(), from.is_given());
        let shared = words.finish();
        if is_read && !has_words {
            cx.error(diag::processor_without_words(self_ty));
        } else if is_read {
            if !has_name {
                cx.error(diag::subscriber_without_name(SubscriberKind::Processor, self_ty, has_words));
            }
            if !has_from {
                cx.error(diag::processor_without_from(self_ty, shared.name.as_ref().map(LitStr::value).as_deref()));
            }
        }
        ProcessorOptions { shared, from: from.get().unwrap_or(FromDef::Now) }
    }
}

fn read_from(piece: &Piece) -> syn::Result<FromDef> {
    let lit = match piece.string("from = \"now\"") {
        Ok(lit) => lit,
        // A word without quotes.
        Err(error) => {
            let meant = piece.meant_strings().find_map(|lit| place(&lit).ok().map(|_| lit));
            return Err(meant.map_or(error, |lit| diag::from_no_text(&piece.word, piece.given(), &lit.value())));
        }
    };
    place(&lit)
}

fn place(lit: &LitStr) -> syn::Result<FromDef> {
    match lit.value().as_str() {
        "beginning" => Ok(FromDef::Beginning),
        "now" => Ok(FromDef::Now),
        other => Err(diag::from_unknown(lit, other)),
    }
}
