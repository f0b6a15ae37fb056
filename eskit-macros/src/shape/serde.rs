//! `#[serde(..)]` attributes, as far as they change what stands on the wire. Mistakes in them are serde's to report.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token, Type};

use crate::shape::case::Case;

/// A name or a rule for both directions.
#[derive(Clone)]
pub(crate) struct Both<T> {
    pub(crate) write: Option<T>,
    pub(crate) read: Option<T>,
}

impl<T> Default for Both<T> {
    fn default() -> Both<T> {
        Both { write: None, read: None }
    }
}

/// The attributes of a container, a variant or a field: each word keeps what it says wherever it stands.
#[derive(Clone, Default)]
pub(crate) struct SerdeAttrs {
    pub(crate) rename: Both<String>,
    pub(crate) rename_all: Both<Case>,
    pub(crate) rename_all_fields: Both<Case>,
    pub(crate) aliases: Vec<String>,
    pub(crate) default: bool,
    pub(crate) deny_unknown_fields: bool,
    pub(crate) transparent: bool,
    pub(crate) tag: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) untagged: bool,
    pub(crate) other: bool,
    pub(crate) flatten: bool,
    pub(crate) identifier: bool,
    pub(crate) skip_serializing: bool,
    pub(crate) skip_deserializing: bool,
    pub(crate) skip_serializing_if: bool,
    pub(crate) reads_by_function: bool,
    /// The type that stands in for this one, written and read.
    pub(crate) proxy: Both<Type>,
    /// The attribute that hides the shape, as it is written.
    pub(crate) hidden_by: Option<String>,
}

impl SerdeAttrs {
    pub(crate) fn from_syn(attrs: &[Attribute]) -> SerdeAttrs {
        let mut read = SerdeAttrs::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
            let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            metas.unwrap_or_default().iter().for_each(|meta| read.word(meta));
        }
        read
    }

    fn word(&mut self, meta: &Meta) {
        let Some(word) = meta.path().get_ident().map(ToString::to_string) else { return };
        match word.as_str() {
            "rename" => self.rename = both(meta, Some),
            "rename_all" => self.rename_all = both(meta, |text| Case::from_text(&text)),
            "rename_all_fields" => self.rename_all_fields = both(meta, |text| Case::from_text(&text)),
            "alias" => self.aliases.extend(text(meta)),
            "default" => self.default = true,
            "deny_unknown_fields" => self.deny_unknown_fields = true,
            "transparent" => self.transparent = true,
            "tag" => self.tag = text(meta),
            "content" => self.content = text(meta),
            "untagged" => self.untagged = true,
            "other" => self.other = true,
            "flatten" => self.flatten = true,
            "field_identifier" | "variant_identifier" => self.identifier = true,
            "skip" => (self.skip_serializing, self.skip_deserializing) = (true, true),
            "skip_serializing" => self.skip_serializing = true,
            "skip_deserializing" => self.skip_deserializing = true,
            "skip_serializing_if" => self.skip_serializing_if = true,
            "into" => self.proxy.write = text(meta).and_then(|text| syn::parse_str(&text).ok()),
            "from" | "try_from" => self.proxy.read = text(meta).and_then(|text| syn::parse_str(&text).ok()),
            "with" | "serialize_with" | "deserialize_with" | "remote" => {
                self.reads_by_function |= word != "serialize_with";
                self.hidden_by = Some(format!("{word} = {:?}", text(meta).unwrap_or_default()));
            }
            _ => {}
        }
    }

    /// Whether nothing of it ever stands on the wire.
    pub(crate) fn is_skipped(&self) -> bool {
        self.skip_serializing && self.skip_deserializing
    }
}

/// `word = "text"` for both directions, or `word(serialize = "text", deserialize = "text")`.
fn both<T: Clone>(meta: &Meta, read: impl Fn(String) -> Option<T>) -> Both<T> {
    let Meta::List(list) = meta else {
        let value = text(meta).and_then(read);
        return Both { write: value.clone(), read: value };
    };
    let mut both = Both { write: None, read: None };
    for meta in list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default() {
        let value = text(&meta).and_then(&read);
        if meta.path().is_ident("serialize") {
            both.write = value;
        } else if both.read.is_none() {
            both.read = value;
        }
    }
    both
}

fn text(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
