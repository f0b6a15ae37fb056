//! What `#[projection(..)]` says of the projection.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{LitStr, Path, Type};

use crate::attr::{self, Form, Once, Piece};
use crate::ctxt::Ctxt;
use crate::{diag, symbol, value};

pub(super) struct Options {
    pub(super) eskit: Path,
    /// Its name, if that is valid.
    pub(super) name: Option<LitStr>,
    pub(super) version: u32,
    pub(super) order: OrderDef,
    pub(super) on_error: OnErrorDef,
    /// The word `memory`.
    pub(super) memory: Option<Ident>,
}

/// Which events are handled in the order of the log.
pub(super) enum OrderDef {
    All,
    Stream,
    Each,
    Tag(LitStr),
}

/// What happens to an event whose handler fails.
#[derive(Clone, Copy)]
pub(super) enum OnErrorDef {
    Stop,
    Park,
    Skip,
}

impl Options {
    pub(super) fn from_args(cx: &Ctxt, args: TokenStream, self_ty: &Type) -> Options {
        let (before, has_words) = (cx.count(), !args.is_empty());
        let (mut name, mut version, mut order) = (Once::new(), Once::new(), Once::new());
        let (mut on_error, mut memory, mut eskit) = (Once::new(), Once::new(), Once::new());
        for piece in attr::read_list(cx, symbol::PROJECTION, args, symbol::PROJECTION_WORDS) {
            let word = &piece.word;
            match word.to_string().as_str() {
                symbol::NAME => name.set(cx, word, cx.ok(read_name(&piece, self_ty))),
                symbol::VERSION => {
                    let lit = piece.integer("version = 2").and_then(value::projection_version);
                    version.set(cx, word, cx.ok(lit));
                }
                symbol::BY => order.set(cx, word, cx.ok(read_order(&piece))),
                symbol::ON_ERROR => on_error.set(cx, word, cx.ok(read_on_error(&piece))),
                symbol::MEMORY => {
                    if !matches!(piece.form, Form::Word) {
                        cx.error(diag::takes_no_value(word));
                    }
                    memory.set(cx, word, Some(word.clone()));
                }
                _ => eskit.set(cx, word, cx.ok(piece.path("crate = path::to::eskit"))),
            }
        }
        // Where a word could not be read, it may have been the one that is missing.
        if !name.is_given() && cx.count() == before {
            cx.error(diag::projection_without_name(self_ty, has_words));
        }
        let on_error = on_error.get();
        if let Some((lit, OnErrorDef::Park)) = &on_error {
            if memory.is_given() {
                cx.error(diag::park_in_memory(lit));
            } else if !order.is_given() && cx.count() == before {
                cx.error(diag::park_without_order(lit));
            }
        }
        Options {
            eskit: attr::eskit_path(eskit.get()),
            name: name.get(),
            version: version.get().unwrap_or(1),
            order: order.get().unwrap_or(OrderDef::All),
            on_error: on_error.map_or(OnErrorDef::Stop, |(_, on_error)| on_error),
            memory: memory.get(),
        }
    }

    /// The name, to be shown in messages.
    pub(super) fn shown_name(&self) -> String {
        self.name.as_ref().map_or_else(|| "..".to_owned(), LitStr::value)
    }
}

fn read_name(piece: &Piece, self_ty: &Type) -> syn::Result<LitStr> {
    let lit = piece.string("").map_err(|_| {
        let given = if piece.given().is_empty() { piece.word.to_token_stream() } else { piece.given() };
        diag::projection_name_no_text(&piece.word, given, self_ty)
    })?;
    value::projection_name(&lit, &lit.value(), self_ty).map(|()| lit)
}

fn read_order(piece: &Piece) -> syn::Result<OrderDef> {
    let lit = piece.string("by = \"course\"")?;
    Ok(match lit.value().as_str() {
        "stream" => OrderDef::Stream,
        "each" => OrderDef::Each,
        key => {
            value::order_key(&lit, key)?;
            OrderDef::Tag(lit)
        }
    })
}

fn read_on_error(piece: &Piece) -> syn::Result<(LitStr, OnErrorDef)> {
    let lit = piece.string("on_error = \"park\"")?;
    let on_error = match lit.value().as_str() {
        "stop" => OnErrorDef::Stop,
        "park" => OnErrorDef::Park,
        "skip" => OnErrorDef::Skip,
        other => return Err(diag::on_error_unknown(&lit, other)),
    };
    Ok((lit, on_error))
}
