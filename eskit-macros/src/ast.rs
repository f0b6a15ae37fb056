//! What the macros know of an item: every value keeps the token that it was read from.

mod aggregate;

use proc_macro2::{Ident, Span};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, LitStr, Member, Meta, Path, Type};

use crate::attr::{self, Form, Once, Piece};
use crate::ctxt::Ctxt;
use crate::kind::{Codec, StoredKind};
use crate::limits::TAGS_MAX;
use crate::syntax::tokens::split_at_commas;
use crate::wrap::bare;
use crate::{diag, meant, symbol, value};

pub(crate) use aggregate::{AggregateDef, KeyDef, is_key};

/// `#[event(..)]` on a struct or on a struct or unit variant, or `#[command(stored, ..)]` on a struct, checked.
pub(crate) struct StoredAttrs {
    pub(crate) kind: StoredKind,
    pub(crate) eskit: Path,
    /// The wire name, and the token that says it.
    pub(crate) name: String,
    pub(crate) name_span: Span,
    pub(crate) version: u32,
    pub(crate) aliases: Vec<String>,
    /// Where each alias stands.
    pub(crate) alias_spans: Vec<Span>,
    pub(crate) origin: Origin,
    /// The format of its payloads, if it is said, and the token that says it.
    pub(crate) codec: Option<(Codec, Span)>,
}

/// Where the older versions come from.
pub(crate) enum Origin {
    /// There are none.
    First,
    /// A type that reads the version before.
    From(Box<Type>),
    /// One function for each older version, from version 1.
    Upcast(Vec<Path>),
}

/// One step of `upcast(1 = function)`.
pub(crate) struct Step {
    pub(crate) lit: syn::LitInt,
    pub(crate) version: u32,
    pub(crate) function: Path,
}

/// `#[event(..)]` or `#[command(..)]` as it was written.
pub(crate) struct RawStoredAttrs {
    pub(crate) kind: StoredKind,
    /// The word `stored` of a command.
    pub(crate) stored: Once<()>,
    /// The first of the other words that say how a command is stored.
    pub(crate) of_stored: Option<Ident>,
    pub(crate) version: Once<(u32, syn::LitInt)>,
    pub(crate) name: Once<LitStr>,
    pub(crate) context: Once<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) from: Once<(Ident, Type)>,
    pub(crate) upcast: Once<(Ident, Vec<Step>)>,
    pub(crate) codec: Once<(Codec, LitStr)>,
    pub(crate) eskit: Once<Path>,
    /// Whether the place takes `from`: a variant has no type that could be made from another.
    pub(crate) takes_from: bool,
    /// Whether every word could be read, so that what is absent was not meant to be there.
    pub(crate) complete: bool,
}

impl RawStoredAttrs {
    /// Reads the attributes of the type or variant `ident`.
    pub(crate) fn from_syn(
        cx: &Ctxt,
        kind: StoredKind,
        attrs: &[Attribute],
        ident: &Ident,
        valid: &[&str],
    ) -> RawStoredAttrs {
        let mut raw = RawStoredAttrs {
            kind,
            stored: Once::new(),
            of_stored: None,
            version: Once::new(),
            name: Once::new(),
            context: Once::new(),
            aliases: Vec::new(),
            from: Once::new(),
            upcast: Once::new(),
            codec: Once::new(),
            eskit: Once::new(),
            takes_from: valid.contains(&symbol::FROM),
            complete: true,
        };
        let before = cx.count();
        attr::read_each(cx, attrs, kind.word(), valid, |cx, piece| match piece.word.to_string().as_str() {
            symbol::FROM if !raw.takes_from => {
                cx.error(diag::from_on_variant(&piece.word, ident));
                raw.from.set(cx, &piece.word, None);
            }
            _ => raw.read(cx, piece),
        });
        raw.complete = cx.count() == before;
        raw
    }

    fn read(&mut self, cx: &Ctxt, piece: &Piece) {
        let (word, kind) = (&piece.word, self.kind);
        if word != symbol::STORED && word != symbol::CRATE && self.of_stored.is_none() {
            self.of_stored = Some(word.clone());
        }
        match word.to_string().as_str() {
            symbol::STORED => {
                if !matches!(piece.form, Form::Word) {
                    cx.error(diag::takes_no_value(word));
                }
                self.stored.set(cx, word, Some(()));
            }
            symbol::VERSION => {
                let value = cx.ok(piece.integer("version = 2")).and_then(|lit| cx.ok(value::version(lit)));
                self.version.set(cx, word, value);
            }
            symbol::NAME => {
                if self.context.is_given() {
                    cx.error(diag::name_and_context(word));
                }
                self.name.set(cx, word, cx.ok(piece.string(&format!("name = \"sales.{}\"", kind.example()))));
            }
            symbol::CONTEXT => {
                if self.name.is_given() {
                    cx.error(diag::name_and_context(word));
                }
                self.context.set(cx, word, cx.ok(piece.string("context = \"sales\"")));
            }
            symbol::ALIAS => match cx.ok(piece.string(&format!("alias = \"sales.{}\"", kind.former_example()))) {
                Some(alias) => self.aliases.push(alias),
                None => self.aliases.extend(piece.meant_strings()),
            },
            symbol::FROM => {
                let path = cx.ok(piece.path(&format!("from = {}V1", kind.example())));
                let ty = path.map(|path| (word.clone(), syn::parse_quote!(#path)));
                self.from.set(cx, word, ty);
            }
            symbol::UPCAST => {
                let steps = read_steps(cx, piece).map(|steps| (word.clone(), steps));
                self.upcast.set(cx, word, steps);
            }
            symbol::CODEC => {
                let codec = cx.ok(piece.string("codec = \"cbor\"")).and_then(|lit| cx.ok(value::codec(lit)));
                self.codec.set(cx, word, codec);
            }
            _ => self.eskit.set(cx, word, cx.ok(piece.path("crate = path::to::eskit"))),
        }
    }
}

fn read_steps(cx: &Ctxt, piece: &Piece) -> Option<Vec<Step>> {
    let Form::List(list) = &piece.form else {
        let function = meant::path(piece.given()).unwrap_or_else(|| "from_v1".to_owned());
        let example = format!("upcast(1 = {function})");
        cx.error(diag::expected_value(&piece.word, &piece.word, "a list of steps", &example));
        return None;
    };
    let pieces = split_at_commas(list.clone());
    if pieces.is_empty() {
        cx.error(diag::upcast_empty(&piece.word));
        return None;
    }
    pieces
        .into_iter()
        .map(|tokens| {
            let parse = |input: syn::parse::ParseStream<'_>| {
                let lit: syn::LitInt = input.parse()?;
                input.parse::<syn::Token![=]>()?;
                let function = input.call(Path::parse_mod_style)?;
                let version = lit.base10_parse()?;
                Ok(Step { lit, version, function })
            };
            cx.ok(parse.parse2(tokens.clone()).map_err(|_| diag::upcast_malformed(tokens)))
        })
        .collect()
}

/// One `#[tag]` field.
pub(crate) struct TagDef {
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) span: Span,
    pub(crate) member: Member,
    pub(crate) ty: Type,
}

/// The name of a field, or its number.
pub(crate) fn members(fields: &Fields) -> impl Iterator<Item = (Member, &syn::Field)> {
    fields.iter().enumerate().map(|(index, field)| match &field.ident {
        Some(ident) => (Member::Named(ident.clone()), field),
        None => (Member::Unnamed(index.into()), field),
    })
}

/// The text of a member without `r#`.
pub(crate) fn member_name(member: &Member) -> String {
    match member {
        Member::Named(ident) => bare(ident),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// The `#[tag]` fields, in order.
pub(crate) fn tags(cx: &Ctxt, fields: &Fields) -> Vec<TagDef> {
    let mut all = Vec::new();
    for (member, field) in members(fields) {
        let mut keys: Vec<String> = Vec::new();
        for attr in field.attrs.iter().filter(|attr| attr.path().is_ident(symbol::TAG)) {
            let Some(key) = cx.ok(tag_key(attr, &member)) else { continue };
            if keys.contains(&key) {
                cx.error(diag::tag_twice(attr, &key));
                continue;
            }
            keys.push(key.clone());
            let span = match &attr.meta {
                Meta::List(list) => list.tokens.span(),
                _ => attr.path().span(),
            };
            all.push(TagDef { key, span, member: member.clone(), ty: field.ty.clone() });
        }
    }
    if all.len() > TAGS_MAX {
        cx.error(diag::tags_too_many(fields, all.len()));
    }
    all
}

/// The key that a `#[tag]` gives.
pub(crate) fn tag_key(attr: &Attribute, member: &Member) -> syn::Result<String> {
    match &attr.meta {
        Meta::Path(_) => match member {
            Member::Named(ident) => {
                let key = bare(ident);
                value::tag_key(ident, &key, &key).map(|()| key)
            }
            Member::Unnamed(_) => Err(diag::tag_without_name(attr)),
        },
        Meta::List(list) => {
            let lit: LitStr = syn::parse2(list.tokens.clone()).map_err(|_| diag::tag_malformed(attr))?;
            value::tag_key(&lit, &lit.value(), &member_name(member)).map(|()| lit.value())
        }
        Meta::NameValue(_) => Err(diag::tag_malformed(attr)),
    }
}

/// Reports attributes that stand where they have no meaning: `#[tag]` on the item, `#[event]` or `#[command]` on a field.
pub(crate) fn misplaced(cx: &Ctxt, item: &[Attribute], fields: &Fields, own: &str) {
    for attr in item.iter().filter(|attr| attr.path().is_ident(symbol::TAG)) {
        cx.error(diag::tag_on_item(attr));
    }
    for attr in fields.iter().flat_map(|field| &field.attrs).filter(|attr| attr.path().is_ident(own)) {
        cx.error(if own == symbol::EVENT {
            diag::event_attr_on_field(attr)
        } else {
            diag::command_attr_on_field(attr)
        });
    }
}
