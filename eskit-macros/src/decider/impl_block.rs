//! A `#[decider]` impl block: its marked methods, and the block without the marks.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Generics, Type, parse_quote};

use super::def::{DeciderDef, ModelDef};
use super::function::check_plain;
use super::options::Options;
use super::{key, listed, model, returned};
use crate::block::handler::{Handler, both_always};
use crate::block::item::Item;
use crate::block::mark::Marks;
use crate::block::{Block, is_same, param};
use crate::ctxt::Ctxt;
use crate::diag::{self, Role};
use crate::shape::logic::Logic;
use crate::symbol;
use crate::syntax::signature::{Param, Receiver, ReceiverKind, Signature};
use crate::syntax::tokens::{holds_any, is_ident, split_at_commas, with_params};
use crate::wrap::{bare, text};

/// The marks of the methods of a `#[decider]` impl block.
pub(super) const MARKS: Marks = Marks {
    marks: &[(symbol::EVOLVE, &[]), (symbol::DECIDE, symbol::DECIDE_WORDS)],
    elsewhere: &[],
    texts: &[],
    slips: &[(symbol::EVENT, symbol::EVOLVE), (symbol::COMMAND, symbol::DECIDE)],
    twice: diag::marker_twice,
};

pub(super) struct ImplDef {
    pub(super) self_ty: Type,
    /// Whether a method folds an event, be it one of `evolves` or one that could not be read.
    pub(super) evolving: bool,
    pub(super) evolves: Vec<Handler>,
    pub(super) logic: Logic,
    pub(super) decides: Vec<DeciderDef>,
    /// The parameters of a generic aggregate, which is refused at its type.
    pub(super) generics: Option<Generics>,
    /// The block as rustc is to see it.
    pub(super) clean: TokenStream,
}

impl ImplDef {
    /// Reads the block; `None` when nothing can stand in for it, after recording why.
    pub(super) fn from_syn(cx: &Ctxt, item: TokenStream) -> Option<ImplDef> {
        let mut block: Block = cx.ok(syn::parse2(item).map_err(|error| diag::unreadable(&error)))?;
        if block.of_trait {
            cx.error(diag::decider_trait_impl(&block.self_ty));
        }
        let items = std::mem::take(&mut block.items);
        let mut methods = Methods { block: &block, evolving: false, evolves: Vec::new(), decides: Vec::new() };
        let mut clean = TokenStream::new();
        let mut marked = false;
        let mut logic = Logic::default();
        for mut item in items {
            MARKS.repair(cx, &mut item.attrs);
            if !item.attrs.iter().any(|attr| MARKS.of(attr) == Some(symbol::DECIDE)) {
                logic.add(item.cfgs(), item.tokens.clone());
            }
            let before = cx.count();
            marked |= methods.read(cx, &mut item);
            if cx.count() > before {
                item.tokens = listed::apart(returned::without_trait_objects(item.tokens));
            }
            clean.extend(item.clean(&MARKS));
        }
        let Methods { evolving, evolves, decides, .. } = methods;
        let (self_ty, clean) = (block.self_ty.clone(), block.with_items(&clean));
        let mut def = ImplDef { self_ty, evolving, evolves, logic, decides, generics: None, clean };
        if !block.generics.params.is_empty() {
            def.stand_in(cx, &block);
        } else if !marked && !block.of_trait {
            cx.error(diag::decider_empty(&def.self_ty));
        }
        Some(def)
    }

    /// Keeps what can stand in for a generic block. `#[aggregate]` refuses its type, which has the same parameters.
    fn stand_in(&mut self, cx: &Ctxt, block: &Block) {
        let names = block.generic_names();
        let is_generic = |ty: &Type| holds_any(ty.to_token_stream(), &names);
        if is_generic(&self.self_ty) {
            self.decides.retain(|decide| !is_generic(&decide.command));
            for decide in &mut self.decides {
                decide.models = vec![ModelDef { ty: parse_quote!(__eskit::NoModel), bindings: Vec::new() }];
                decide.output = decide.output.take().filter(|output| !is_generic(output));
            }
        } else {
            cx.error(diag::generic("an aggregate", &block.generics));
            self.evolving = false;
            self.decides.clear();
        }
        self.evolves.clear();
        self.generics = Some(block.generics.clone());
    }
}

/// The marked methods of a block, as far as they are read.
struct Methods<'b> {
    block: &'b Block,
    evolving: bool,
    evolves: Vec<Handler>,
    decides: Vec<DeciderDef>,
}

impl Methods<'_> {
    /// Reads one item, and drops what only this macro understands; returns whether it is marked.
    fn read(&mut self, cx: &Ctxt, item: &mut Item) -> bool {
        let Some(mark) = MARKS.read(cx, &item.attrs) else { return false };
        let options = Options::read(cx, &mark.pieces);
        let signature = item.signature(cx, mark.attr, mark.word);
        let answers = signature.as_ref().is_some_and(|signature| self.answers(signature));
        let word = if mark.word == symbol::EVOLVE && answers {
            cx.error(diag::decide_marked_evolve(mark.attr));
            symbol::DECIDE
        } else {
            mark.word
        };
        self.evolving |= word == symbol::EVOLVE && item.is_fn;
        let decides = item.attrs.iter().any(|attr| MARKS.of(attr) == Some(symbol::DECIDE));
        item.tokens = key::without_keys(std::mem::take(&mut item.tokens));
        if let Some(mut signature) = signature {
            self.mend_state(cx, &mut signature, word);
            if word == symbol::EVOLVE {
                if !self.returns_state(&signature) {
                    item.tokens = with_params(std::mem::take(&mut item.tokens), mutable_self);
                }
                self.read_evolve(cx, signature, item.cfgs());
            } else {
                let model = ModelDef { ty: self.block.self_ty.clone(), bindings: key::bindings(cx, &item.attrs) };
                self.read_decide(cx, signature, item.cfgs(), model, options);
            }
        }
        item.attrs.retain(|attr| !(decides && attr.path().is_ident(symbol::KEY)));
        true
    }

    /// Whether a method takes the state unchanged and returns something else: what no evolve method does.
    fn answers(&self, signature: &Signature) -> bool {
        let receiver = signature.receiver.as_ref().map(|receiver| &receiver.kind);
        receiver == Some(&ReceiverKind::Shared) && signature.output.is_some() && !self.returns_state(signature)
    }

    /// Reads a state that is taken as the first parameter as the receiver that it should be, after reporting it.
    fn mend_state(&self, cx: &Ctxt, signature: &mut Signature, word: &str) {
        let is_state = |param: &Param| matches!(&param.ty, Type::Reference(state) if self.block.is_own(&state.elem));
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
        signature.output.as_ref().is_some_and(|output| self.block.is_own(output))
    }

    fn read_evolve(&mut self, cx: &Ctxt, signature: Signature, cfgs: Vec<Attribute>) {
        check_plain(cx, &signature, "an evolve method");
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
        let envelope =
            rest.iter().take(2).filter_map(|beside| param::envelope(cx, beside, diag::evolve_envelope)).collect();
        let Some(event) = event else { return };
        let callable = self.is_first_of_its_name(&signature.ident, &cfgs);
        if self.evolves.iter().any(|other| is_same(&other.event, &event) && both_always(&other.cfgs, &cfgs)) {
            cx.error(diag::evolve_twice(&event, &text(&event)));
        } else {
            self.evolves.push(Handler { cfgs, ident: signature.ident, event, bound: "Event", envelope, callable });
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
        check_plain(cx, &signature, "a decide method");
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
                cx.error(diag::decide_too_many(extra, command, &self.block.self_ty, &signature.ident));
            }
        }
        let output = if changes { None } else { returned::events(cx, &signature) };
        let output = output.map(|output| self.block.written_out(&output));
        let Some(first) = signature.params.first() else {
            cx.error(diag::decide_no_command(&signature.ident));
            return;
        };
        if let Some(attr) = first.attrs.iter().find(|attr| attr.path().is_ident(symbol::KEY)) {
            cx.error(diag::key_on_method_command(attr));
        }
        let Some(command) = self.type_of(cx, &signature, first, Role::Command) else { return };
        let callable = self.is_first_of_its_name(&signature.ident, &cfgs);
        if self.decides.iter().any(|other| is_same(&other.command, &command) && both_always(&other.cfgs, &cfgs)) {
            cx.error(diag::decide_twice(&command, &text(&command)));
        } else {
            let (block, method) = (self.block, &signature.ident);
            let self_ty = &block.self_ty;
            self.decides.push(DeciderDef {
                cfgs,
                name: format!("{}::{}", text(self_ty), bare(method)),
                command,
                generics: block.keyword,
                call: quote!(<#self_ty>::#method(__state, self)),
                ident: method.clone(),
                models: vec![model],
                unevolved: options.unevolved.iter().map(|ty| block.written_out(ty)).collect(),
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
        let ty = param::referenced(cx, param, role).filter(|ty| method.can_name(ty))?;
        Some(self.block.written_out(&ty))
    }
}

/// Parameters with `&mut self` in place of a receiver that cannot change, which was reported: then what the body changes is
/// no second mistake.
fn mutable_self(params: TokenStream) -> TokenStream {
    let pieces = split_at_commas(params.clone());
    let Some((receiver, rest)) = pieces.split_first() else { return params };
    let receiver: Vec<TokenTree> = receiver.clone().into_iter().collect();
    let own = receiver.iter().find(|token| is_ident(token, "self"));
    match own {
        Some(own) if !receiver.iter().any(|token| is_ident(token, "mut")) => quote!(&mut #own #(, #rest)*),
        _ => params,
    }
}
