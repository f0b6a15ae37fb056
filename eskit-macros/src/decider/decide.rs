//! The impl of `Decide`.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, Member, PathArguments, Type};

use super::def::{DeciderDef, ModelDef};
use crate::ast::member_name;
use crate::limits::MODELS_MAX;
use crate::wrap::{check, implementation, location, name_span};

pub(super) fn expand(decider: &DeciderDef) -> TokenStream {
    if !decider.callable {
        return fallback(decider);
    }
    let DeciderDef { cfgs, name, method, call, .. } = decider;
    let bindings = decider.models.iter().map(|model| binding_list(&model.bindings));
    let unevolved = decider.unevolved.iter().map(|ty| {
        let types = quote_spanned!(name_span(ty)=> <#ty as __eskit::Event>::TYPES);
        quote!(#types)
    });
    let location = location();
    let call = decider.output.as_ref().map(|output| Returned::from_type(output).result(output, call));
    let decide = implement(
        decider,
        quote! {
            &__eskit::DeciderType {
                name: #name,
                method: #method,
                unevolved: __eskit::EventTypes::Many(&[#(#unevolved),*]),
                bindings: &[#(#bindings),*],
                location: #location,
            }
        },
        &quote!(#call),
    );
    let checks = checks(decider);
    quote!(#(#cfgs)* #decide #checks)
}

/// Stands beside an error: calls no method and checks nothing, but still refuses types that are none of ours.
pub(super) fn fallback(decider: &DeciderDef) -> TokenStream {
    let cfgs = &decider.cfgs;
    let decide = implement(
        decider,
        quote!(__eskit::NO_DECIDER),
        &quote!({
            let _ = __state;
            loop {}
        }),
    );
    quote!(#(#cfgs)* #decide)
}

fn implement(decider: &DeciderDef, description: TokenStream, call: &TokenStream) -> TokenStream {
    let DeciderDef { command, .. } = decider;
    let span = name_span(command);
    let [events, error] = returned_types(decider.output.as_ref(), span);
    let (events_span, events, error_span, error) = (events.span, events.ty, error.span, error.ty);
    let at = models_span(decider);
    let (count, state) = state(decider);
    // A model that is no aggregate is refused here, and nowhere else: what uses the command does not ask.
    let state_item = quote_spanned!(at=> type Count = __eskit::Count<#count>; type State = #state;);
    let (own, parameter) = (quote!(&self), quote!(__state));
    let mut call = Group::new(Delimiter::Brace, call.clone());
    call.set_span(at);
    // What rustc finds wrong with the signature it must find where it found it in the types before.
    let signature = match decider.output.as_ref() {
        Some(output) if matches!(Returned::from_type(output), Returned::Unknown) => name_span(output),
        _ => at,
    };
    let method = quote_spanned! {signature=>
        fn decide(#own, #parameter: &#state) -> ::core::result::Result<#events, #error> #call
    };
    let events = quote_spanned!(events_span=> type Events = #events;);
    let error = quote_spanned!(error_span=> type Error = #error;);
    // Of what is another name of a return type, rustc would report a second time that it is none.
    let refuses =
        decider.output.as_ref().is_some_and(|output| matches!(Returned::from_type(output), Returned::Result(..)));
    let refusal = refuses.then(|| {
        quote! {
            fn refusal(__error: &Self::Error) -> ::core::option::Option<__eskit::String> {
                #[allow(unused_imports)]
                use __eskit::{Sayable as _, Unsaid as _};
                (&__eskit::Said(__error)).said()
            }
        }
    });
    let generics = quote_spanned!(decider.generics=> <>);
    let header = quote_spanned!(span=> impl #generics __eskit::Decide for #command);
    let body = quote! {
        #state_item
        #events
        #error
        const DECIDER: &'static __eskit::DeciderType = #description;

        #method

        #refusal
    };
    implementation(span, header, body)
}

/// Where to say that a model is none: at its type; where there are several, at the function, since the message names it.
fn models_span(decider: &DeciderDef) -> Span {
    match decider.models.as_slice() {
        [model] => name_span(&model.ty),
        _ => decider.ident.span(),
    }
}

/// A return type, as far as it can be read.
enum Returned<'t> {
    /// A `Result` of these events and this error.
    Result(&'t Type, &'t Type),
    /// Events, and never an error.
    Events,
    /// The type may be another name of any other.
    Unknown,
}

impl<'t> Returned<'t> {
    fn from_type(output: &'t Type) -> Returned<'t> {
        let segment = match output {
            Type::Tuple(_) | Type::Array(_) => return Returned::Events,
            Type::Path(path) => path.path.segments.last(),
            _ => None,
        };
        let Some(segment) = segment else { return Returned::Unknown };
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return Returned::Unknown };
        let arguments: Vec<_> = arguments.args.iter().collect();
        match arguments.as_slice() {
            [GenericArgument::Type(events), GenericArgument::Type(error)] if segment.ident == "Result" => {
                Returned::Result(events, error)
            }
            [_] if segment.ident == "Option" || segment.ident == "Vec" => Returned::Events,
            _ => Returned::Unknown,
        }
    }

    /// The call of the decider as a `Result`.
    fn result(&self, output: &Type, call: &TokenStream) -> TokenStream {
        match self {
            Returned::Result(..) => call.clone(),
            Returned::Events => quote!(::core::result::Result::Ok(#call)),
            Returned::Unknown => {
                let into_result = quote_spanned!(name_span(output)=> <#output as __eskit::Decision>::into_result);
                quote!(#into_result(#call))
            }
        }
    }
}

/// A type that the impl names, and the token that it is found at.
struct Named {
    span: Span,
    ty: TokenStream,
}

/// The types of the events and of the error; nothing for what could not be read. Both are written out where they can be:
/// whoever executes the command then need not ask them of a return type that is none.
fn returned_types(output: Option<&Type>, command: Span) -> [Named; 2] {
    let infallible = |span| Named { span, ty: quote_spanned!(span=> ::core::convert::Infallible) };
    let Some(output) = output else {
        return [Named { span: command, ty: quote_spanned!(command=> ()) }, infallible(command)];
    };
    let span = name_span(output);
    // In angle brackets as in the signature: rustc then says the same of a name that it does not find.
    let same = |span, ty: &Type| Named { span, ty: quote_spanned!(span=> __eskit::Same<#ty>) };
    match Returned::from_type(output) {
        Returned::Result(events, error) => [same(events_span(events), events), same(name_span(error), error)],
        Returned::Events => [Named { span: events_span(output), ty: quote!(#output) }, infallible(span)],
        Returned::Unknown => [
            Named { span, ty: quote_spanned!(span=> <#output as __eskit::Decision>::Events) },
            Named { span, ty: quote_spanned!(span=> <#output as __eskit::Decision>::Error) },
        ],
    }
}

/// The type that names the events in a return type: the first argument of `Result`, `Option` or `Vec`.
fn events_span(output: &Type) -> Span {
    let segment = match output {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    match segment.map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => events_span(inner),
            _ => name_span(output),
        },
        _ => name_span(output),
    }
}

/// How many models there are, and the one, or a tuple of them.
fn state(decider: &DeciderDef) -> (usize, TokenStream) {
    let models = decider.models.iter().map(|model| &model.ty);
    match decider.models.len() {
        0 if decider.callable => (0, quote!(())),
        1 => (1, quote!(#(#models)*)),
        count @ 2..=MODELS_MAX => (count, quote_spanned!(models_span(decider)=> (#(#models),*))),
        _ => (1, quote!(__eskit::NoModel)),
    }
}

fn checks(decider: &DeciderDef) -> TokenStream {
    let DeciderDef { cfgs, command, models, output, method, unevolved, .. } = decider;
    let each = models.iter().enumerate().map(|(index, ModelDef { ty, bindings })| {
        let span = match bindings.first() {
            Some((_, field)) => field.span(),
            None if *method => name_span(command),
            None => name_span(ty),
        };
        check(cfgs, &quote_spanned!(span=> __eskit::check_model::<#command>(#index)))
    });
    let decision = output
        .as_ref()
        .map(|output| check(cfgs, &quote_spanned!(events_span(output)=> __eskit::check_decision::<#command>())));
    let unevolved = unevolved
        .iter()
        .enumerate()
        .map(|(index, ty)| check(cfgs, &quote_spanned!(name_span(ty)=> __eskit::check_unevolved::<#command>(#index))));
    quote! {
        #(#each)*
        #decision
        #(#unevolved)*
        #(#cfgs)*
        __eskit::inventory::submit! { __eskit::decider_entry::<#command>() }
    }
}

fn binding_list(bindings: &[(String, Member)]) -> TokenStream {
    let bindings = bindings.iter().map(|(key, field)| {
        let field = member_name(field);
        quote!(__eskit::Binding { key: #key, field: #field })
    });
    quote!(&[#(#bindings),*])
}
