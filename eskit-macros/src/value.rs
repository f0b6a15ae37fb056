//! Rules that a value breaks by itself, whatever stands beside it.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{LitInt, LitStr, Type};

use crate::ctxt::Ctxt;
use crate::diag::{self, SubscriberKind};
use crate::kind::{Codec, Kept, StoredKind};
use crate::limits::{NAME_BYTES_MAX, SUBSCRIBER_NAME_BYTES_MAX, VERSION_MAX};

/// A schema version is 1 to 1000.
pub(crate) fn version(lit: LitInt) -> syn::Result<(u32, LitInt)> {
    match lit.base10_parse::<u32>() {
        Ok(number) if (1..=VERSION_MAX).contains(&number) => Ok((number, lit)),
        _ => Err(diag::version_out_of_range(&lit)),
    }
}

/// What is kept of personal data has a word of its own.
pub(crate) fn kept(lit: LitStr) -> syn::Result<(Kept, LitStr)> {
    match lit.value().as_str() {
        "none" => Ok((Kept::None, lit)),
        "revealed" => Ok((Kept::Revealed, lit)),
        other => Err(diag::kept_unknown(&lit, other)),
    }
}

/// The format of payloads has a word of its own.
pub(crate) fn codec(lit: LitStr) -> syn::Result<(Codec, LitStr)> {
    let found = lit.value();
    match Codec::ALL.iter().find(|(word, _)| *word == found) {
        Some((_, codec)) => Ok((*codec, lit)),
        None => Err(diag::codec_unknown(&lit, &found)),
    }
}

/// A tag key is `[a-z][a-z0-9_-]*`, at most 256 bytes.
pub(crate) fn tag_key(tokens: impl ToTokens, key: &str, member: &str) -> syn::Result<()> {
    if !is_key(key) {
        return Err(diag::tag_key(tokens, key, member));
    }
    if key.len() > NAME_BYTES_MAX { Err(diag::tag_key_too_long(tokens, key.len())) } else { Ok(()) }
}

/// The tags of an aggregate follow the rule of tag keys; `all` are those of its list.
pub(crate) fn aggregate_tag(tokens: impl ToTokens, key: &str, all: &[String]) -> syn::Result<()> {
    if !is_key(key) {
        return Err(diag::aggregate_tag(tokens, key, all));
    }
    if key.len() > NAME_BYTES_MAX { Err(diag::tag_key_too_long(tokens, key.len())) } else { Ok(()) }
}

/// The stream type of the aggregate `ident` follows the rule of tag keys, since a tag leads to it.
pub(crate) fn aggregate_stream(tokens: impl ToTokens, key: &str, ident: &Ident) -> syn::Result<()> {
    if !is_key(key) {
        return Err(diag::aggregate_stream(tokens, key, ident));
    }
    if key.len() > NAME_BYTES_MAX { Err(diag::tag_key_too_long(tokens, key.len())) } else { Ok(()) }
}

/// The tag key by which a subscriber is ordered follows the rule of tag keys.
pub(crate) fn order_key(tokens: impl ToTokens, key: &str) -> syn::Result<()> {
    if !is_key(key) {
        return Err(diag::order_key(tokens, key));
    }
    if key.len() > NAME_BYTES_MAX { Err(diag::tag_key_too_long(tokens, key.len())) } else { Ok(()) }
}

/// The name of a subscriber is words of lower-case letters and digits, joined by single `-`, and begins with a letter: views name
/// files, schemas and versions after it. `self_ty` is the type of the subscriber.
pub(crate) fn subscriber_name(
    kind: SubscriberKind,
    tokens: impl ToTokens,
    name: &str,
    self_ty: &Type,
) -> syn::Result<()> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.split('-').all(is_word) {
        return Err(diag::subscriber_name(kind, tokens, name, self_ty));
    }
    let is_short = name.len() <= SUBSCRIBER_NAME_BYTES_MAX;
    if is_short { Ok(()) } else { Err(diag::subscriber_name_too_long(kind, tokens, name.len())) }
}

/// The version of a projection is a number from 1.
pub(crate) fn projection_version(lit: LitInt) -> syn::Result<u32> {
    match lit.base10_parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(diag::projection_version(&lit)),
    }
}

/// Whether a text is a tag key.
pub(crate) fn is_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// A wire name is 1 to 256 bytes of ASCII letters, digits, `_`, `-` and `.`.
pub(crate) fn wire_name(cx: &Ctxt, kind: StoredKind, tokens: &dyn ToTokens, name: &str) {
    if let Some(bad) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))) {
        cx.error(diag::wire_name_characters(kind, tokens, name, bad));
    } else if name.len() > NAME_BYTES_MAX {
        cx.error(diag::wire_name_too_long(tokens, name.len()));
    }
}
