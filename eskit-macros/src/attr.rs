//! The recovering attribute reader: a list is split at its top-level commas and each piece is read alone, so a mistake
//! in one piece costs that piece only.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::{Attribute, Ident, Lit, LitInt, LitStr, Meta, Path};

use crate::ctxt::Ctxt;
use crate::syntax::tokens::split_at_commas;
use crate::{diag, meant, symbol};

/// One piece of an attribute's list: `word`, `word = value` or `word(list)`.
pub(crate) struct Piece {
    pub(crate) word: Ident,
    pub(crate) form: Form,
    /// Whether the user wrote another word, which was reported.
    repaired: bool,
}

pub(crate) enum Form {
    Word,
    Value(TokenStream),
    List(TokenStream),
}

/// The words of all attributes called `name`, as pieces; words that `valid` does not hold are reported and left out.
pub(crate) fn pieces(cx: &Ctxt, attrs: &[Attribute], name: &str, valid: &[&str]) -> Vec<Piece> {
    let mut all = all_pieces(cx, attrs, name, valid);
    all.retain(|piece| !piece.repaired);
    all
}

/// Reads the words of all attributes called `name`. A word that was reported, but whose meaning is clear, is read too, after
/// the others and without a second report: what else depends on it then is no mistake.
pub(crate) fn read_each(
    cx: &Ctxt,
    attrs: &[Attribute],
    name: &str,
    valid: &[&str],
    mut read: impl FnMut(&Ctxt, &Piece),
) {
    let (repaired, written): (Vec<_>, Vec<_>) =
        all_pieces(cx, attrs, name, valid).into_iter().partition(|piece| piece.repaired);
    for piece in &written {
        read(cx, piece);
    }
    let silent = Ctxt::new();
    for piece in &repaired {
        read(&silent, piece);
    }
    drop(silent.finish());
}

fn all_pieces(cx: &Ctxt, attrs: &[Attribute], name: &str, valid: &[&str]) -> Vec<Piece> {
    let mut all = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        match &attr.meta {
            Meta::List(list) => all.extend(read_pieces(cx, name, list.tokens.clone(), valid)),
            _ => cx.error(diag::expected_list(attr, name, valid)),
        }
    }
    all
}

/// The pieces of one list.
pub(crate) fn read_list(cx: &Ctxt, name: &str, list: TokenStream, valid: &[&str]) -> Vec<Piece> {
    read_pieces(cx, name, list, valid).filter(|piece| !piece.repaired).collect()
}

fn read_pieces(cx: &Ctxt, name: &str, list: TokenStream, valid: &[&str]) -> impl Iterator<Item = Piece> {
    split_at_commas(list).into_iter().filter_map(|piece| read_piece(cx, name, piece, valid))
}

/// One piece of a list; nothing after a report that says why.
pub(crate) fn read_piece(cx: &Ctxt, name: &str, tokens: TokenStream, valid: &[&str]) -> Option<Piece> {
    let mut rest = tokens.clone().into_iter();
    let Some(TokenTree::Ident(word)) = rest.next() else {
        cx.error(diag::not_a_word(tokens, name, valid));
        return None;
    };
    // `from` is read on a variant too, to be refused with the variant's name.
    let of_variant = valid == symbol::EVENT_VARIANT_WORDS && word == symbol::FROM;
    if !of_variant && !valid.iter().any(|known| word == known) {
        if let Some(error) = misplaced_word(&word, name) {
            cx.error(error);
            return None;
        }
        return repair(cx, name, &word, rest, valid);
    }
    let form = read_form(cx, &word, rest);
    Some(Piece { word, form, repaired: false })
}

/// Reports a word that is unknown; the piece that was probably meant.
fn repair(cx: &Ctxt, name: &str, word: &Ident, rest: impl Iterator<Item = TokenTree>, valid: &[&str]) -> Option<Piece> {
    let Some(meant) = diag::did_you_mean(&word.to_string(), valid) else {
        cx.error(diag::unknown_word(word, name, valid, None));
        return None;
    };
    let silent = Ctxt::new();
    let form = read_form(&silent, word, rest);
    drop(silent.finish());
    let piece = Piece { word: Ident::new(meant, word.span()), form, repaired: true };
    let shown = match (name, meant) {
        // Elsewhere it names a type.
        (symbol::PROCESSOR, symbol::FROM) => piece.text(),
        _ => piece.meant(),
    };
    cx.error(diag::unknown_word(word, name, valid, shown.as_deref()));
    Some(piece)
}

fn read_form(cx: &Ctxt, word: &Ident, mut rest: impl Iterator<Item = TokenTree>) -> Form {
    match rest.next() {
        None => Form::Word,
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => Form::Value(read_value(cx, rest)),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            if let Some(extra) = rest.next() {
                cx.error(diag::comma_missing(&extra));
            }
            Form::List(group.stream())
        }
        Some(value @ TokenTree::Literal(_)) => {
            cx.error(diag::equals_missing(word, &value, &value));
            Form::Value(value.into())
        }
        Some(TokenTree::Punct(colon)) if colon.as_char() == ':' => {
            let value = read_value(cx, rest);
            cx.error(diag::equals_missing(word, &colon, &value));
            Form::Value(value)
        }
        Some(other) => {
            cx.error(diag::comma_missing(&other));
            Form::Word
        }
    }
}

/// The tokens behind `=`. A literal ends the value: what follows it lacks a comma.
fn read_value(cx: &Ctxt, mut rest: impl Iterator<Item = TokenTree>) -> TokenStream {
    match rest.next() {
        Some(literal @ TokenTree::Literal(_)) => {
            if let Some(extra) = rest.next() {
                cx.error(diag::comma_missing(&extra));
            }
            literal.into()
        }
        first => first.into_iter().chain(rest).collect(),
    }
}

/// What to say of a word that another place takes.
fn misplaced_word(word: &Ident, name: &str) -> Option<syn::Error> {
    if name == symbol::PROCESSOR {
        return match word.to_string().as_str() {
            symbol::VERSION => Some(diag::processor_version(word)),
            symbol::MEMORY => Some(diag::processor_memory(word)),
            symbol::REFUSED => Some(diag::refused_on_block(word)),
            symbol::WORKERS | symbol::ATTEMPTS | symbol::WITHIN | symbol::BATCH => Some(diag::work_word_on_block(word)),
            _ => None,
        };
    }
    if name == symbol::COMMAND {
        // A struct takes them all.
        let of_struct = symbol::COMMAND_WORDS.iter().any(|known| word == known);
        return of_struct.then(|| diag::command_word_on_set(word));
    }
    let elsewhere = name == symbol::EVENT && symbol::EVENT_WORDS.iter().any(|known| word == known);
    elsewhere.then(|| if word == symbol::CRATE { diag::crate_on_variant(word) } else { diag::event_word_on_enum(word) })
}

impl Piece {
    /// Whether the user wrote another word, which was reported.
    pub(crate) fn is_repaired(&self) -> bool {
        self.repaired
    }

    /// Whether its value is no literal.
    pub(crate) fn is_bare(&self) -> bool {
        self.literal().is_none()
    }

    /// The string of `word = "text"`.
    pub(crate) fn string(&self, example: &str) -> syn::Result<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) => Ok(text),
            _ => Err(self.expected("a string", example)),
        }
    }

    /// The number of `word = 3`.
    pub(crate) fn integer(&self, example: &str) -> syn::Result<LitInt> {
        match self.literal() {
            Some(Lit::Int(number)) => Ok(number),
            _ if let Some(path) = self.path_value() => Err(diag::value_is_constant(&self.word, &path, example)),
            _ => Err(self.expected("a number", example)),
        }
    }

    /// The path of `word = path::to::item`.
    pub(crate) fn path(&self, example: &str) -> syn::Result<Path> {
        self.path_value().ok_or_else(|| self.expected("a path", example))
    }

    /// What stands behind the word, whatever its form.
    pub(crate) fn given(&self) -> TokenStream {
        match &self.form {
            Form::Word => TokenStream::new(),
            Form::Value(tokens) | Form::List(tokens) => tokens.clone(),
        }
    }

    /// The strings that were probably meant.
    pub(crate) fn meant_strings(&self) -> impl Iterator<Item = LitStr> {
        let span = self.word.span();
        meant::texts(self.given()).into_iter().map(move |text| LitStr::new(&text, span))
    }

    /// The piece with the first text that was probably meant.
    fn text(&self) -> Option<String> {
        self.meant_strings().next().map(|text| format!("{} = {:?}", self.word, text.value()))
    }

    fn value(&self) -> Option<&TokenStream> {
        match &self.form {
            Form::Value(value) if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    fn literal(&self) -> Option<Lit> {
        self.value().and_then(|value| syn::parse2(value.clone()).ok())
    }

    fn path_value(&self) -> Option<Path> {
        self.value().and_then(|value| Path::parse_mod_style.parse2(value.clone()).ok())
    }

    /// The help shows the example only where it cannot show what was meant.
    fn expected(&self, what: &str, example: &str) -> syn::Error {
        let (meant, word) = (self.meant(), &self.word);
        let value = self.value().cloned().unwrap_or_else(|| word.to_token_stream());
        diag::expected_value(word, value, what, meant.as_deref().unwrap_or(example))
    }

    /// The piece in the form that is read, where it stands in another, but says what is meant.
    fn meant(&self) -> Option<String> {
        let word = &self.word;
        let texts = || meant::texts(self.given()).into_iter();
        let is_string = matches!(self.literal(), Some(Lit::Str(_)));
        match word.to_string().as_str() {
            symbol::ALIAS if !is_string => {
                let pieces: Vec<String> = texts().map(|text| format!("{word} = {text:?}")).collect();
                (!pieces.is_empty()).then(|| pieces.join(", "))
            }
            symbol::NAME
            | symbol::CONTEXT
            | symbol::STREAM
            | symbol::BY
            | symbol::ON_ERROR
            | symbol::REFUSED
            | symbol::SUBJECT
            | symbol::KIND
            | symbol::PERSONAL
                if !is_string =>
            {
                self.text()
            }
            symbol::TAG if !is_string && self.value().is_some() => diag::tag_piece(&texts().collect::<Vec<_>>()),
            symbol::WITHIN if !is_string => {
                let seconds = meant::number(self.given()).map(|number| format!("{word} = \"{number}s\""));
                seconds.or_else(|| self.text())
            }
            symbol::VERSION | symbol::WORKERS | symbol::ATTEMPTS | symbol::BATCH
                if !matches!(self.literal(), Some(Lit::Int(_))) =>
            {
                meant::number(self.given()).map(|number| format!("{word} = {number}"))
            }
            symbol::FROM | symbol::CRATE if self.path_value().is_none() => {
                meant::path(self.given()).map(|path| format!("{word} = {path}"))
            }
            _ => None,
        }
    }
}

/// A setting that may be given once.
pub(crate) struct Once<T> {
    given: bool,
    value: Option<T>,
}

impl<T> Once<T> {
    pub(crate) fn new() -> Once<T> {
        Once { given: false, value: None }
    }

    /// Keeps the first value, or that there was one which could not be read; a second one is reported at its word.
    pub(crate) fn set(&mut self, cx: &Ctxt, word: &Ident, value: Option<T>) {
        if self.given {
            cx.error(diag::given_twice(word));
        } else {
            *self = Once { given: true, value };
        }
    }

    pub(crate) fn get(self) -> Option<T> {
        self.value
    }

    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.value.as_ref()
    }

    pub(crate) fn is_given(&self) -> bool {
        self.given
    }
}

/// The path of eskit's private module under a crate path.
pub(crate) fn eskit_path(given: Option<Path>) -> Path {
    given.unwrap_or_else(|| syn::parse_quote!(::eskit))
}

/// The `crate = path` of an attribute that takes no other word.
pub(crate) fn crate_only(cx: &Ctxt, pieces: &[Piece]) -> Path {
    let mut path = Once::new();
    for piece in pieces {
        let value = cx.ok(piece.path("crate = path::to::eskit"));
        path.set(cx, &piece.word, value);
    }
    eskit_path(path.get())
}
