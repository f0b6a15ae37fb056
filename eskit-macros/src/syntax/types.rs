//! Types that hold an event, a command or an aggregate where it should stand itself: what they hold.

use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, PathArguments, PathSegment, Token, Type, TypeParamBound, TypePath,
};

const HOLDERS: &[(&str, Holder)] = &[
    ("Option", Holder::Optional),
    ("BTreeMap", Holder::Several),
    ("BTreeSet", Holder::Several),
    ("HashMap", Holder::Several),
    ("HashSet", Holder::Several),
    ("IndexMap", Holder::Several),
    ("LinkedList", Holder::Several),
    ("Vec", Holder::Several),
    ("VecDeque", Holder::Several),
    ("Arc", Holder::One),
    ("Box", Holder::One),
    ("Cow", Holder::One),
    ("Loaded", Holder::One),
    ("Mutex", Holder::One),
    ("Rc", Holder::One),
    ("RefCell", Holder::One),
    ("RwLock", Holder::One),
];
/// Types of std that are no events, commands or aggregates, and cannot become any.
const VALUES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128",
    "usize", "String",
];
/// Types of std, of eskit and of well-known crates that are values by their names.
const FOREIGN_VALUES: &[&str] = &[
    "Date",
    "DateTime",
    "Decimal",
    "Duration",
    "EventId",
    "Instant",
    "Metadata",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "OffsetDateTime",
    "PrimitiveDateTime",
    "SystemTime",
    "Timestamp",
    "Utc",
    "Uuid",
    "Value",
    "Zoned",
];
/// eskit's traits that could be meant as a type.
pub(crate) const TRAITS: &[&str] = &["Event", "Command", "Aggregate"];

/// How a parameter's type holds what should stand there itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// `Option`.
    Optional,
    /// A slice, an array, a collection or an iterator.
    Several,
    /// A pointer, a cell, `impl AsRef`, a tuple.
    One,
}

/// What a parameter's type holds, where it is a pointer, a collection, a tuple, `impl Trait` or `dyn Trait`: no type, where that
/// does not show. `None` for any other type.
pub(crate) fn inner(ty: &Type) -> Option<(Holder, Option<Type>)> {
    match ty {
        Type::Reference(reference) => inner(&reference.elem),
        Type::Paren(paren) => inner(&paren.elem),
        Type::Group(group) => inner(&group.elem),
        Type::Slice(slice) => Some((Holder::Several, innermost(&slice.elem))),
        Type::Array(array) => Some((Holder::Several, innermost(&array.elem))),
        Type::Tuple(tuple) => Some((Holder::One, tuple.elems.first().and_then(innermost))),
        Type::ImplTrait(opaque) => Some((holder_of(&opaque.bounds), bound(&opaque.bounds))),
        Type::TraitObject(object) => Some((holder_of(&object.bounds), bound(&object.bounds))),
        Type::Path(path) => {
            let segment = path.path.segments.last()?;
            let (_, holder) = HOLDERS.iter().find(|(name, _)| segment.ident == name)?;
            // The last one is what a map holds. Without any, it is a type of the user's own with that name.
            Some((*holder, innermost(last_type(segment)?)))
        }
        _ => None,
    }
}

fn holder_of(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Holder {
    let yields = ["Iterator", "IntoIterator"];
    let is_iterator = traits(bounds).any(|segment| yields.iter().any(|name| segment.ident == name));
    if is_iterator { Holder::Several } else { Holder::One }
}

/// Whether a type is a function, or a trait that is none of eskit's and says nothing of what it holds: it is there to be asked.
pub(crate) fn is_asked(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_asked(&reference.elem),
        Type::Paren(paren) => is_asked(&paren.elem),
        Type::FnPtr(_) => true,
        Type::ImplTrait(opaque) => is_service(&opaque.bounds),
        Type::TraitObject(object) => is_service(&object.bounds),
        _ => held(ty).is_some_and(is_asked),
    }
}

fn is_service(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    bound(bounds).is_none() && !traits(bounds).any(|segment| TRAITS.iter().any(|name| segment.ident == name))
}

fn traits(bounds: &Punctuated<TypeParamBound, Token![+]>) -> impl Iterator<Item = &PathSegment> {
    bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    })
}

/// Whether a type holds nothing but plain values, or is one by its name: a time, an id, a number of some crate.
pub(crate) fn is_foreign_value(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_foreign_value(&reference.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_foreign_value),
        Type::Path(path) => {
            let is_named =
                path.path.segments.last().is_some_and(|last| FOREIGN_VALUES.iter().any(|name| last.ident == name));
            is_value(ty) || is_named
        }
        _ => false,
    }
}

/// Whether a type is a plain value, such as a number or a text.
pub(crate) fn is_value(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if VALUES.iter().any(|value| path.path.is_ident(value)))
}

/// What a pointer or a collection holds.
pub(crate) fn held(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    if HOLDERS.iter().any(|(holder, _)| segment.ident == holder) { last_type(segment) } else { None }
}

/// The type behind references and holders.
pub(crate) fn innermost(ty: &Type) -> Option<Type> {
    match (inner(ty), ty) {
        (Some((_, inner)), _) => inner,
        (None, Type::Reference(reference)) => innermost(&reference.elem),
        (None, ty) => Some(ty.clone()),
    }
}

/// The type in `AsRef<Type>`, in `Deref<Target = Type>` or in `Iterator<Item = Type>`.
pub(crate) fn bound(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Type> {
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => first_type(bound.path.segments.last()?).and_then(innermost),
        _ => None,
    })
}

pub(crate) fn first_type(segment: &PathSegment) -> Option<&Type> {
    types(segment).next()
}

fn last_type(segment: &PathSegment) -> Option<&Type> {
    types(segment).last()
}

fn types(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    arguments(segment).into_iter().flat_map(|arguments| &arguments.args).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        GenericArgument::AssocType(assoc) => Some(&assoc.ty),
        _ => None,
    })
}

/// The types between the angle brackets of a path.
pub(crate) fn arguments_of(path: &TypePath) -> impl Iterator<Item = &Type> {
    let arguments = path.path.segments.last().and_then(arguments);
    arguments.into_iter().flat_map(|arguments| &arguments.args).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn arguments(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn holders_hold_a_type_and_others_are_types_of_their_own() {
        let maps: [(Type, Holder); 4] = [
            (parse_quote!(&[Seats]), Holder::Several),
            (parse_quote!(HashMap<String, &Seats>), Holder::Several),
            (parse_quote!(Option<&Seats>), Holder::Optional),
            (parse_quote!(&std::sync::Arc<Seats>), Holder::One),
        ];
        for (ty, holder) in maps {
            let (found, held) = inner(&ty).unwrap();
            assert!(found == holder, "{}", ty.to_token_stream());
            assert_eq!(held.to_token_stream().to_string(), "Seats");
        }
        for own in ["&Loaded", "&Option", "&Box", "&farm::Cow", "&Seats", "&Slot<Seats>"] {
            let own: Type = syn::parse_str(own).unwrap();
            assert!(inner(&own).is_none() && held(&own).is_none(), "{}", own.to_token_stream());
        }
    }

    #[test]
    fn values_are_known_by_their_names() {
        for value in ["u32", "&str", "eskit::Timestamp", "chrono::DateTime<Utc>", "(u8, Uuid)", "()"] {
            assert!(is_foreign_value(&syn::parse_str(value).unwrap()), "{value}");
        }
        for other in ["Seats", "(u8, Seats)", "Vec<u8>"] {
            assert!(!is_foreign_value(&syn::parse_str(other).unwrap()), "{other}");
        }
        for asked in ["fn() -> u64", "&dyn Fn() -> u64", "impl Clock", "Box<dyn Clock>"] {
            assert!(is_asked(&syn::parse_str(asked).unwrap()), "{asked}");
        }
        for other in ["impl AsRef<Seats>", "&dyn Event", "&Seats", "impl Iterator<Item = Seats>"] {
            assert!(!is_asked(&syn::parse_str(other).unwrap()), "{other}");
        }
    }
}
