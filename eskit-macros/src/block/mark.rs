//! The marks that stand on the methods of an impl block, such as `#[evolve]`.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use syn::{Attribute, Error, Meta};

use crate::attr::{self, Piece};
use crate::ctxt::Ctxt;
use crate::diag;
use crate::syntax::tokens::{is_ident, split_at_commas};
use crate::wrap::bare;

/// The marks of the methods in one kind of impl block.
pub(crate) struct Marks {
    /// Each mark, with the words that its list takes; a mark that takes no words has no list.
    pub(crate) marks: &'static [(&'static str, &'static [&'static str])],
    /// Marks of another kind of block, of which only that they stand here is reported.
    pub(crate) elsewhere: &'static [&'static str],
    /// Those of `marks` whose list begins with a text.
    pub(crate) texts: &'static [&'static str],
    /// Other attributes, each with the mark that is meant where one stands on a method.
    pub(crate) slips: &'static [(&'static str, &'static str)],
    /// The message about a second mark on one method.
    pub(crate) twice: fn(&Attribute) -> Error,
}

/// The mark of one method.
pub(crate) struct Mark<'a> {
    pub(crate) attr: &'a Attribute,
    pub(crate) word: &'static str,
    /// The text with which its list begins, if it is a mark with one.
    pub(crate) text: Option<Literal>,
    /// What its list says.
    pub(crate) pieces: Vec<Piece>,
}

impl Marks {
    /// The mark of this name.
    pub(crate) fn known(&self, name: &str) -> Option<&'static str> {
        self.words().find(|word| *word == name)
    }

    /// The mark that an attribute is: `#[word]`, or `#[path::to::word]`.
    pub(crate) fn of(&self, attr: &Attribute) -> Option<&'static str> {
        let last = attr.path().segments.last()?;
        self.words().find(|word| last.ident == *word)
    }

    fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.marks.iter().map(|(word, _)| *word).chain(self.elsewhere.iter().copied())
    }

    /// Reads the mark of a method, if it has one.
    pub(crate) fn read<'a>(&self, cx: &Ctxt, attrs: &'a [Attribute]) -> Option<Mark<'a>> {
        let mut marked = attrs.iter().filter_map(|attr| Some((attr, self.of(attr)?)));
        let (attr, word) = marked.next()?;
        for (second, _) in marked {
            cx.error((self.twice)(second));
        }
        let (text, pieces) = match self.marks.iter().find(|(mark, _)| *mark == word) {
            Some((_, valid)) => self.read_list(cx, attr, word, valid),
            None => (None, Vec::new()),
        };
        Some(Mark { attr, word, text, pieces })
    }

    /// What the list of a mark says: its text, if it has one, and its pieces.
    fn read_list(&self, cx: &Ctxt, attr: &Attribute, word: &str, valid: &[&str]) -> (Option<Literal>, Vec<Piece>) {
        let mut list = match &attr.meta {
            Meta::Path(_) => return (None, Vec::new()),
            Meta::List(list) if !valid.is_empty() => list.tokens.clone(),
            // That its text is not in a list is reported with what it should be.
            Meta::NameValue(_) if self.texts.contains(&word) => return (None, Vec::new()),
            _ => {
                cx.error(diag::marker_arguments(attr, word));
                return (None, Vec::new());
            }
        };
        let text = if self.texts.contains(&word) { split_off_text(cx, &mut list) } else { None };
        (text, attr::read_list(cx, word, list, valid))
    }

    /// Reads an attribute that was probably meant as a mark as if it were one, after reporting it; so too a mark inside
    /// of `cfg_attr`.
    pub(crate) fn repair(&self, cx: &Ctxt, attrs: &mut [Attribute]) {
        for attr in attrs {
            let name = attr.path().get_ident().map(bare).unwrap_or_default();
            let repaired = if name == "cfg_attr" {
                let found = self.conditional(attr);
                found.map(|(word, inner)| {
                    cx.error(diag::marker_conditional(&*attr, word));
                    syn::parse2(inner.clone())
                        .map_or_else(|_| bare_mark(word), |meta: Meta| syn::parse_quote!(#[#meta]))
                })
            } else if self.known(&name).is_some() {
                None
            } else {
                self.typo(cx, attr, &name)
            };
            if let Some(repaired) = repaired {
                *attr = repaired;
            }
        }
    }

    /// The mark that was probably meant by another attribute, after reporting it.
    fn typo(&self, cx: &Ctxt, attr: &Attribute, name: &str) -> Option<Attribute> {
        let slip = self.slips.iter().find(|(slip, _)| *slip == name).map(|(_, meant)| *meant);
        let words: Vec<&'static str> = self.marks.iter().map(|(word, _)| *word).collect();
        let word = slip.or_else(|| diag::did_you_mean(name, &words))?;
        cx.error(diag::marker_typo(attr.path(), name, word));
        Some(match &attr.meta {
            Meta::List(list) if slip.is_none() => {
                let (word, tokens) = (Ident::new(word, Span::call_site()), &list.tokens);
                syn::parse_quote!(#[#word(#tokens)])
            }
            _ => bare_mark(word),
        })
    }

    /// The mark that a `cfg_attr` holds: its word, and what follows the condition.
    fn conditional(&self, attr: &Attribute) -> Option<(&'static str, TokenStream)> {
        let Meta::List(list) = &attr.meta else { return None };
        let pieces = split_at_commas(list.tokens.clone());
        let holds = |piece: &TokenStream, word| piece.clone().into_iter().any(|token| is_ident(&token, word));
        self.words().find_map(|word| Some((word, pieces.iter().find(|piece| holds(piece, word))?.clone())))
    }
}

fn bare_mark(word: &str) -> Attribute {
    let word = Ident::new(word, Span::call_site());
    syn::parse_quote!(#[#word])
}

/// The text with which a list begins, and leaves in it what is behind the comma.
fn split_off_text(cx: &Ctxt, list: &mut TokenStream) -> Option<Literal> {
    let mut rest = list.clone().into_iter();
    let Some(TokenTree::Literal(text)) = rest.next() else { return None };
    *list = rest.clone().collect();
    match rest.next() {
        Some(TokenTree::Punct(comma)) if comma.as_char() == ',' => *list = rest.collect(),
        Some(other) => cx.error(diag::comma_missing(&other)),
        None => {}
    }
    Some(text)
}
