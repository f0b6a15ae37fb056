//! Rules between the words of an attribute, and between an item's attributes, one function each.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Data, DeriveInput, Field, Fields, LitStr, Type};

use crate::ast::{AggregateDef, KeyDef, Origin, RawStoredAttrs, Step, StoredAttrs};
use crate::attr::eskit_path;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::kind::{Codec, StoredKind};
use crate::shape::serde::SerdeAttrs;
use crate::value::wire_name;
use crate::wrap::{bare, text};

/// The attributes of one event or stored command as a whole.
pub(crate) fn stored_attrs(cx: &Ctxt, raw: RawStoredAttrs, ident: &Ident, context: Option<&str>) -> StoredAttrs {
    let version_given = raw.version.is_given();
    let version = raw.version.get();
    let kind = raw.kind;
    let (name, name_span) = stored_name(cx, kind, (raw.name.get(), raw.context.get()), ident, context);
    let (aliases, alias_spans) = aliases(cx, kind, &raw.aliases, &name);
    let number = version.as_ref().map_or(1, |(number, _)| *number);
    // Where the version could not be read, or a word that may have been it, the origin cannot be judged.
    let known = if version_given { version.is_some() } else { raw.complete };
    let origin = match (raw.from.get(), raw.upcast.get()) {
        (Some(_), Some((word, _))) => {
            cx.error(diag::from_and_upcast(&word));
            Origin::First
        }
        (Some((word, _)), None) | (None, Some((word, _))) if known && number == 1 => {
            cx.error(diag::origin_without_version(kind, &word));
            Origin::First
        }
        (Some((_, ty)), None) if is_itself(&ty, ident) => {
            cx.error(diag::from_itself(&ty, ident, number));
            Origin::First
        }
        (Some((_, ty)), None) => Origin::From(Box::new(ty)),
        (None, Some((word, _))) if matches!(raw.codec.as_ref(), Some((Codec::Protobuf, _))) => {
            cx.error(diag::protobuf_with_upcast(&word, ident));
            Origin::First
        }
        (None, Some((_, steps))) if known => upcast(cx, kind, steps, number),
        (None, Some(_)) => Origin::First,
        (None, None) => {
            if let Some((number, lit)) = version.filter(|(number, _)| *number > 1 && raw.complete) {
                cx.error(diag::version_without_origin(lit, number, ident, raw.takes_from));
            }
            Origin::First
        }
    };
    let eskit = eskit_path(raw.eskit.get());
    let codec = raw.codec.get();
    if let Some((Codec::Protobuf, lit)) = &codec
        && !raw.takes_from
    {
        cx.error(diag::protobuf_on_variant(lit, ident));
    }
    let codec = codec.map(|(codec, lit)| (codec, lit.span()));
    StoredAttrs { kind, eskit, name, name_span, version: number, aliases, alias_spans, origin, codec }
}

/// The attributes of an aggregate as a whole, on this item.
pub(crate) fn aggregate(cx: &Ctxt, def: &AggregateDef, item: &DeriveInput) {
    let ident = &item.ident;
    if let Some(fields) = json_fields(item) {
        let written: Vec<String> = fields.iter().map(|(_, written)| written.clone()).collect();
        for field in def.index.iter().filter(|field| !written.contains(&field.value())) {
            let renamed = fields.iter().find(|(name, _)| *name == field.value());
            cx.error(match renamed {
                Some((_, written)) => diag::aggregate_index_renamed(field, written),
                None => diag::aggregate_index_unknown(field, ident, &written),
            });
        }
    }
    if let (Some(word), true) = (&def.partial, def.is_without_stream) {
        cx.error(diag::partial_without_stream(word));
    }
    if let (Some(key), Some((word, types))) = (&def.key, &def.types)
        && types.len() != key.count()
    {
        cx.error(match key {
            KeyDef::All => diag::aggregate_key_of_all(word, ident),
            KeyDef::Stream(_) => diag::aggregate_key_of_stream(word, ident),
            KeyDef::Tags(tags) => diag::aggregate_key_of_tags(word, ident, tags),
        });
    }
}

fn is_itself(ty: &Type, ident: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(ident) || path.path.is_ident("Self"))
}

/// serde reads no `&'static` value from a text that is gone afterwards.
pub(crate) fn owned(cx: &Ctxt, kind: StoredKind, attrs: &[Attribute], fields: &Fields) {
    if SerdeAttrs::from_syn(attrs).proxy.read.is_some() {
        return;
    }
    let is_read = |field: &&Field| {
        let serde = SerdeAttrs::from_syn(&field.attrs);
        !serde.skip_deserializing && !serde.reads_by_function
    };
    for Field { ty, .. } in fields.iter().filter(is_read) {
        if text(ty).contains("&'static ") {
            cx.error(diag::stored_borrows(kind, ty));
        }
    }
}

/// `{context}.{Type}`, where the context is the Cargo package unless an attribute says otherwise; or the whole name.
fn stored_name(
    cx: &Ctxt,
    kind: StoredKind,
    (name, context): (Option<LitStr>, Option<LitStr>),
    ident: &Ident,
    outer: Option<&str>,
) -> (String, proc_macro2::Span) {
    if let Some(lit) = name {
        if lit.value().is_empty() {
            cx.error(diag::wire_name_empty(&lit, &format!("name = \"sales.{}\"", bare(ident))));
        }
        wire_name(cx, kind, &lit, &lit.value());
        return (lit.value(), lit.span());
    }
    if let Some(lit) = context {
        if lit.value().is_empty() {
            cx.error(diag::wire_name_empty(&lit, "context = \"sales\""));
        }
        let name = format!("{}.{}", lit.value(), bare(ident));
        wire_name(cx, kind, &lit, &name);
        return (name, ident.span());
    }
    let package = || std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "crate".to_owned());
    let name = format!("{}.{}", outer.map_or_else(package, str::to_owned), bare(ident));
    wire_name(cx, kind, ident, &name);
    (name, ident.span())
}

/// An alias is a wire name, none twice, none the type's own.
fn aliases(cx: &Ctxt, kind: StoredKind, lits: &[LitStr], name: &str) -> (Vec<String>, Vec<Span>) {
    let (mut all, mut spans): (Vec<String>, Vec<Span>) = Default::default();
    for lit in lits {
        let alias = lit.value();
        if alias.is_empty() {
            cx.error(diag::wire_name_empty(lit, "alias = \"sales.FormerName\""));
        } else if alias == name {
            cx.error(diag::alias_is_name(kind, lit, name));
        } else if all.contains(&alias) {
            cx.error(diag::alias_repeated(lit, &alias));
        } else {
            wire_name(cx, kind, lit, &alias);
            all.push(alias);
            spans.push(lit.span());
        }
    }
    (all, spans)
}

/// The steps start from 1, 2, and so on up to the version before the current one.
fn upcast(cx: &Ctxt, kind: StoredKind, steps: Vec<Step>, version: u32) -> Origin {
    let mut expected = 1;
    let mut functions = Vec::new();
    for step in &steps {
        if step.version >= version {
            cx.error(diag::upcast_beyond(kind, &step.lit, step.version, version));
            return Origin::First;
        }
        if step.version != expected {
            cx.error(diag::upcast_order(&step.lit, step.version, expected, &step.function));
            return Origin::First;
        }
        functions.push(step.function.clone());
        expected += 1;
    }
    if let (true, Some(last)) = (expected < version, steps.last()) {
        cx.error(diag::upcast_missing(&last.lit, expected));
        return Origin::First;
    }
    Origin::Upcast(functions)
}

/// The fields of a state, each with its name in JSON; `None` where another type stands in for it.
fn json_fields(item: &DeriveInput) -> Option<Vec<(String, String)>> {
    let container = SerdeAttrs::from_syn(&item.attrs);
    if container.proxy.write.is_some() {
        return None;
    }
    let Data::Struct(data) = &item.data else { return Some(Vec::new()) };
    let name = |field: &Field| {
        let (name, serde) = (bare(field.ident.as_ref()?), SerdeAttrs::from_syn(&field.attrs));
        if serde.flatten || serde.skip_serializing || container.transparent {
            return None;
        }
        let cased = container.rename_all.write.map(|case| case.field(&name));
        let written = serde.rename.write.or(cased).unwrap_or_else(|| name.clone());
        Some((name, written))
    };
    Some(data.fields.iter().filter_map(name).collect())
}
