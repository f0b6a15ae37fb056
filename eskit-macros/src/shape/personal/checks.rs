//! What must hold of the types of fields with and without `#[personal]`: checks that run while the compiler does.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Field, Fields, Type};

use super::{Mark, Says, Subject, examples, is_hidden, marks};
use crate::ast::{member_name, members};
use crate::ctxt::Ctxt;
use crate::shape::attr::{Position, ShapeAttrs, Stated};
use crate::shape::expand::{Lookup, Scope};
use crate::shape::rules::FieldRules;
use crate::shape::serde::SerdeAttrs;
use crate::shape::types::{names_any, names_others, suspects, without_recursion};
use crate::wrap::{bare, text};
use crate::{diag, symbol};

/// What an event, or a type inside of one, says of personal data.
#[derive(Default)]
pub(crate) struct PersonalParts {
    /// The shape of the payload, where it holds any.
    pub(crate) shape: Option<TokenStream>,
    pub(crate) checks: TokenStream,
    /// Where the first field says so.
    pub(crate) first: Option<Span>,
}

/// Of an event, or of a variant that is one.
pub(crate) fn of_event(cx: &Ctxt, ident: &Ident, attrs: &[Attribute], fields: &Fields) -> PersonalParts {
    let parts = of_fields(cx, (ident, &[]), attrs, fields, Of::Event);
    if parts.first.is_none() {
        return parts;
    }
    let silent = Ctxt::new();
    let (serde, stated) = (SerdeAttrs::from_syn(attrs), ShapeAttrs::from_syn(&silent, attrs, Position::Event));
    let shape = Scope::new(&silent, ident, Lookup::Open).of_fields(&serde, &stated, fields);
    drop(silent.finish());
    let shape = quote!({
        #[allow(unused_imports)]
        use __eskit::lock::NoShape as _;
        #shape
    });
    PersonalParts { shape: Some(shape), ..parts }
}

/// Of a stored command: nothing in it may be personal.
pub(crate) fn of_command(cx: &Ctxt, ident: &Ident, fields: &Fields) -> TokenStream {
    of_fields(cx, (ident, &[]), &[], fields, Of::Command).checks
}

/// Of a type that derives `Shape`, for one struct or variant of it.
pub(crate) fn of_part(
    cx: &Ctxt,
    own: (&Ident, &[Ident]),
    attrs: &[Attribute],
    fields: &Fields,
    rules: &FieldRules,
) -> TokenStream {
    checks(own, &marks(cx, fields, rules), attrs, fields, Of::Part)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Event,
    Command,
    Part,
}

fn of_fields(cx: &Ctxt, own: (&Ident, &[Ident]), attrs: &[Attribute], fields: &Fields, of: Of) -> PersonalParts {
    let serde = SerdeAttrs::from_syn(attrs);
    let marks = match of {
        Of::Command => fields.iter().map(|_| None).collect(),
        _ => marks(cx, fields, &FieldRules::of_struct(&serde)),
    };
    let first = marks.iter().flatten().next().map(|mark| mark.span);
    let feature = first.map(|span| quote_spanned!(span=> const _: () = __eskit::has_personal();));
    let stand_in = serde.proxy.write.as_ref().map(|ty| stand_in(ty, own.0));
    let checks = checks(own, &marks, attrs, fields, of);
    PersonalParts { shape: None, checks: quote!(#feature #stand_in #checks), first }
}

/// Reports marks on the fields of a type that is written as something else.
pub(crate) fn replaced(cx: &Ctxt, attrs: &[Attribute], position: Position, fields: &Fields) {
    let silent = Ctxt::new();
    let stated = ShapeAttrs::from_syn(&silent, attrs, position).stated;
    drop(silent.finish());
    let serde = SerdeAttrs::from_syn(attrs);
    if stated.is_none() && serde.proxy.write.is_none() && serde.hidden_by.is_none() {
        return;
    }
    for attr in fields.iter().flat_map(|field| &field.attrs).filter(|attr| attr.path().is_ident(symbol::PERSONAL)) {
        cx.error(diag::personal_replaced(attr));
    }
}

/// The type that an event is written as holds nothing personal: there is no field of the event that could say so.
fn stand_in(ty: &Type, own: &Ident) -> TokenStream {
    let (name, text) = (bare(own), text(ty));
    let remedy = "put `#[personal(..)]` on the fields of the event itself, and drop `#[serde(into = \"..\")]`";
    let check = quote_spanned! {own.span()=>
        const _: () = __eskit::lock::check_plain(__eskit::lock::ShapeOf::<#ty>::DEF, #name, #text, #remedy, "");
    };
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use __eskit::lock::NoShape as _;
            #check
        };
    }
}

/// The checks of all fields, in a scope of their own.
fn checks(
    own: (&Ident, &[Ident]),
    marks: &[Option<Mark>],
    attrs: &[Attribute],
    fields: &Fields,
    of: Of,
) -> TokenStream {
    if SerdeAttrs::from_syn(attrs).proxy.write.is_some() {
        return TokenStream::new();
    }
    let all: Vec<FieldCheck<'_>> = members(fields)
        .zip(marks)
        .zip(examples(fields))
        .map(|(((member, field), mark), example)| FieldCheck {
            own,
            of,
            name: member_name(&member),
            field,
            mark: mark.as_ref(),
            example,
        })
        .collect();
    let checks: TokenStream = all.iter().filter_map(|field| field.expand(&all)).collect();
    if checks.is_empty() {
        return checks;
    }
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use __eskit::lock::NoShape as _;
            #checks
        };
    }
}

struct FieldCheck<'a> {
    /// The type that it belongs to, and the names of its parameters.
    own: (&'a Ident, &'a [Ident]),
    of: Of,
    name: String,
    field: &'a Field,
    mark: Option<&'a Mark>,
    /// The subject that it probably has.
    example: String,
}

impl FieldCheck<'_> {
    fn expand(&self, all: &[FieldCheck<'_>]) -> Option<TokenStream> {
        let serde = SerdeAttrs::from_syn(&self.field.attrs);
        if serde.skip_serializing {
            return None;
        }
        match self.mark.map(|mark| &mark.says) {
            None => self.plain(&serde),
            Some(Says::Inside) => self.inside(),
            Some(Says::Of(subject)) => Some(self.whole(&serde, subject, all)),
        }
    }

    /// The shape of a type, unless that depends on a parameter.
    fn shape(&self, ty: &Type) -> Option<TokenStream> {
        let (ty, _) = without_recursion(ty, self.own.0);
        let is_known = !names_any(ty.clone(), self.own.1);
        is_known.then(|| quote_spanned!(ty.span()=> __eskit::lock::ShapeOf::<#ty>::DEF))
    }

    /// A field that says nothing.
    fn plain(&self, serde: &SerdeAttrs) -> Option<TokenStream> {
        let Field { ty, attrs, .. } = self.field;
        let is_tag = attrs.iter().any(|attr| attr.path().is_ident(symbol::TAG));
        let is_hidden = self.stated().is_some() || is_hidden(self.field, serde);
        if is_tag || !names_others(ty) || (self.of == Of::Part && !is_hidden) {
            return None;
        }
        let (shape, name, text, example) = (self.shape(ty)?, &self.name, text(ty), &self.example);
        if self.of == Of::Command {
            return Some(quote_spanned!(ty.span()=> const _: () = __eskit::lock::check_command(#shape, #name, #text);));
        }
        let remedy = if is_hidden {
            format!("its shape is hidden, so make the whole value personal: `#[personal({})]`", self.example)
        } else {
            format!("put `#[personal]` on `{name}`")
        };
        Some(
            quote_spanned!(ty.span()=> const _: () = __eskit::lock::check_plain(#shape, #name, #text, #remedy, #example);),
        )
    }

    fn inside(&self) -> Option<TokenStream> {
        let stated = self.stated();
        let ty = stated.as_ref().unwrap_or(&self.field.ty);
        let (shape, name, text, suspects) = (self.shape(ty)?, &self.name, text(ty), suspects(ty));
        let example = &self.example;
        Some(quote_spanned! {ty.span()=>
            const _: () = __eskit::lock::check_inside(#shape, #name, #text, #suspects, #example);
        })
    }

    fn whole(&self, serde: &SerdeAttrs, subject: &Subject, all: &[FieldCheck<'_>]) -> TokenStream {
        let (name, ty) = (&self.name, &self.field.ty);
        // What is hidden is not looked into.
        let is_seen = names_others(ty) && !is_hidden(self.field, serde);
        let value = is_seen.then(|| self.shape(ty)).flatten().map(|shape| {
            let suspects = suspects(ty);
            quote_spanned!(ty.span()=> const _: () = __eskit::lock::check_value(#shape, #name, #suspects);)
        });
        let id = all.get(subject.field).and_then(|field| {
            let (span, shape) = (subject.lit.span(), field.shape(field.stated().as_ref().unwrap_or(&field.field.ty))?);
            let name = subject.lit.value();
            Some(quote_spanned!(span=> const _: () = __eskit::lock::check_subject(#shape, #name);))
        });
        let forgotten = match &subject.forgotten {
            Some(forgotten) => {
                let stated = self.stated();
                let wire = stated.as_ref().unwrap_or(ty);
                let shape = (stated.is_some() || !is_hidden(self.field, serde)).then(|| self.shape(wire)).flatten();
                shape.map(|shape| {
                    let (span, json, text) = (forgotten.span, &forgotten.json, text(wire));
                    quote_spanned!(span=> const _: () = __eskit::lock::check_forgotten(#shape, #json, #text);)
                })
            }
            None if names_any(quote!(#ty), self.own.1) => None,
            None => Some(quote_spanned!(ty.span()=> const _: () = __eskit::lock::forgettable::<#ty>();)),
        };
        quote!(#value #id #forgotten)
    }

    /// The type that stands for that of the field on the wire.
    fn stated(&self) -> Option<Type> {
        let silent = Ctxt::new();
        let stated = ShapeAttrs::from_syn(&silent, &self.field.attrs, Position::Part).stated;
        drop(silent.finish());
        match stated {
            Some(Stated::As(ty)) => Some(*ty),
            _ => None,
        }
    }
}
