//! What a decider returns: its events, which its type must name.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypeReference};

use super::listed;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::syntax::signature::{Signature, borrows};
use crate::syntax::tokens::regroup;
use crate::syntax::types;

const POINTERS: &[&str] = &["Box", "Rc", "Arc"];

/// The return type of a decider, which must name its events; beside an error what can stand for it.
pub(crate) fn events(cx: &Ctxt, signature: &Signature) -> Option<Type> {
    match &signature.output {
        None => cx.error(diag::decide_returns_nothing(&signature.ident)),
        Some(Type::Verbatim(opaque)) => cx.error(diag::opaque_return(opaque, None)),
        Some(output) if borrows(output.to_token_stream()) => {
            let references = references(output);
            references.iter().for_each(|(reference, to)| cx.error(diag::borrowed_return(reference, Some(to))));
            if references.is_empty() {
                cx.error(diag::borrowed_return(output, None));
            }
        }
        Some(output) if signature.can_name(output) => {
            if let Some((other, expected)) = listed::mixed(output, signature.body.clone()) {
                cx.error(diag::events_mixed(&other, &expected));
            }
            return Some(own_events(cx, output.clone()));
        }
        Some(_) => {}
    }
    None
}

/// The references in a type that are not `'static`, each with what it refers to.
fn references(ty: &Type) -> Vec<(&TypeReference, &Type)> {
    match ty {
        Type::Reference(reference) if borrows(reference.to_token_stream()) => vec![(reference, &*reference.elem)],
        Type::Tuple(tuple) => tuple.elems.iter().flat_map(references).collect(),
        Type::Array(array) => references(&array.elem),
        Type::Paren(paren) => references(&paren.elem),
        Type::Group(group) => references(&group.elem),
        Type::Path(path) => types::arguments_of(path).flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The return type of a decider with each pointer to an event replaced by the event, and by `()` where that is not known or
/// stands for something else, after reporting it.
fn own_events(cx: &Ctxt, mut output: Type) -> Type {
    replace_others(cx, &mut output);
    output
}

fn replace_others(cx: &Ctxt, ty: &mut Type) {
    let is_value = types::is_value(ty);
    let error = match &mut *ty {
        Type::Tuple(tuple) => return tuple.elems.iter_mut().for_each(|elem| replace_others(cx, elem)),
        Type::Array(array) => return replace_others(cx, &mut array.elem),
        Type::Paren(paren) => return replace_others(cx, &mut paren.elem),
        Type::Group(group) => return replace_others(cx, &mut group.elem),
        Type::ImplTrait(opaque) => diag::opaque_return(&*opaque, types::bound(&opaque.bounds).as_ref()),
        Type::TraitObject(object) => diag::pointer_return(&*object, None),
        Type::Path(path) if is_value => diag::value_return(&*path),
        Type::Path(path) => {
            let Some(segment) = path.path.segments.last_mut() else { return };
            if !POINTERS.iter().any(|pointer| segment.ident == pointer) {
                return replace_in_collection(cx, segment);
            }
            let Some(held) = types::first_type(segment) else { return };
            let held = types::innermost(held);
            let error = diag::pointer_return(&*path, held.as_ref());
            cx.error(error);
            *ty = held.unwrap_or_else(nothing);
            return;
        }
        _ => return,
    };
    cx.error(error);
    *ty = nothing();
}

/// The events of `Result`, `Option` and `Vec` are their first argument.
fn replace_in_collection(cx: &Ctxt, segment: &mut PathSegment) {
    let is_collection = ["Result", "Option", "Vec"].iter().any(|collection| segment.ident == collection);
    if let (true, PathArguments::AngleBracketed(arguments)) = (is_collection, &mut segment.arguments)
        && let Some(GenericArgument::Type(events)) = arguments.args.first_mut()
    {
        replace_others(cx, events);
    }
}

fn nothing() -> Type {
    syn::parse_quote!(())
}

/// A function that was refused, with `dyn Any` for `dyn Event` and the like, which no function may hold: then rustc does not
/// refuse it again.
pub(super) fn without_trait_objects(item: TokenStream) -> TokenStream {
    let mut tokens = item.into_iter().peekable();
    let mut kept = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "dyn" => {
                let is_path = |token: &TokenTree| match token {
                    TokenTree::Ident(_) => true,
                    TokenTree::Punct(punct) => punct.as_char() == ':',
                    _ => false,
                };
                let mut path = Vec::new();
                while let Some(part) = tokens.next_if(is_path) {
                    path.push(part);
                }
                let is_ours =
                    path.last().is_some_and(|last| types::TRAITS.iter().any(|name| last.to_string() == **name));
                kept.extend(if is_ours { quote!(#word ::core::any::Any) } else { quote!(#word #(#path)*) });
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                kept.extend([regroup(&group, without_trait_objects(group.stream()))]);
            }
            other => kept.extend([other]),
        }
    }
    kept
}
