//! A `#[decider]` impl block: its marked methods, and the block without the marks.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Generics, Token, Type, WhereClause};

use crate::ctxt::Ctxt;
use crate::signature::{Param, ReceiverKind, Signature, bindings};
use crate::wrap::bare;
use crate::{diag, symbol};

pub(crate) struct ImplDef {
    pub(crate) self_ty: Type,
    pub(crate) evolves: Vec<EvolveDef>,
    pub(crate) decides: Vec<DecideDef>,
    /// The block as rustc is to see it.
    pub(crate) clean: TokenStream,
}

/// An `#[evolve]` method.
pub(crate) struct EvolveDef {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) event: Type,
    /// Whether it takes the recorded envelope too.
    pub(crate) envelope: bool,
}

/// A `#[decide]` method.
pub(crate) struct DecideDef {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) command: Type,
    pub(crate) output: Type,
    pub(crate) bindings: Vec<(String, Ident)>,
}

/// One item of the block, split into attributes and the rest.
struct Item {
    attrs: Vec<Attribute>,
    tokens: TokenStream,
    is_fn: bool,
}

/// The block before its methods are looked at.
struct RawImpl {
    header: TokenStream,
    generics: Generics,
    self_ty: Type,
    of_trait: bool,
    inner: Vec<Attribute>,
    items: Vec<Item>,
    body: Group,
}

impl Parse for RawImpl {
    fn parse(input: ParseStream<'_>) -> syn::Result<RawImpl> {
        let attrs = input.call(Attribute::parse_outer)?;
        let token: Token![impl] = input.parse()?;
        let generics: Generics = input.parse()?;
        let mut self_ty: Type = input.parse()?;
        let mut header = quote!(#(#attrs)* #token #generics #self_ty);
        let of_trait = input.peek(Token![for]);
        if of_trait {
            let for_token: Token![for] = input.parse()?;
            self_ty = input.parse()?;
            header.extend(quote!(#for_token #self_ty));
        }
        let clause: Option<WhereClause> = input.parse()?;
        clause.to_tokens(&mut header);
        let body: Group = input.parse()?;
        let (inner, items) = parse_items.parse2(body.stream())?;
        Ok(RawImpl { header, generics, self_ty, of_trait, inner, items, body })
    }
}

fn parse_items(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Vec<Item>)> {
    let inner = input.call(Attribute::parse_inner)?;
    let mut items = Vec::new();
    while !input.is_empty() {
        let attrs = input.call(Attribute::parse_outer)?;
        let mut tokens = TokenStream::new();
        let mut is_fn = false;
        let mut is_value = false;
        while !input.is_empty() {
            let token: TokenTree = input.parse()?;
            is_fn |= matches!(&token, TokenTree::Ident(word) if word == "fn");
            is_value |= matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '=');
            let ends = match &token {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && (is_fn || !is_value),
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            tokens.extend([token]);
            if ends {
                break;
            }
        }
        items.push(Item { attrs, tokens, is_fn });
    }
    Ok((inner, items))
}

impl ImplDef {
    /// Reads the block; `None` when it cannot be read at all, after recording why.
    pub(crate) fn from_syn(cx: &Ctxt, item: TokenStream) -> Option<ImplDef> {
        let raw: RawImpl = cx.ok(syn::parse2(item).map_err(diag::unreadable))?;
        if raw.of_trait {
            cx.error(diag::decider_trait_impl(&raw.self_ty));
        }
        if !raw.generics.params.is_empty() {
            cx.error(diag::generic("an aggregate", &raw.generics));
        }
        let mut def =
            ImplDef { self_ty: raw.self_ty, evolves: Vec::new(), decides: Vec::new(), clean: TokenStream::new() };
        let inner = &raw.inner;
        let mut body = quote!(#(#inner)*);
        let mut marked = false;
        for item in raw.items {
            marked |= def.read(cx, &item);
            let kept = item.attrs.iter().filter(|attr| !is_marker(attr));
            kept.for_each(|attr| attr.to_tokens(&mut body));
            body.extend(item.tokens);
        }
        if !marked {
            cx.error(diag::decider_empty(Span::call_site()));
        }
        let mut group = Group::new(Delimiter::Brace, body);
        group.set_span(raw.body.span());
        def.clean = raw.header;
        def.clean.extend([TokenTree::Group(group)]);
        Some(def)
    }

    /// Reads one item; returns whether it is marked.
    fn read(&mut self, cx: &Ctxt, item: &Item) -> bool {
        let mut markers = item.attrs.iter().filter(|attr| is_evolve(attr) || is_decide(attr));
        let Some(marker) = markers.next() else {
            return report_typos(cx, &item.attrs);
        };
        for second in markers {
            cx.error(diag::marker_twice(second));
        }
        let word = if is_evolve(marker) { symbol::EVOLVE } else { symbol::DECIDE };
        if !matches!(marker.meta, syn::Meta::Path(_)) {
            cx.error(diag::marker_arguments(marker, word));
        }
        if !item.is_fn {
            cx.error(diag::marker_on_other(marker, word));
            return true;
        }
        let Some(signature) = cx.ok(syn::parse2::<Signature>(item.tokens.clone()).map_err(diag::unreadable)) else {
            return true;
        };
        let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
        if word == symbol::EVOLVE {
            self.read_evolve(cx, signature, cfgs);
        } else {
            self.read_decide(cx, signature, cfgs, bindings(cx, &item.attrs));
        }
        true
    }

    fn read_evolve(&mut self, cx: &Ctxt, signature: Signature, cfgs: Vec<Attribute>) {
        signature.check_plain(cx, "an evolve method");
        match &signature.receiver {
            Some(receiver) if receiver.kind == ReceiverKind::Mutable => {}
            Some(receiver) => cx.error(diag::evolve_receiver(span_of(&receiver.tokens))),
            None => cx.error(diag::evolve_receiver(signature.params_span())),
        }
        if let Some(output) = &signature.output {
            cx.error(diag::evolve_returns(output));
        }
        if let Some(extra) = signature.params.get(2) {
            cx.error(diag::evolve_too_many(&extra.ty));
        }
        let Some(first) = signature.params.first() else {
            cx.error(diag::evolve_no_event(signature.params_span()));
            return;
        };
        if let Some(envelope) = signature.params.get(1) {
            envelope.referenced(cx, "the recorded event");
        }
        let Some(event) = self.type_of(cx, first, "an event") else { return };
        let twin = self.evolves.iter().find(|other| same(&other.event, &event));
        if let Some(twin) = twin
            && twin.cfgs.is_empty()
            && cfgs.is_empty()
        {
            cx.error(diag::evolve_twice(&event, &text(&event)));
            return;
        }
        let envelope = signature.params.len() > 1;
        self.evolves.push(EvolveDef { cfgs, ident: signature.ident, event, envelope });
    }

    fn read_decide(&mut self, cx: &Ctxt, signature: Signature, cfgs: Vec<Attribute>, bindings: Vec<(String, Ident)>) {
        signature.check_plain(cx, "a decide method");
        match &signature.receiver {
            Some(receiver) if receiver.kind == ReceiverKind::Shared => {}
            Some(receiver) => cx.error(diag::decide_receiver(span_of(&receiver.tokens))),
            None => cx.error(diag::decide_receiver(signature.params_span())),
        }
        if let Some(extra) = signature.params.get(1) {
            cx.error(diag::decide_too_many(&extra.ty));
        }
        let output = check_output(cx, &signature).map(|output| replace_self(output, &self.self_ty));
        let Some(first) = signature.params.first() else {
            cx.error(diag::decide_no_command(signature.params_span()));
            return;
        };
        let (Some(command), Some(output)) = (self.type_of(cx, first, "a command"), output) else { return };
        let twin = self.decides.iter().find(|other| same(&other.command, &command));
        if let Some(twin) = twin
            && twin.cfgs.is_empty()
            && cfgs.is_empty()
        {
            cx.error(diag::decide_twice(&command, &text(&command)));
            return;
        }
        self.decides.push(DecideDef { cfgs, ident: signature.ident, command, output, bindings });
    }

    fn type_of(&self, cx: &Ctxt, param: &Param, what: &str) -> Option<Type> {
        param.referenced(cx, what).map(|ty| replace_self(&ty, &self.self_ty))
    }
}

/// The return type of a decider, which must name its events.
pub(crate) fn check_output<'a>(cx: &Ctxt, signature: &'a Signature) -> Option<&'a Type> {
    match &signature.output {
        None => {
            cx.error(diag::decide_returns_nothing(signature.ident.span()));
            None
        }
        Some(Type::ImplTrait(opaque)) => {
            cx.error(diag::opaque_return(opaque));
            None
        }
        Some(output) => Some(output),
    }
}

fn is_evolve(attr: &Attribute) -> bool {
    is_word(attr, symbol::EVOLVE)
}

fn is_decide(attr: &Attribute) -> bool {
    is_word(attr, symbol::DECIDE)
}

fn is_marker(attr: &Attribute) -> bool {
    is_evolve(attr) || is_decide(attr) || attr.path().is_ident(symbol::KEY)
}

/// Whether an attribute is `#[word]`, or `#[path::to::word]`.
fn is_word(attr: &Attribute, word: &str) -> bool {
    attr.path().segments.last().is_some_and(|segment| segment.ident == word)
}

/// Reports an attribute that was probably meant as a mark. Returns whether there was one.
fn report_typos(cx: &Ctxt, attrs: &[Attribute]) -> bool {
    let mut found = false;
    for attr in attrs {
        let Some(name) = attr.path().get_ident().map(bare) else { continue };
        if let Some(meant) = diag::did_you_mean(&name, &[symbol::EVOLVE, symbol::DECIDE]) {
            cx.error(diag::marker_typo(attr.path(), &name, meant));
            found = true;
        }
    }
    found
}

fn span_of(tokens: &TokenStream) -> Span {
    syn::spanned::Spanned::span(tokens)
}

fn text(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}

fn same(a: &Type, b: &Type) -> bool {
    text(a) == text(b)
}

/// The type with `Self` written out, since generated impls have another `Self`.
fn replace_self(ty: &Type, self_ty: &Type) -> Type {
    fn replace(tokens: TokenStream, self_ty: &Type) -> TokenStream {
        tokens
            .into_iter()
            .flat_map(|token| match token {
                TokenTree::Ident(word) if word == "Self" => quote!(#self_ty),
                TokenTree::Group(group) => {
                    let mut new = Group::new(group.delimiter(), replace(group.stream(), self_ty));
                    new.set_span(group.span());
                    TokenTree::Group(new).into()
                }
                other => other.into(),
            })
            .collect()
    }
    syn::parse2(replace(ty.to_token_stream(), self_ty)).unwrap_or_else(|_| ty.clone())
}
