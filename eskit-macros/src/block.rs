//! An impl block with marks on its methods, as `#[decider]` takes it: what stands in it, and the block without the marks.

pub(crate) mod handler;
pub(crate) mod item;
pub(crate) mod mark;
pub(crate) mod param;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, GenericParam, Generics, Token, Type};

use crate::ctxt::Ctxt;
use crate::syntax::tokens::{regroup, without};
use crate::wrap::text;
use item::{Item, parse_items};
use mark::{Mark, Marks};

/// An impl block before its methods are looked at.
pub(crate) struct Block {
    pub(crate) keyword: Span,
    pub(crate) generics: Generics,
    pub(crate) self_ty: Type,
    pub(crate) of_trait: bool,
    pub(crate) items: Vec<Item>,
    /// All before the braces.
    head: TokenStream,
    inner: Vec<Attribute>,
    body: Group,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Block> {
        let all = input.fork();
        input.call(Attribute::parse_outer)?;
        let keyword: Token![impl] = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let mut self_ty: Type = input.parse()?;
        let of_trait = input.parse::<Option<Token![for]>>()?.is_some();
        if of_trait {
            self_ty = input.parse()?;
        }
        generics.where_clause = input.parse()?;
        let body: Group = input.parse()?;
        let mut head: Vec<TokenTree> = all.parse::<TokenStream>()?.into_iter().collect();
        head.pop();
        let (inner, items) = parse_items.parse2(body.stream())?;
        let (keyword, head) = (keyword.span, head.into_iter().collect());
        Ok(Block { keyword, generics, self_ty, of_trait, items, head, inner, body })
    }
}

impl Block {
    /// The block with these items in place of its own.
    pub(crate) fn with_items(&self, items: &TokenStream) -> TokenStream {
        let (head, inner) = (&self.head, &self.inner);
        let body = regroup(&self.body, quote!(#(#inner)* #items));
        quote!(#head #body)
    }

    /// Hands each item with one of these marks to `read`, and returns the block without them, as rustc is to see it.
    pub(crate) fn read_marked(
        &mut self,
        cx: &Ctxt,
        marks: &Marks,
        mut read: impl FnMut(&Block, &Item, &Mark<'_>),
    ) -> TokenStream {
        let mut clean = TokenStream::new();
        for mut item in std::mem::take(&mut self.items) {
            marks.repair(cx, &mut item.attrs);
            if let Some(mark) = marks.read(cx, &item.attrs) {
                read(self, &item, &mark);
            }
            clean.extend(item.clean(marks));
        }
        self.with_items(&clean)
    }

    /// A type of the block with `Self` written out, since generated impls have another `Self`; what is wrong with it is found
    /// where it stood.
    pub(crate) fn written_out(&self, ty: &Type) -> Type {
        syn::parse2(replace(ty.to_token_stream(), &self.self_ty)).unwrap_or_else(|_| ty.clone())
    }

    /// Whether a type is that of the block.
    pub(crate) fn is_own(&self, ty: &Type) -> bool {
        is_same(&self.written_out(ty), &self.self_ty)
    }

    /// The parameters of a generic block, lifetimes without their quote.
    pub(crate) fn generic_names(&self) -> Vec<&Ident> {
        let names = self.generics.params.iter().map(|param| match param {
            GenericParam::Lifetime(param) => &param.lifetime.ident,
            GenericParam::Type(param) => &param.ident,
            GenericParam::Const(param) => &param.ident,
        });
        names.collect()
    }
}

/// Whether this is an inherent impl block with a marked method.
pub(crate) fn has_marks(item: TokenStream, marks: &Marks) -> bool {
    syn::parse2::<Block>(item)
        .is_ok_and(|block| !block.of_trait && block.items.iter().any(|item| item.is_marked(marks)))
}

/// A block that could not be read, without its marks, which mean nothing outside of one.
pub(crate) fn without_marks(item: TokenStream, marks: &Marks) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                regroup(&group, without(group.stream(), |name| marks.known(name).is_some()))
            }
            other => other,
        })
        .collect()
}

pub(crate) fn is_same(a: &Type, b: &Type) -> bool {
    text(a) == text(b)
}

fn replace(tokens: TokenStream, self_ty: &Type) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(word) if word == "Self" => located_at(self_ty.to_token_stream(), word.span()),
            TokenTree::Group(group) => regroup(&group, replace(group.stream(), self_ty)).into(),
            other => other.into(),
        })
        .collect()
}

/// Tokens that mean what they did, at another place.
fn located_at(tokens: TokenStream, place: Span) -> TokenStream {
    let located = |mut token: TokenTree| {
        token.set_span(place.resolved_at(token.span()));
        token
    };
    tokens.into_iter().map(located).collect()
}
