//! The signature of a function, read without syn's `full` grammar: bodies are never parsed.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, PathSegment, Token, Type, Visibility, WherePredicate, parenthesized};

use super::tokens::{holds_any, is_punct, regroup};
use super::types;
use crate::wrap::behind_reference;

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

/// A parameter that is no receiver.
pub(crate) struct Param {
    pub(crate) attrs: Vec<Attribute>,
    /// Its name, unless it is a pattern.
    pub(crate) name: Option<Ident>,
    pub(crate) ty: Type,
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

    /// What makes it generic, other than lifetimes.
    pub(crate) fn generic(&self) -> Option<TokenStream> {
        if self.generics.lifetimes().count() < self.generics.params.len() {
            return Some(self.generics.to_token_stream());
        }
        let clause = self.generics.where_clause.as_ref();
        let is_of_lifetimes = |predicate: &WherePredicate| matches!(predicate, WherePredicate::Lifetime(_));
        clause.filter(|clause| !clause.predicates.iter().all(is_of_lifetimes)).map(ToTokens::to_token_stream)
    }

    /// Whether a type can be named outside of the function: it holds none of its parameters.
    pub(crate) fn can_name(&self, ty: &Type) -> bool {
        let types = self.generics.type_params().map(|param| &param.ident);
        let own: Vec<&Ident> = types.chain(self.generics.const_params().map(|param| &param.ident)).collect();
        own.is_empty() || !holds_any(ty.to_token_stream(), &own)
    }
}

/// The tokens with `'_` for each of these lifetimes.
fn elide(tokens: TokenStream, lifetimes: &[Ident]) -> TokenStream {
    let mut behind_quote = false;
    tokens
        .into_iter()
        .map(|token| {
            let behind_quote = std::mem::replace(&mut behind_quote, is_punct(&token, '\''));
            match token {
                TokenTree::Ident(name) if behind_quote && lifetimes.contains(&name) => {
                    TokenTree::Ident(Ident::new("_", name.span()))
                }
                TokenTree::Group(group) => regroup(&group, elide(group.stream(), lifetimes)),
                other => other,
            }
        })
        .collect()
}

/// Whether a type holds a reference or a lifetime other than `'static`.
pub(crate) fn borrows(tokens: TokenStream) -> bool {
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

impl Param {
    /// Whether its type is the envelope of an event, or the time in it, by its name.
    pub(crate) fn is_envelope(&self) -> bool {
        self.last_word().is_some_and(|last| last == "RecordedEvent" || last == "Timestamp")
    }

    /// Whether its type is the envelope of an event, by its name.
    pub(crate) fn is_recorded_event(&self) -> bool {
        self.last_word().is_some_and(|last| last == "RecordedEvent")
    }

    /// Whether its type is a transaction, by its name.
    pub(crate) fn is_transaction(&self) -> bool {
        self.last_word().is_some_and(|last| {
            let name = last.to_string();
            ["Tx", "Transaction", "Connection"].iter().any(|end| name.ends_with(end))
        })
    }

    /// Whether its type is the effect of a processor, by its name.
    pub(crate) fn is_effect(&self) -> bool {
        self.last_word().is_some_and(|last| last == "Effect")
    }

    /// Whether its type is a slice of such effects.
    pub(crate) fn is_slice_of_effects(&self) -> bool {
        matches!(behind_reference(&self.ty), Type::Slice(slice) if last_segment(&slice.elem).is_some_and(|last| last.ident == "Effect"))
    }

    /// Whether its type is an app, started or not, by its name.
    pub(crate) fn is_app(&self) -> bool {
        self.last_word().is_some_and(|last| last == "App" || last == "Running")
    }

    /// Whether its type has arguments, as `App<S>` has.
    pub(crate) fn has_arguments(&self) -> bool {
        self.last_segment().is_some_and(|last| !last.arguments.is_empty())
    }

    /// Whether it is a mutable reference.
    pub(crate) fn is_mutable(&self) -> bool {
        matches!(&self.ty, Type::Reference(reference) if reference.mutability.is_some())
    }

    /// The last word of the path that its type is.
    fn last_word(&self) -> Option<&Ident> {
        self.last_segment().map(|last| &last.ident)
    }

    fn last_segment(&self) -> Option<&PathSegment> {
        last_segment(behind_reference(&self.ty))
    }

    /// Whether its type is a plain value, such as a number or a text.
    pub(crate) fn is_value(&self) -> bool {
        types::is_value(behind_reference(&self.ty))
    }

    /// The types of a tuple that holds several, each without its reference.
    pub(crate) fn tuple(&self) -> Option<Vec<Type>> {
        match behind_reference(&self.ty) {
            Type::Tuple(tuple) if tuple.elems.len() > 1 => {
                Some(tuple.elems.iter().map(|ty| behind_reference(ty).clone()).collect())
            }
            _ => None,
        }
    }
}

/// The last segment of the path that a type is.
fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}
