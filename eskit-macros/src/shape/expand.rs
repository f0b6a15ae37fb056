//! From fields, variants and serde's attributes to the tree of a shape, as a constant expression.

use std::cell::{Cell, RefCell};
use std::ops::RangeFrom;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Field, Fields, Type, Variant};

use crate::ctxt::Ctxt;
use crate::diag;
use crate::shape::attr::{Position, ShapeAttrs, Stated};
use crate::shape::case::Case;
use crate::shape::member::{self, Member, flag, wire_text};
use crate::shape::personal;
use crate::shape::prost;
use crate::shape::rules::{FieldRules, field_name};
use crate::shape::serde::SerdeAttrs;
use crate::shape::types::{suspects, without_recursion};
use crate::wrap::bare;

/// What an expression of a shape is written for.
pub(crate) struct Scope<'a> {
    pub(crate) cx: &'a Ctxt,
    /// The type that it belongs to.
    pub(crate) ident: &'a Ident,
    pub(crate) lookup: Lookup,
    /// The types that must have a shape.
    pub(crate) types: RefCell<Vec<TokenStream>>,
    /// Whether the type is inside of itself.
    pub(crate) recurs: Cell<bool>,
}

/// What becomes of types without a shape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// They are refused.
    Required,
    /// They are let pass, to be refused only where the lock is on: so for events.
    Locked,
    /// They are let pass: what is not known of them is not needed.
    Open,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(cx: &'a Ctxt, ident: &'a Ident, lookup: Lookup) -> Scope<'a> {
        Scope { cx, ident, lookup, types: RefCell::default(), recurs: Cell::new(false) }
    }

    /// The shape of a struct, or that which its attributes say.
    pub(crate) fn of_fields(&self, serde: &SerdeAttrs, shape: &ShapeAttrs, fields: &Fields) -> TokenStream {
        self.recurring(self.in_place_of(serde, shape).unwrap_or_else(|| self.of_struct(serde, fields)))
    }

    /// The shape of a type, which may be inside of itself.
    pub(crate) fn recurring(&self, shape: TokenStream) -> TokenStream {
        if self.recurs.get() { quote!(&__eskit::lock::ShapeDef::recurring(#shape)) } else { shape }
    }

    /// The shape that attributes of the type itself say: stated, or that of the type that serde writes in its place.
    pub(crate) fn in_place_of(&self, serde: &SerdeAttrs, shape: &ShapeAttrs) -> Option<TokenStream> {
        if let Some(stated) = &shape.stated {
            return Some(self.stated(stated, "it"));
        }
        let text = |ty: &Option<Type>| ty.as_ref().map(|ty| quote!(#ty).to_string());
        match (&serde.proxy.write, &serde.hidden_by) {
            (Some(ty), _) if text(&serde.proxy.write) == text(&serde.proxy.read) => Some(self.of_type(ty, "it")),
            (None, None) if serde.proxy.read.is_none() => {
                serde.identifier.then(|| quote!(&__eskit::lock::ShapeDef::leaf("string")))
            }
            (_, Some(attribute)) => {
                self.cx.error(diag::shape_hidden(self.ident, &bare(self.ident), attribute));
                Some(TokenStream::new())
            }
            _ => {
                self.cx.error(diag::shape_proxies(self.ident));
                Some(TokenStream::new())
            }
        }
    }

    pub(crate) fn of_struct(&self, serde: &SerdeAttrs, fields: &Fields) -> TokenStream {
        if serde.transparent
            && let Some(field) = fields.iter().find(|field| !is_passed_over(field))
        {
            let name = field.ident.as_ref().map_or_else(|| "0".to_owned(), bare);
            let (serde, shape) = self.attrs(&field.attrs);
            return self.of_field(field, &name, &serde, &shape);
        }
        let tag = serde.tag.as_ref().map(|tag| {
            let name = serde.rename.write.clone().unwrap_or_else(|| bare(self.ident));
            let constant = format!("constant:{}", wire_text(&name));
            // serde writes it, and reads without looking at it.
            Member::plain(&wire_text(tag), flag::UNREAD, quote!(&__eskit::lock::ShapeDef::leaf(#constant)))
        });
        self.content(fields, &FieldRules::of_struct(serde), tag)
    }

    /// What the fields of a struct or a variant come to.
    fn content(&self, fields: &Fields, rules: &FieldRules, tag: Option<Member>) -> TokenStream {
        match fields {
            Fields::Unit => quote!(&__eskit::lock::ShapeDef::leaf("unit")),
            Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
                let field = &unnamed.unnamed[0];
                let (serde, shape) = self.attrs(&field.attrs);
                let inner = self.of_field(field, "0", &serde, &shape);
                quote!(&__eskit::lock::ShapeDef::newtype(#inner))
            }
            Fields::Unnamed(unnamed) => {
                let marks = personal::marks_again(fields, rules);
                let parts =
                    unnamed.unnamed.iter().zip(&marks).map(|(field, mark)| (field, mark, self.attrs(&field.attrs)));
                let written = parts.filter(|(_, _, (serde, _))| !serde.is_skipped());
                let members = written.enumerate().map(|(index, (field, mark, (serde, shape)))| {
                    let name = index.to_string();
                    let inner = personal::marked(mark, self.of_field(field, &name, &serde, &shape));
                    Member::plain(&name, flags(&serde, rules.default), inner)
                });
                block("tuple", members)
            }
            Fields::Named(named) => {
                let marks = personal::marks_again(fields, rules);
                let parts = named.named.iter().zip(&marks).map(|(field, mark)| (field, mark, self.attrs(&field.attrs)));
                let written = parts.filter(|(_, _, (serde, _))| !serde.is_skipped());
                let mut flattened = 0..;
                let members: Vec<(&Field, Member)> = written
                    .map(|(field, mark, (serde, shape))| {
                        let inner = personal::marked(mark, self.of_named(field, &serde, &shape));
                        (field, self.member(field, &serde, inner, rules, &mut flattened))
                    })
                    .collect();
                let numbered = members.iter().map(|(field, member)| (&*field.attrs, member.name()));
                let numbers = prost::numbers(numbered, prost::Of::Struct);
                let members = tag.into_iter().chain(members.into_iter().map(|(_, member)| member)).chain(numbers);
                block(if rules.closed { "struct closed" } else { "struct" }, members)
            }
        }
    }

    fn member(
        &self,
        field: &Field,
        serde: &SerdeAttrs,
        inner: TokenStream,
        rules: &FieldRules,
        flattened: &mut RangeFrom<usize>,
    ) -> Member {
        let rust_name = field.ident.as_ref().map(bare).unwrap_or_default();
        if serde.flatten {
            // It has no name on the wire: its place among those like it serves as one.
            let index = flattened.next().unwrap_or_default();
            return Member::plain(&format!("*{index}"), flags(serde, false) | flag::FLATTEN, inner);
        }
        let write = field_name(&rust_name, &serde.rename.write, rules.rename_all.write);
        let read = field_name(&rust_name, &serde.rename.read, rules.rename_all.read);
        self.named(&field.ident, serde, [write, read], flags(serde, rules.default), inner)
    }

    fn of_named(&self, field: &Field, serde: &SerdeAttrs, shape: &ShapeAttrs) -> TokenStream {
        self.of_field(field, &field.ident.as_ref().map(bare).unwrap_or_default(), serde, shape)
    }

    /// A part under the names that it is written and read under. What is stored must be read again.
    fn named(
        &self,
        part: &impl ToTokens,
        serde: &SerdeAttrs,
        [write, read]: [String; 2],
        flags: u8,
        shape: TokenStream,
    ) -> Member {
        let write = if serde.skip_serializing { read.clone() } else { write };
        let read = if serde.skip_deserializing { write.clone() } else { read };
        if write != read && !serde.aliases.contains(&write) {
            self.cx.error(diag::shape_not_read_again(part, &write, &read));
        }
        Member::named(&write, &read, &serde.aliases, flags, shape)
    }

    pub(crate) fn of_enum<'v>(&self, serde: &SerdeAttrs, variants: impl Iterator<Item = &'v Variant>) -> TokenStream {
        let head = match (&serde.tag, &serde.content) {
            _ if serde.untagged => "enum untagged".to_owned(),
            (Some(tag), Some(content)) => format!("enum tag {} content {}", wire_text(tag), wire_text(content)),
            (Some(tag), None) => format!("enum tag {}", wire_text(tag)),
            (None, _) => "enum".to_owned(),
        };
        let parts = variants.map(|variant| (variant, self.attrs(&variant.attrs)));
        let written = parts.filter(|(_, (serde, _))| !serde.is_skipped());
        let mut places = 0_usize..;
        let mut member = |(variant, (own, shape)): (&'v Variant, (SerdeAttrs, ShapeAttrs))| {
            let rust_name = bare(&variant.ident);
            let content = match (&shape.stated, &own.hidden_by) {
                (Some(stated), _) => self.stated(stated, &rust_name),
                (None, Some(attribute)) => self.hidden(&variant.ident, &rust_name, attribute),
                (None, None) => self.content(&variant.fields, &FieldRules::of_variant(serde, &own), None),
            };
            if serde.untagged || own.untagged {
                // It has no name on the wire: serde tries those like it in their order.
                let place = places.next().unwrap_or_default();
                return Member::plain(&place.to_string(), flags(&own, false), content);
            }
            let name = |name: &Option<String>, case: Option<Case>| {
                name.clone().unwrap_or_else(|| case.map_or_else(|| rust_name.clone(), |case| case.variant(&rust_name)))
            };
            let write = name(&own.rename.write, serde.rename_all.write);
            let read = name(&own.rename.read, serde.rename_all.read);
            self.named(&variant.ident, &own, [write, read], flags(&own, false), content)
        };
        let members: Vec<(&[Attribute], Member)> =
            written.map(|variant| (&*variant.0.attrs, member(variant))).collect();
        let numbers = prost::numbers(members.iter().map(|(attrs, member)| (*attrs, member.name())), prost::Of::Oneof);
        block(&head, members.into_iter().map(|(_, member)| member).chain(numbers))
    }

    fn attrs(&self, attrs: &[Attribute]) -> (SerdeAttrs, ShapeAttrs) {
        (SerdeAttrs::from_syn(attrs), ShapeAttrs::from_syn(self.cx, attrs, Position::Part))
    }

    fn of_field(&self, field: &Field, name: &str, serde: &SerdeAttrs, shape: &ShapeAttrs) -> TokenStream {
        match (&shape.stated, &serde.hidden_by) {
            (Some(stated), _) => self.stated(stated, name),
            (None, Some(attribute)) => self.hidden(&field.ty, name, attribute),
            (None, None) => self.of_type(&field.ty, name),
        }
    }

    fn stated(&self, stated: &Stated, name: &str) -> TokenStream {
        match stated {
            Stated::Name(text) => quote!(&__eskit::lock::ShapeDef::leaf(#text)),
            Stated::As(ty) => self.of_type(ty, name),
        }
    }

    /// A function reads or writes the value: an event is let pass where no lock is on.
    fn hidden(&self, tokens: &impl ToTokens, name: &str, attribute: &str) -> TokenStream {
        match self.lookup {
            Lookup::Required => {
                self.cx.error(diag::shape_hidden(tokens, name, attribute));
                return quote!(&__eskit::lock::ShapeDef::leaf("unit"));
            }
            Lookup::Open => return quote!(__eskit::lock::UNKNOWN),
            Lookup::Locked => {}
        }
        let hidden_by = format!("serde {attribute}");
        quote_spanned! {tokens.span()=>
            __lock::known(LOCK, ::core::module_path!(), __lock::UNKNOWN, #name, #hidden_by)
        }
    }

    fn of_type(&self, ty: &Type, name: &str) -> TokenStream {
        let (inner, recurs) = without_recursion(ty, self.ident);
        self.recurs.set(self.recurs.get() || recurs);
        match self.lookup {
            Lookup::Required => {
                self.types.borrow_mut().push(inner.clone());
                return quote_spanned!(ty.span()=> <#inner as __eskit::lock::Shape>::DEF);
            }
            Lookup::Open => return quote_spanned!(ty.span()=> __eskit::lock::ShapeOf::<#inner>::DEF),
            Lookup::Locked => {}
        }
        let suspects = suspects(ty);
        quote_spanned! {ty.span()=>
            __lock::known(LOCK, ::core::module_path!(), __lock::ShapeOf::<#inner>::DEF, #name, #suspects)
        }
    }
}

/// Whether `#[serde(transparent)]` looks past this field.
fn is_passed_over(field: &Field) -> bool {
    let phantom = match &field.ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "PhantomData"),
        _ => false,
    };
    phantom || SerdeAttrs::from_syn(&field.attrs).is_skipped()
}

fn flags(serde: &SerdeAttrs, default: bool) -> u8 {
    [
        (serde.default || default, flag::OPTIONAL),
        (serde.skip_serializing_if, flag::OMITTED),
        (serde.skip_serializing, flag::UNWRITTEN),
        (serde.skip_deserializing, flag::UNREAD),
        (serde.other, flag::OTHER),
        (serde.untagged, flag::UNTAGGED),
        (serde.reads_by_function, flag::NO_DEFAULT),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .fold(0, |flags, (_, flag)| flags | flag)
}

fn block(head: &str, members: impl Iterator<Item = Member>) -> TokenStream {
    let members = member::expand(&members.collect::<Vec<_>>());
    quote!(&__eskit::lock::ShapeDef::block(#head, &#members))
}
