//! What only `#[projection(..)]` says.

use proc_macro2::{Ident, TokenStream};
use syn::{LitStr, Type};

use crate::attr::{self, Form, Once};
use crate::ctxt::Ctxt;
use crate::diag::SubscriberKind;
use crate::kind::Kept;
use crate::subscriber::options::{Options, Words};
use crate::{diag, symbol, value};

pub(super) struct ProjectionOptions {
    pub(super) shared: Options,
    pub(super) version: u32,
    /// The word `memory`.
    pub(super) memory: Option<Ident>,
    /// What it keeps of personal data, and where that is said.
    pub(super) personal: Option<(Kept, LitStr)>,
}

impl ProjectionOptions {
    pub(super) fn from_args(cx: &Ctxt, args: TokenStream, self_ty: &Type) -> ProjectionOptions {
        let (before, has_words) = (cx.count(), !args.is_empty());
        let mut words = Words::new(SubscriberKind::Projection);
        let (mut version, mut memory, mut personal) = (Once::new(), Once::new(), Once::new());
        for piece in attr::read_list(cx, symbol::PROJECTION, args, symbol::PROJECTION_WORDS) {
            let word = &piece.word;
            match word.to_string().as_str() {
                symbol::VERSION => {
                    let lit = piece.integer("version = 2").and_then(value::projection_version);
                    version.set(cx, word, cx.ok(lit));
                }
                symbol::MEMORY => {
                    if !matches!(piece.form, Form::Word) {
                        cx.error(diag::takes_no_value(word));
                    }
                    memory.set(cx, word, Some(word.clone()));
                }
                symbol::PERSONAL => {
                    personal.set(cx, word, cx.ok(piece.string("personal = \"none\"").and_then(value::kept)));
                }
                _ => words.read(cx, &piece, self_ty),
            }
        }
        // Where a word could not be read, it may have been the one that is missing.
        let is_read = cx.count() == before;
        if !words.has_name() && is_read {
            cx.error(diag::subscriber_without_name(SubscriberKind::Projection, self_ty, has_words));
        }
        match words.park() {
            Some(lit) if memory.is_given() => cx.error(diag::park_in_memory(lit)),
            _ => words.check_park(cx, is_read),
        }
        ProjectionOptions {
            shared: words.finish(),
            version: version.get().unwrap_or(1),
            memory: memory.get(),
            personal: personal.get(),
        }
    }

    /// The name, to be shown in messages.
    pub(super) fn shown_name(&self) -> String {
        self.shared.name.as_ref().map_or_else(|| "..".to_owned(), LitStr::value)
    }
}
