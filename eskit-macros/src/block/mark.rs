//! The marks that stand on the methods of an impl block, such as `#[evolve]`.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Error, Meta};

use crate::attr::{self, Piece};
use crate::ctxt::Ctxt;
use crate::diag;
use crate::syntax::tokens::is_ident;
use crate::wrap::bare;

/// The marks of the methods in one kind of impl block.
pub(crate) struct Marks {
    /// Each mark, with the words that its list takes; a mark that takes no words has no list.
    pub(crate) marks: &'static [(&'static str, &'static [&'static str])],
    /// Other attributes, each with the mark that is meant where one stands on a method.
    pub(crate) slips: &'static [(&'static str, &'static str)],
    /// The message about a second mark on one method.
    pub(crate) twice: fn(&Attribute) -> Error,
}

/// The mark of one method.
pub(crate) struct Mark<'a> {
    pub(crate) attr: &'a Attribute,
    pub(crate) word: &'static str,
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
        self.marks.iter().map(|(word, _)| *word)
    }

    /// Reads the mark of a method, if it has one.
    pub(crate) fn read<'a>(&self, cx: &Ctxt, attrs: &'a [Attribute]) -> Option<Mark<'a>> {
        let mut marked = attrs.iter().filter_map(|attr| Some((attr, self.of(attr)?)));
        let (attr, word) = marked.next()?;
        for (second, _) in marked {
            cx.error((self.twice)(second));
        }
        let valid = self.marks.iter().find(|(mark, _)| *mark == word).map_or(&[][..], |(_, valid)| valid);
        let pieces = match &attr.meta {
            Meta::Path(_) => Vec::new(),
            Meta::List(list) if !valid.is_empty() => attr::read_list(cx, word, list.tokens.clone(), valid),
            _ => {
                cx.error(diag::marker_arguments(attr, word));
                Vec::new()
            }
        };
        Some(Mark { attr, word, pieces })
    }

    /// Reads an attribute that was probably meant as a mark as if it were one, after reporting it; so too a mark inside
    /// of `cfg_attr`.
    pub(crate) fn repair(&self, cx: &Ctxt, attrs: &mut [Attribute]) {
        for attr in attrs {
            let name = attr.path().get_ident().map(bare).unwrap_or_default();
            let meant = if name == "cfg_attr" {
                let meant = self.conditional(attr);
                meant.inspect(|word| cx.error(diag::marker_conditional(&*attr, word)))
            } else if self.known(&name).is_some() {
                None
            } else {
                let slip = self.slips.iter().find(|(slip, _)| *slip == name).map(|(_, meant)| *meant);
                let words: Vec<&'static str> = self.words().collect();
                let meant = slip.or_else(|| diag::did_you_mean(&name, &words));
                meant.inspect(|word| cx.error(diag::marker_typo(attr.path(), &name, word)))
            };
            if let Some(word) = meant {
                let word = Ident::new(word, Span::call_site());
                *attr = syn::parse_quote!(#[#word]);
            }
        }
    }

    /// The mark that a `cfg_attr` holds.
    fn conditional(&self, attr: &Attribute) -> Option<&'static str> {
        let Meta::List(list) = &attr.meta else { return None };
        self.words().find(|word| list.tokens.clone().into_iter().any(|token| is_ident(&token, word)))
    }
}
