//! What `#[projection(..)]` and `#[processor(..)]` say alike.

use quote::ToTokens;
use syn::{LitStr, Path, Type};

use crate::attr::{self, Once, Piece};
use crate::ctxt::Ctxt;
use crate::diag::SubscriberKind;
use crate::{diag, symbol, value};

pub(crate) struct Options {
    pub(crate) eskit: Path,
    /// Its name, if that is valid.
    pub(crate) name: Option<LitStr>,
    pub(crate) order: OrderDef,
    pub(crate) on_error: OnErrorDef,
}

/// Which events are handled in the order of the log.
pub(crate) enum OrderDef {
    All,
    Stream,
    Each,
    Tag(LitStr),
}

/// What happens to an event whose handler fails.
#[derive(Clone, Copy)]
pub(crate) enum OnErrorDef {
    Stop,
    Park,
    Skip,
}

/// The words that both take, as far as they are read.
pub(crate) struct Words {
    kind: SubscriberKind,
    name: Once<LitStr>,
    order: Once<OrderDef>,
    on_error: Once<(LitStr, OnErrorDef)>,
    eskit: Once<Path>,
}

impl Words {
    pub(crate) fn new(kind: SubscriberKind) -> Words {
        Words { kind, name: Once::new(), order: Once::new(), on_error: Once::new(), eskit: Once::new() }
    }

    /// Takes the value of one of these words.
    pub(crate) fn read(&mut self, cx: &Ctxt, piece: &Piece, self_ty: &Type) {
        let word = &piece.word;
        match word.to_string().as_str() {
            symbol::NAME => self.name.set(cx, word, cx.ok(read_name(self.kind, piece, self_ty))),
            symbol::BY => self.order.set(cx, word, cx.ok(read_order(piece))),
            symbol::ON_ERROR => self.on_error.set(cx, word, cx.ok(read_on_error(piece))),
            _ => self.eskit.set(cx, word, cx.ok(piece.path("crate = path::to::eskit"))),
        }
    }

    pub(crate) fn has_name(&self) -> bool {
        self.name.is_given()
    }

    /// The value of `on_error = "park"`.
    pub(crate) fn park(&self) -> Option<&LitStr> {
        match self.on_error.as_ref() {
            Some((lit, OnErrorDef::Park)) => Some(lit),
            _ => None,
        }
    }

    /// Parking an event needs an order. `is_read` tells whether every word could be read: the one that could not may have been `by`.
    pub(crate) fn check_park(&self, cx: &Ctxt, is_read: bool) {
        if let Some(lit) = self.park()
            && !self.order.is_given()
            && is_read
        {
            cx.error(diag::park_without_order(lit));
        }
    }

    pub(crate) fn finish(self) -> Options {
        Options {
            eskit: attr::eskit_path(self.eskit.get()),
            name: self.name.get(),
            order: self.order.get().unwrap_or(OrderDef::All),
            on_error: self.on_error.get().map_or(OnErrorDef::Stop, |(_, on_error)| on_error),
        }
    }
}

fn read_name(kind: SubscriberKind, piece: &Piece, self_ty: &Type) -> syn::Result<LitStr> {
    let lit = piece.string("").map_err(|_| {
        let given = if piece.given().is_empty() { piece.word.to_token_stream() } else { piece.given() };
        diag::subscriber_name_no_text(kind, &piece.word, given, self_ty)
    })?;
    value::subscriber_name(kind, &lit, &lit.value(), self_ty).map(|()| lit)
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
