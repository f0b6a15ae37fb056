//! The signature of a function, read without syn's `full` grammar: bodies are never parsed.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Member, Meta, Token, Type, TypeReference, Visibility, WherePredicate, parenthesized};

use super::param::Param;
use super::{listed, wrapped};
use crate::attr::split_at_commas;
use crate::ctxt::Ctxt;
use crate::wrap::bare;
use crate::{diag, symbol};

pub(crate) struct Signature {
    /// `const`, `async`, `unsafe`, `extern`.
    pub(crate) qualifiers: Vec<Ident>,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) params: Vec<Param>,
    /// `None` for `()`; [`Type::Verbatim`] for `impl Trait`.
    pub(crate) output: Option<Type>,
    pub(crate) body: TokenStream,
}

pub(crate) struct Receiver {
    pub(crate) kind: ReceiverKind,
    pub(crate) tokens: TokenStream,
}

#[derive(PartialEq, Eq)]
pub(crate) enum ReceiverKind {
    Shared,
    Mutable,
    Other,
}

impl Parse for Signature {
    /// Reads all behind the attributes; of the body only the tokens.
    fn parse(input: ParseStream<'_>) -> syn::Result<Signature> {
        input.parse::<Visibility>()?;
        let mut qualifiers = Vec::new();
        while !input.peek(Token![fn]) {
            if input.peek(syn::LitStr) {
                input.parse::<syn::LitStr>()?;
            } else {
                qualifiers.push(input.call(<Ident as syn::ext::IdentExt>::parse_any)?);
            }
        }
        input.parse::<Token![fn]>()?;
        let ident = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
        let mut generics: Generics = input.parse()?;
        let content;
        parenthesized!(content in input);
        let (receiver, params) = parse_params(&content)?;
        let output = match input.parse::<Option<Token![->]>>()? {
            Some(_) if input.peek(Token![impl]) => Some(Type::Verbatim(opaque(input)?)),
            Some(_) => Some(input.parse()?),
            None => None,
        };
        generics.where_clause = input.parse()?;
        let body = input.parse()?;
        let mut signature = Signature { qualifiers, ident, generics, receiver, params, output, body };
        signature.elide_lifetimes();
        Ok(signature)
    }
}

/// The tokens of a return type that starts with `impl`: up to the `where` clause or the body.
fn opaque(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !(input.is_empty() || input.peek(Token![where]) || input.peek(syn::token::Brace)) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn parse_params(input: ParseStream<'_>) -> syn::Result<(Option<Receiver>, Vec<Param>)> {
    let mut receiver = None;
    let mut params = Vec::new();
    while !input.is_empty() {
        let attrs = input.call(Attribute::parse_outer)?;
        if is_receiver(input) {
            receiver = Some(parse_receiver(input)?);
        } else {
            let mut pattern = Vec::new();
            while !input.peek(Token![:]) || input.peek(Token![::]) {
                pattern.push(input.parse::<TokenTree>()?);
            }
            input.parse::<Token![:]>()?;
            params.push(Param { attrs, name: name_of(&pattern), ty: input.parse()? });
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok((receiver, params))
}

/// The name that a pattern gives to all of a parameter.
fn name_of(pattern: &[TokenTree]) -> Option<Ident> {
    match pattern {
        [TokenTree::Ident(name)] if name != "_" => Some(name.clone()),
        [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mut" => Some(name.clone()),
        _ => None,
    }
}

fn is_receiver(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.parse::<Option<Token![&]>>().is_err() || ahead.parse::<Option<syn::Lifetime>>().is_err() {
        return false;
    }
    ahead.parse::<Option<Token![mut]>>().is_ok() && ahead.peek(Token![self])
}

fn parse_receiver(input: ParseStream<'_>) -> syn::Result<Receiver> {
    let reference: Option<Token![&]> = input.parse()?;
    let lifetime: Option<syn::Lifetime> = input.parse()?;
    let mutable: Option<Token![mut]> = input.parse()?;
    let own: Token![self] = input.parse()?;
    let mut tokens = quote::quote!(#reference #lifetime #mutable #own);
    if let Some(colon) = input.parse::<Option<Token![:]>>()? {
        let ty: Type = input.parse()?;
        colon.to_tokens(&mut tokens);
        ty.to_tokens(&mut tokens);
        return Ok(Receiver { kind: ReceiverKind::Other, tokens });
    }
    let kind = match (reference.is_some(), mutable.is_some()) {
        (true, true) => ReceiverKind::Mutable,
        (true, false) => ReceiverKind::Shared,
        (false, _) => ReceiverKind::Other,
    };
    Ok(Receiver { kind, tokens })
}

impl Signature {
    /// Leaves out the lifetimes that the function declares: its call finds them, and the impl that calls it does not have
    /// them. They stay in the return type, which must not borrow.
    fn elide_lifetimes(&mut self) {
        let own: Vec<Ident> = self.generics.lifetimes().map(|param| param.lifetime.ident.clone()).collect();
        if own.is_empty() {
            return;
        }
        for param in &mut self.params {
            param.ty = syn::parse2(elide(param.ty.to_token_stream(), &own)).unwrap_or_else(|_| param.ty.clone());
        }
    }

    /// Reports what no decider may be: async, unsafe, extern, generic but for lifetimes.
    pub(crate) fn check_plain(&self, cx: &Ctxt, what: &str) {
        for word in self.qualifiers.iter().filter(|word| *word != "const") {
            cx.error(diag::qualifier(word, &bare(word), what));
        }
        let bounds =
            self.generics.where_clause.as_ref().filter(|clause| !clause.predicates.iter().all(is_of_lifetimes));
        if self.generics.lifetimes().count() < self.generics.params.len() {
            cx.error(diag::generic_function(&self.generics, what));
        } else if let Some(clause) = bounds {
            cx.error(diag::generic_function(clause, what));
        }
    }

    /// Whether a type can be named outside of the function: it holds none of its parameters.
    pub(crate) fn can_name(&self, ty: &Type) -> bool {
        let types = self.generics.type_params().map(|param| &param.ident);
        let own: Vec<&Ident> = types.chain(self.generics.const_params().map(|param| &param.ident)).collect();
        own.is_empty() || !holds_any(ty.to_token_stream(), &own)
    }

    /// The return type of a decider, which must name its events; beside an error what can stand for it.
    pub(crate) fn check_output(&self, cx: &Ctxt) -> Option<Type> {
        match &self.output {
            None => cx.error(diag::decide_returns_nothing(&self.ident)),
            Some(Type::Verbatim(opaque)) => cx.error(diag::opaque_return(opaque, None)),
            Some(output) if borrows(output.to_token_stream()) => {
                let references = references(output);
                references.iter().for_each(|(reference, to)| cx.error(diag::borrowed_return(reference, Some(to))));
                if references.is_empty() {
                    cx.error(diag::borrowed_return(output, None));
                }
            }
            Some(output) if self.can_name(output) => {
                if let Some((other, expected)) = listed::mixed(output, self.body.clone()) {
                    cx.error(diag::events_mixed(&other, &expected));
                }
                return Some(wrapped::own_events(cx, output.clone()));
            }
            Some(_) => {}
        }
        None
    }
}

pub(super) fn holds_any(tokens: TokenStream, names: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => holds_any(group.stream(), names),
        TokenTree::Ident(ident) => names.contains(&&ident),
        _ => false,
    })
}

fn is_of_lifetimes(predicate: &WherePredicate) -> bool {
    matches!(predicate, WherePredicate::Lifetime(_))
}

/// The tokens with `'_` for each of these lifetimes.
fn elide(tokens: TokenStream, lifetimes: &[Ident]) -> TokenStream {
    let mut behind_quote = false;
    tokens
        .into_iter()
        .map(|token| {
            let behind_quote = std::mem::replace(&mut behind_quote, is_quote(&token));
            match token {
                TokenTree::Ident(name) if behind_quote && lifetimes.contains(&name) => {
                    TokenTree::Ident(Ident::new("_", name.span()))
                }
                TokenTree::Group(group) => {
                    let mut new = Group::new(group.delimiter(), elide(group.stream(), lifetimes));
                    new.set_span(group.span());
                    TokenTree::Group(new)
                }
                other => other,
            }
        })
        .collect()
}

fn is_quote(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '\'')
}

/// The references in a type that are not `'static`, each with what it refers to.
fn references(ty: &Type) -> Vec<(&TypeReference, &Type)> {
    match ty {
        Type::Reference(reference) if borrows(reference.to_token_stream()) => vec![(reference, &*reference.elem)],
        Type::Tuple(tuple) => tuple.elems.iter().flat_map(references).collect(),
        Type::Array(array) => references(&array.elem),
        Type::Paren(paren) => references(&paren.elem),
        Type::Group(group) => references(&group.elem),
        Type::Path(path) => wrapped::arguments_of(path).flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Whether a type holds a reference or a lifetime other than `'static`.
pub(super) fn borrows(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let next_is = |tokens: &mut std::iter::Peekable<_>, text: &str| {
            tokens.peek().is_some_and(|next: &TokenTree| next.to_string() == text)
        };
        let found = match &token {
            TokenTree::Group(group) => borrows(group.stream()),
            TokenTree::Punct(punct) if punct.as_char() == '&' => !next_is(&mut tokens, "'"),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => !next_is(&mut tokens, "static"),
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// Which field of the command feeds which key of a model: `#[key(field)]` or `#[key(key = field, ..)]`.
pub(crate) fn bindings(cx: &Ctxt, attrs: &[Attribute]) -> Vec<(String, Member)> {
    let mut all = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::KEY)) {
        let pieces = match &attr.meta {
            Meta::List(list) => split_at_commas(list.tokens.clone()),
            _ => Vec::new(),
        };
        if pieces.is_empty() {
            cx.error(diag::key_malformed(attr));
        }
        for piece in pieces {
            let binding = syn::parse2::<KeyBinding>(piece.clone()).map_err(|_| diag::key_malformed(piece));
            all.extend(
                cx.ok(binding).map(|KeyBinding { key, field }| (key.as_ref().map(bare).unwrap_or_default(), field)),
            );
        }
    }
    all
}

struct KeyBinding {
    key: Option<Ident>,
    field: Member,
}

impl Parse for KeyBinding {
    fn parse(input: ParseStream<'_>) -> syn::Result<KeyBinding> {
        let key = if input.peek2(Token![=]) { Some(input.parse()?) } else { None };
        input.parse::<Option<Token![=]>>()?;
        Ok(KeyBinding { key, field: input.parse()? })
    }
}
