//! `#[shape(..)]`: shapes that are stated, not seen.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Attribute, LitStr, Meta, Path, Type};

use crate::ctxt::Ctxt;
use crate::syntax::tokens::split_at_commas;
use crate::{diag, symbol};

/// Where an attribute stands, and so which words it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// A type that derives `Shape`.
    Type,
    /// A type that derives `Event`.
    Event,
    /// A field or a variant.
    Part,
}

/// A shape in place of the one that the type would have.
#[derive(Clone)]
pub(crate) enum Stated {
    Name(LitStr),
    As(Box<Type>),
}

#[derive(Clone, Default)]
pub(crate) struct ShapeAttrs {
    pub(crate) stated: Option<Stated>,
    pub(crate) eskit: Option<Path>,
    /// The lock passes this event over.
    pub(crate) unlocked: bool,
}

impl ShapeAttrs {
    pub(crate) fn from_syn(cx: &Ctxt, attrs: &[Attribute], position: Position) -> ShapeAttrs {
        let mut read = ShapeAttrs::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::SHAPE)) {
            match &attr.meta {
                Meta::List(list) if !list.tokens.is_empty() => {
                    for piece in split_at_commas(list.tokens.clone()) {
                        read.piece(cx, piece, position);
                    }
                }
                _ => cx.error(diag::shape_malformed(attr)),
            }
        }
        read
    }

    fn piece(&mut self, cx: &Ctxt, piece: TokenStream, position: Position) {
        let mut tokens = piece.clone().into_iter();
        let stated = match (tokens.next(), tokens.next()) {
            (Some(TokenTree::Literal(_)), None) => cx.ok(stated_name(piece)).map(Stated::Name),
            (Some(TokenTree::Ident(word)), None) if word == symbol::UNLOCKED && position == Position::Event => {
                self.unlocked = true;
                return;
            }
            (Some(TokenTree::Ident(word)), Some(TokenTree::Punct(equals))) if equals.as_char() == '=' => {
                let value: TokenStream = tokens.collect();
                if word == symbol::CRATE && position == Position::Type {
                    self.eskit = cx.ok(Path::parse_mod_style.parse2(value).map_err(|_| diag::shape_malformed(piece)));
                    return;
                }
                if word != symbol::AS {
                    return cx.error(diag::unknown_word(&word, symbol::SHAPE, words(position), None));
                }
                let ty = syn::parse2(value).map_err(|_| diag::shape_malformed(piece));
                cx.ok(ty).map(|ty| Stated::As(Box::new(ty)))
            }
            (Some(_), _) if let Some(ty) = type_without_word(&piece, position) => {
                cx.error(diag::shape_without_as(&piece));
                Some(Stated::As(Box::new(ty)))
            }
            (Some(TokenTree::Ident(word)), None) => {
                return cx.error(diag::unknown_word(&word, symbol::SHAPE, words(position), None));
            }
            _ => return cx.error(diag::shape_malformed(piece)),
        };
        if self.stated.is_some() {
            cx.error(diag::shape_twice(stated_tokens(stated.as_ref())));
        }
        self.stated = self.stated.take().or(stated);
    }
}

/// A type where the word `as` should stand before it.
fn type_without_word(piece: &TokenStream, position: Position) -> Option<Type> {
    let ty: Type = syn::parse2(piece.clone()).ok()?;
    match syn::parse2::<Ident>(piece.clone()) {
        // One lower case name is a word, unless it is a type of the language.
        Ok(name) => {
            let text = name.to_string();
            let is_type = text.starts_with(|first: char| first.is_ascii_uppercase()) || PRIMITIVES.contains(&&*text);
            (is_type && diag::did_you_mean(&text, words(position)).is_none()).then_some(ty)
        }
        // `crate` is a word too.
        Err(_) => (piece.clone().into_iter().count() > 1).then_some(ty),
    }
}

const PRIMITIVES: [&str; 16] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize",
];

fn words(position: Position) -> &'static [&'static str] {
    match position {
        Position::Type => symbol::SHAPE_WORDS,
        Position::Event => symbol::SHAPE_EVENT_WORDS,
        Position::Part => symbol::SHAPE_PART_WORDS,
    }
}

fn stated_tokens(stated: Option<&Stated>) -> TokenStream {
    use quote::ToTokens;
    match stated {
        Some(Stated::Name(lit)) => lit.to_token_stream(),
        Some(Stated::As(ty)) => ty.to_token_stream(),
        None => TokenStream::new(),
    }
}

/// The words of the lock's own; the same as in `eskit-runtime`'s `shape::def`.
const OWN_WORDS: [&str; 9] = ["struct", "enum", "tuple", "map", "option", "list", "array", "personal", "gone"];

fn stated_name(tokens: TokenStream) -> syn::Result<LitStr> {
    let lit: LitStr = syn::parse2(tokens.clone()).map_err(|_| diag::shape_malformed(tokens))?;
    let name = lit.value();
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.:".contains(&b));
    if name.is_empty() || !plain || OWN_WORDS.contains(&name.as_str()) {
        return Err(diag::shape_name(&lit, &name));
    }
    Ok(lit)
}
