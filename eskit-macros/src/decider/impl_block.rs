//! A `#[decider]` impl block: its marked methods, and the block without the marks.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, GenericParam, Generics, Token, Type, parse_quote};

use super::item::{Item, is_decide, is_evolve, is_marker, parse_items};
use super::options::Options;
use super::param::{Param, Role};
use super::signature::{Receiver, ReceiverKind, Signature, bindings, holds_any};
use super::wrapped::without_trait_objects;
use super::{DeciderDef, EvolveDef, ModelDef, listed, model};
use crate::attr::{self, without};
use crate::ctxt::Ctxt;
use crate::wrap::{bare, text};
use crate::{diag, symbol};

pub(crate) struct ImplDef {
    keyword: Span,
    pub(crate) self_ty: Type,
    /// Whether a method folds an event, be it one of `evolves` or one that could not be read.
    pub(crate) evolving: bool,
    pub(crate) evolves: Vec<EvolveDef>,
    pub(crate) decides: Vec<DeciderDef>,
    /// The parameters of a generic aggregate, which is refused at its type.
    pub(crate) generics: Option<Generics>,
    /// The block as rustc is to see it.
    pub(crate) clean: TokenStream,
}

/// The block before its methods are looked at.
struct RawImpl {
    keyword: Span,
    generics: Generics,
    self_ty: Type,
    of_trait: bool,
    inner: Vec<Attribute>,
    items: Vec<Item>,
    body: Group,
}

impl Parse for RawImpl {
    fn parse(input: ParseStream<'_>) -> syn::Result<RawImpl> {
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
        let (inner, items) = parse_items.parse2(body.stream())?;
        Ok(RawImpl { keyword: keyword.span, generics, self_ty, of_trait, inner, items, body })
    }
}

impl ImplDef {
    /// Reads the block; `None` when nothing can stand in for it, after recording why.
    pub(crate) fn from_syn(cx: &Ctxt, item: TokenStream) -> Option<ImplDef> {
        let raw: RawImpl = cx.ok(syn::parse2(item.clone()).map_err(|error| diag::unreadable(&error)))?;
        if raw.of_trait {
            cx.error(diag::decider_trait_impl(&raw.self_ty));
        }
        let mut def = ImplDef {
            keyword: raw.keyword,
            self_ty: raw.self_ty,
            evolving: false,
            evolves: Vec::new(),
            decides: Vec::new(),
            generics: None,
            clean: TokenStream::new(),
        };
        let inner = &raw.inner;
        let mut body = quote!(#(#inner)*);
        let mut marked = false;
        for mut item in raw.items {
            item.repair_marks(cx);
            let before = cx.count();
            marked |= def.read(cx, &mut item);
            if cx.count() > before {
                item.tokens = listed::apart(without_trait_objects(item.tokens));
            }
            body.extend(item.clean());
        }
        if !raw.generics.params.is_empty() {
            def.stand_in(cx, raw.generics);
        } else if !marked && !raw.of_trait {
            cx.error(diag::decider_empty(&def.self_ty));
        }
        let mut group = Group::new(Delimiter::Brace, body);
        group.set_span(raw.body.span());
        let mut tokens: Vec<TokenTree> = item.into_iter().collect();
        tokens.pop();
        def.clean = tokens.into_iter().chain([TokenTree::Group(group)]).collect();
        Some(def)
    }

    /// Keeps what can stand in for a generic block. `#[aggregate]` refuses its type, which has the same parameters.
    fn stand_in(&mut self, cx: &Ctxt, generics: Generics) {
        let names = names(&generics);
        let is_generic = |ty: &Type| holds_any(ty.to_token_stream(), &names);
        if is_generic(&self.self_ty) {
            self.decides.retain(|decide| !is_generic(&decide.command));
            for decide in &mut self.decides {
                decide.models = vec![ModelDef { ty: parse_quote!(__eskit::NoModel), bindings: Vec::new() }];
                decide.output = decide.output.take().filter(|output| !is_generic(output));
            }
        } else {
            cx.error(diag::generic("an aggregate", &generics));
            self.evolving = false;
            self.decides.clear();
        }
        self.evolves.clear();
        self.generics = Some(generics);
    }

    /// Reads one item; returns whether it is marked.
    fn read(&mut self, cx: &Ctxt, item: &mut Item) -> bool {
        let mut markers = item.attrs.iter().filter(|attr| is_evolve(attr) || is_decide(attr));
        let Some(marker) = markers.next() else { return false };
        for second in markers {
            cx.error(diag::marker_twice(second));
        }
        let word = if is_evolve(marker) { symbol::EVOLVE } else { symbol::DECIDE };
        let options = match &marker.meta {
            syn::Meta::Path(_) => Options::default(),
            syn::Meta::List(list) if word == symbol::DECIDE => {
                Options::read(cx, &attr::read_list(cx, symbol::DECIDE, list.tokens.clone(), symbol::DECIDE_WORDS))
            }
            _ => {
                cx.error(diag::marker_arguments(marker, word));
                Options::default()
            }
        };
        if !item.is_fn {
            cx.error(diag::marker_on_other(marker, word));
            return true;
        }
        let signature = syn::parse2::<Signature>(item.tokens.clone()).map_err(|error| diag::unreadable(&error));
        let Some(mut signature) = cx.ok(signature) else {
            self.evolving |= word == symbol::EVOLVE;
            return true;
        };
        let word = if word == symbol::EVOLVE && self.answers(&signature) {
            cx.error(diag::decide_marked_evolve(marker));
            symbol::DECIDE
        } else {
            word
        };
        self.evolving |= word == symbol::EVOLVE;
        self.mend_state(cx, &mut signature, word);
        let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
        if word == symbol::EVOLVE {
            item.mends_receiver = !self.returns_state(&signature);
            self.read_evolve(cx, signature, cfgs);
        } else {
            let model = ModelDef { ty: self.self_ty.clone(), bindings: bindings(cx, &item.attrs) };
            self.read_decide(cx, signature, cfgs, model, options);
        }
        true
    }

    /// Whether a method takes the state unchanged and returns something else: what no evolve method does.
    fn answers(&self, signature: &Signature) -> bool {
        let receiver = signature.receiver.as_ref().map(|receiver| &receiver.kind);
        receiver == Some(&ReceiverKind::Shared) && signature.output.is_some() && !self.returns_state(signature)
    }

    /// Reads a state that is taken as the first parameter as the receiver that it should be, after reporting it.
    fn mend_state(&self, cx: &Ctxt, signature: &mut Signature, word: &str) {
        let is_state = |param: &Param| matches!(&param.ty, Type::Reference(state) if self.is_own(&state.elem));
        if signature.receiver.is_some() || !signature.params.first().is_some_and(is_state) {
            return;
        }
        let state = signature.params.remove(0).ty;
        let evolves = word == symbol::EVOLVE;
        cx.error(diag::state_as_parameter(&state, if evolves { "&mut self" } else { "&self" }));
        let kind = if evolves { ReceiverKind::Mutable } else { ReceiverKind::Shared };
        signature.receiver = Some(Receiver { kind, tokens: state.into_token_stream() });
    }

    fn returns_state(&self, signature: &Signature) -> bool {
        signature.output.as_ref().is_some_and(|output| self.is_own(output))
    }

    /// Whether a type is that of the block.
    fn is_own(&self, ty: &Type) -> bool {
        same(&replace_self(ty, &self.self_ty), &self.self_ty)
    }

    fn read_evolve(&mut self, cx: &Ctxt, signature: Signature, cfgs: Vec<Attribute>) {
        signature.check_plain(cx, "an evolve method");
        let returns_state = self.returns_state(&signature);
        match &signature.receiver {
            // To change the state in place says both.
            _ if returns_state => {}
            Some(Receiver { kind: ReceiverKind::Mutable, .. }) => {}
            Some(receiver) => cx.error(diag::evolve_receiver(&receiver.tokens, &signature.ident)),
            None => cx.error(diag::evolve_receiver(&signature.ident, &signature.ident)),
        }
        if let Some(output) = &signature.output {
            cx.error(if returns_state {
                diag::evolve_returns_state(output, &signature.ident)
            } else {
                diag::evolve_returns(output)
            });
        }
        if let Some(extra) = signature.params.get(3) {
            cx.error(diag::evolve_too_many(&extra.ty));
        }
        let (first, rest) = match signature.params.as_slice() {
            [] => return cx.error(diag::evolve_no_event(&signature.ident)),
            [envelope, event, ..] if envelope.is_envelope() && !event.is_envelope() => {
                cx.error(diag::evolve_envelope_first(&envelope.ty, &signature.ident, &event.ty));
                (event, std::slice::from_ref(envelope))
            }
            [event, rest @ ..] => (event, rest),
        };
        let event = self.type_of(cx, &signature, first, Role::Event);
        let envelope = rest.iter().take(2).filter_map(|param| param.envelope(cx)).collect();
        let Some(event) = event else { return };
        let callable = self.is_first_of_its_name(&signature.ident, &cfgs);
        if self.evolves.iter().any(|other| same(&other.event, &event) && both_always(&other.cfgs, &cfgs)) {
            cx.error(diag::evolve_twice(&event, &text(&event)));
        } else {
            self.evolves.push(EvolveDef { cfgs, ident: signature.ident, event, envelope, callable });
        }
    }

    fn read_decide(
        &mut self,
        cx: &Ctxt,
        signature: Signature,
        cfgs: Vec<Attribute>,
        model: ModelDef,
        options: Options,
    ) {
        signature.check_plain(cx, "a decide method");
        let changes = signature.output.is_none()
            && signature.receiver.as_ref().is_some_and(|receiver| receiver.kind == ReceiverKind::Mutable);
        match &signature.receiver {
            Some(Receiver { kind: ReceiverKind::Shared, .. }) => {}
            Some(receiver) if changes => cx.error(diag::decide_changes(&receiver.tokens, &signature.ident)),
            Some(receiver) => cx.error(diag::decide_receiver(&receiver.tokens, &signature.ident)),
            None => cx.error(diag::decide_receiver(&signature.ident, &signature.ident)),
        }
        if let [command, extra, ..] = signature.params.as_slice() {
            if model::is_no_model(extra) {
                model::models(cx, command, extra);
            } else {
                cx.error(diag::decide_too_many(extra, command, &self.self_ty, &signature.ident));
            }
        }
        let output = if changes { None } else { signature.check_output(cx) };
        let output = output.map(|output| replace_self(&output, &self.self_ty));
        let Some(first) = signature.params.first() else {
            cx.error(diag::decide_no_command(&signature.ident));
            return;
        };
        if let Some(attr) = first.attrs.iter().find(|attr| attr.path().is_ident(symbol::KEY)) {
            cx.error(diag::key_on_method_command(attr));
        }
        let Some(command) = self.type_of(cx, &signature, first, Role::Command) else { return };
        let callable = self.is_first_of_its_name(&signature.ident, &cfgs);
        if self.decides.iter().any(|other| same(&other.command, &command) && both_always(&other.cfgs, &cfgs)) {
            cx.error(diag::decide_twice(&command, &text(&command)));
        } else {
            let (self_ty, method) = (&self.self_ty, &signature.ident);
            self.decides.push(DeciderDef {
                cfgs,
                name: format!("{}::{}", text(self_ty), bare(method)),
                command,
                generics: self.keyword,
                call: quote!(<#self_ty>::#method(__state, self)),
                ident: method.clone(),
                models: vec![model],
                unevolved: options.unevolved.iter().map(|ty| replace_self(ty, self_ty)).collect(),
                output,
                method: true,
                callable,
            });
        }
    }

    /// Whether no method before has this name, as that of a method that was copied. rustc reports such a name; a call would
    /// find the other method.
    fn is_first_of_its_name(&self, name: &Ident, cfgs: &[Attribute]) -> bool {
        let evolves = self.evolves.iter().map(|other| (&other.ident, &other.cfgs));
        let decides = self.decides.iter().map(|other| (&other.ident, &other.cfgs));
        !evolves.chain(decides).any(|(other, others)| other == name && both_always(others, cfgs))
    }

    /// The type of a method's first parameter, unless it cannot be named here.
    fn type_of(&self, cx: &Ctxt, method: &Signature, param: &Param, role: Role) -> Option<Type> {
        let ty = param.referenced(cx, role).filter(|ty| method.can_name(ty))?;
        Some(replace_self(&ty, &self.self_ty))
    }
}

/// Whether this is an inherent impl block with a marked method.
pub(super) fn has_marks(item: TokenStream) -> bool {
    syn::parse2::<RawImpl>(item)
        .is_ok_and(|raw| !raw.of_trait && raw.items.iter().any(|item| item.attrs.iter().any(is_marker)))
}

/// A block that could not be read, without its marks, which mean nothing outside of one.
pub(super) fn without_marks(item: TokenStream) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inner = without(group.stream(), |name| [symbol::EVOLVE, symbol::DECIDE].contains(&name));
                let mut new = Group::new(Delimiter::Brace, inner);
                new.set_span(group.span());
                TokenTree::Group(new)
            }
            other => other,
        })
        .collect()
}

/// Whether neither of two methods is there only under a condition.
fn both_always(a: &[Attribute], b: &[Attribute]) -> bool {
    a.is_empty() && b.is_empty()
}

/// The parameters of a generic item, lifetimes without their quote.
fn names(generics: &Generics) -> Vec<&Ident> {
    let names = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => &param.lifetime.ident,
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
    });
    names.collect()
}

fn same(a: &Type, b: &Type) -> bool {
    text(a) == text(b)
}

/// The type with `Self` written out, since generated impls have another `Self`; what is wrong with it is found where it stood.
fn replace_self(ty: &Type, self_ty: &Type) -> Type {
    fn replace(tokens: TokenStream, self_ty: &Type) -> TokenStream {
        tokens
            .into_iter()
            .flat_map(|token| match token {
                TokenTree::Ident(word) if word == "Self" => located_at(self_ty.to_token_stream(), word.span()),
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

/// Tokens that mean what they did, at another place.
fn located_at(tokens: TokenStream, place: Span) -> TokenStream {
    let located = |mut token: TokenTree| {
        token.set_span(place.resolved_at(token.span()));
        token
    };
    tokens.into_iter().map(located).collect()
}
