//! `#[personal]` on fields: which values of a payload are personal data, and of whom.

pub(crate) mod checks;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Field, Fields, Lit, LitStr, Member, Meta};

use crate::ast::{member_name, members, tag_key};
use crate::attr::{self, Once, Piece};
use crate::ctxt::Ctxt;
use crate::shape::attr::{Position, ShapeAttrs, Stated};
use crate::shape::rules::{FieldRules, field_name};
use crate::shape::serde::SerdeAttrs;
use crate::{diag, symbol, value};

/// What the attribute on a field says.
pub(crate) struct Mark {
    pub(crate) span: Span,
    pub(crate) says: Says,
}

pub(crate) enum Says {
    /// Values inside of the field are personal.
    Inside,
    /// The whole value is, of this subject.
    Of(Subject),
}

pub(crate) struct Subject {
    /// The place among the fields of the one that holds its id.
    pub(crate) field: usize,
    /// Its name, where it is given.
    pub(crate) lit: LitStr,
    /// The same field on the wire.
    wire: String,
    kind: String,
    /// Whether that field is a tag under this kind.
    is_tag: bool,
    pub(crate) forgotten: Option<Forgotten>,
}

/// What is read once the subject is forgotten.
pub(crate) struct Forgotten {
    pub(crate) json: String,
    pub(crate) span: Span,
}

/// What each field says.
pub(crate) fn marks(cx: &Ctxt, fields: &Fields, rules: &FieldRules) -> Vec<Option<Mark>> {
    let all = fields_of(fields);
    (0..all.len()).map(|index| Reader { cx, all: &all, rules, index }.mark()).collect()
}

/// The subject that each field probably has, as it is written: `subject = "student"`.
fn examples(fields: &Fields) -> Vec<String> {
    let all = fields_of(fields);
    (0..all.len()).map(|index| example(&all, index, None)).collect()
}

fn fields_of(fields: &Fields) -> Vec<FieldOf<'_>> {
    let all = members(fields).map(|(member, field)| {
        let serde = SerdeAttrs::from_syn(&field.attrs);
        FieldOf { name: member_name(&member), member, field, serde }
    });
    all.collect()
}

/// The same, where mistakes were reported.
pub(super) fn marks_again(fields: &Fields, rules: &FieldRules) -> Vec<Option<Mark>> {
    let silent = Ctxt::new();
    let marks = marks(&silent, fields, rules);
    drop(silent.finish());
    marks
}

/// The shape of a field, given that of its value.
pub(super) fn marked(mark: &Option<Mark>, inner: TokenStream) -> TokenStream {
    let Some(Mark { says: Says::Of(subject), .. }) = mark else { return inner };
    let Subject { wire, kind, is_tag, .. } = subject;
    let forgotten = subject.forgotten.as_ref().map_or("null", |forgotten| &forgotten.json);
    quote! {
        &__eskit::lock::ShapeDef::personal(
            &__eskit::lock::PersonalDef { subject: #wire, kind: #kind, is_tag: #is_tag, forgotten: #forgotten },
            #inner,
        )
    }
}

/// Reports marks where none has a meaning: on the item, or on a variant.
pub(crate) fn misplaced(cx: &Ctxt, attrs: &[Attribute]) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::PERSONAL)) {
        cx.error(diag::personal_on_item(attr));
    }
}

/// Reports marks on the fields of a command.
pub(crate) fn refused(cx: &Ctxt, fields: &Fields) {
    for attr in fields.iter().flat_map(|field| &field.attrs).filter(|attr| attr.path().is_ident(symbol::PERSONAL)) {
        cx.error(diag::personal_in_command(attr));
    }
}

struct FieldOf<'a> {
    member: Member,
    name: String,
    field: &'a Field,
    serde: SerdeAttrs,
}

impl FieldOf<'_> {
    fn tags(&self) -> impl Iterator<Item = &Attribute> {
        self.field.attrs.iter().filter(|attr| attr.path().is_ident(symbol::TAG))
    }

    fn is_personal(&self) -> bool {
        self.field.attrs.iter().any(|attr| attr.path().is_ident(symbol::PERSONAL))
    }
}

/// Reads the mark of one of several fields.
struct Reader<'a> {
    cx: &'a Ctxt,
    all: &'a [FieldOf<'a>],
    rules: &'a FieldRules,
    index: usize,
}

impl Reader<'_> {
    fn mark(&self) -> Option<Mark> {
        let own = self.all.get(self.index)?;
        let mut attrs = own.field.attrs.iter().filter(|attr| attr.path().is_ident(symbol::PERSONAL));
        let attr = attrs.next()?;
        let errors = self.cx.count();
        for again in attrs {
            self.cx.error(diag::personal_twice(again));
        }
        let says = match &attr.meta {
            Meta::Path(_) => Some(Says::Inside),
            _ => self.subject(attr).map(Says::Of),
        };
        if self.cx.count() == errors {
            self.place(own, attr, says.as_ref());
        }
        (self.cx.count() == errors).then_some(Mark { span: attr.span(), says: says? })
    }

    /// Whether the value is where it can be sealed.
    fn place(&self, own: &FieldOf<'_>, attr: &Attribute, says: Option<&Says>) {
        let FieldOf { name, field, serde, .. } = own;
        let is_whole = matches!(says, Some(Says::Of(_)));
        if own.tags().next().is_some() {
            self.cx.error(diag::personal_tag(attr, name));
        } else if serde.skip_serializing {
            self.cx.error(diag::personal_skipped(attr, name));
        } else if serde.flatten && is_whole {
            self.cx.error(diag::personal_flattened(attr, name));
        } else if !is_whole && is_hidden(field, serde) {
            self.cx.error(diag::personal_hidden(attr, name, &self.example(None)));
        }
    }

    fn subject(&self, attr: &Attribute) -> Option<Subject> {
        let (mut subject, mut kind, mut forgotten) = (Once::new(), Once::new(), Once::new());
        let errors = self.cx.count();
        let example = self.example(None);
        let attrs = std::slice::from_ref(attr);
        attr::read_each(self.cx, attrs, symbol::PERSONAL, symbol::PERSONAL_WORDS, |cx, piece| {
            let word = &piece.word;
            match word.to_string().as_str() {
                symbol::SUBJECT => subject.set(cx, word, cx.ok(piece.string(&example))),
                symbol::KIND => {
                    kind.set(cx, word, cx.ok(piece.string("kind = \"student\"")).filter(|lit| is_kind(cx, lit)))
                }
                _ => forgotten.set(cx, word, cx.ok(read_forgotten(piece))),
            }
        });
        if !subject.is_given() && self.cx.count() == errors {
            self.cx.error(diag::personal_no_subject(attr, &example));
        }
        let (lit, kind) = (subject.get()?, kind.get());
        let (field, of) = self.find(&lit)?;
        let tags: Vec<String> = of.tags().filter_map(|attr| tag_key(attr, &of.member).ok()).collect();
        let kind = match kind {
            Some(kind) => kind.value(),
            None => match tags.first().unwrap_or(&of.name) {
                kind if value::is_key(kind) => kind.clone(),
                _ => {
                    self.cx.error(diag::personal_no_kind(&lit, &of.name));
                    return None;
                }
            },
        };
        let (is_tag, wire) = (tags.contains(&kind), self.wire(field, of));
        Some(Subject { field, lit, wire, kind, is_tag, forgotten: forgotten.get() })
    }

    /// The field that a subject names.
    fn find(&self, lit: &LitStr) -> Option<(usize, &FieldOf<'_>)> {
        let name = lit.value();
        let found = self.all.iter().enumerate().find(|(_, field)| field.name == name);
        let problem = match found {
            None => diag::personal_subject_unknown(lit, &name, &self.example(Some(&name))),
            Some((index, _)) if index == self.index => diag::personal_subject_itself(lit, &self.example(None)),
            Some((_, field)) if field.serde.flatten || field.serde.skip_serializing => {
                diag::personal_subject_unwritten(lit, &name)
            }
            Some((_, field)) if field.is_personal() => diag::personal_subject_sealed(lit, &name),
            found => return found,
        };
        self.cx.error(problem);
        None
    }

    /// The name of a field in JSON, or its place in an array.
    fn wire(&self, index: usize, of: &FieldOf<'_>) -> String {
        if of.field.ident.is_some() {
            return field_name(&of.name, &of.serde.rename.write, self.rules.rename_all.write);
        }
        let before = self.all.iter().take(index).filter(|field| !field.serde.skip_serializing);
        before.count().to_string()
    }

    fn example(&self, name: Option<&str>) -> String {
        example(self.all, self.index, name)
    }
}

/// The subject that was probably meant, as it is written.
fn example(all: &[FieldOf<'_>], own: usize, name: Option<&str>) -> String {
    let others = || {
        let others = all.iter().enumerate().filter(|(index, field)| *index != own && !field.is_personal());
        others.map(|(_, field)| field)
    };
    let names: Vec<&str> = others().map(|field| field.name.as_str()).collect();
    let meant = name.and_then(|name| diag::did_you_mean(name, &names));
    let tagged = || others().find(|field| field.tags().next().is_some()).map(|field| field.name.as_str());
    let id = || names.iter().find(|name| **name == "id" || name.ends_with("_id")).copied();
    let subject = meant.or_else(tagged).or_else(id).or(names.first().copied()).unwrap_or("student");
    format!("{} = {subject:?}", symbol::SUBJECT)
}

/// Whether what is on the wire is not the shape of the type of a field.
fn is_hidden(field: &Field, serde: &SerdeAttrs) -> bool {
    let silent = Ctxt::new();
    let stated = ShapeAttrs::from_syn(&silent, &field.attrs, Position::Part).stated;
    drop(silent.finish());
    match stated {
        Some(Stated::As(_)) => false,
        Some(Stated::Name(_)) => true,
        None => serde.hidden_by.is_some(),
    }
}

fn is_kind(cx: &Ctxt, lit: &LitStr) -> bool {
    let is_key = value::is_key(&lit.value());
    if !is_key {
        cx.error(diag::personal_kind(lit, &lit.value()));
    }
    is_key
}

fn read_forgotten(piece: &Piece) -> syn::Result<Forgotten> {
    let tokens = piece.given();
    let mut rest = tokens.clone().into_iter();
    let (minus, lit) = match rest.next() {
        Some(proc_macro2::TokenTree::Punct(minus)) if minus.as_char() == '-' => ("-", syn::parse2(rest.collect())),
        _ => ("", syn::parse2(tokens.clone())),
    };
    let json = match lit {
        Ok(Lit::Str(text)) if minus.is_empty() => json_string(&text.value()),
        Ok(Lit::Char(letter)) if minus.is_empty() => json_string(&letter.value().to_string()),
        Ok(Lit::Bool(value)) if minus.is_empty() => value.value.to_string(),
        Ok(Lit::Int(number)) => format!("{minus}{}", number.base10_digits()),
        Ok(Lit::Float(number)) if let Ok(float) = number.base10_parse::<f64>() => format!("{minus}{float:?}"),
        _ => {
            let at = if tokens.is_empty() { piece.word.to_token_stream() } else { tokens };
            return Err(diag::personal_forgotten(at));
        }
    };
    Ok(Forgotten { json, span: tokens.span() })
}

fn json_string(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            '\0'..='\x1f' => json.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => json.push(letter),
        }
    }
    json.push('"');
    json
}
