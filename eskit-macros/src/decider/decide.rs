//! The impl of `Decide`.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, Member, PathArguments, Type};

use super::function::MODELS_MAX;
use super::{DeciderDef, ModelDef};
use crate::ast::member_name;
use crate::wrap::{check, implementation, location, name_span};

pub(super) fn expand(decider: &DeciderDef) -> TokenStream {
    if !decider.callable {
        return fallback(decider);
    }
    let DeciderDef { cfgs, name, method, call, .. } = decider;
    let bindings = decider.models.iter().map(|model| binding_list(&model.bindings));
    let location = location();
    let decide = implement(
        decider,
        quote! {
            &__eskit::DeciderType {
                name: #name,
                method: #method,
                bindings: &[#(#bindings),*],
                location: #location,
            }
        },
        call,
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
    // What could not be read stands as `()`.
    let output = decider.output.as_ref().map_or_else(|| quote!(()), |output| quote!(#output));
    let at = models_span(decider);
    let (count, state) = state(decider);
    // A model that is no aggregate is refused here, and nowhere else: what uses the command does not ask.
    let state_item = quote_spanned!(at=> type Count = __eskit::Count<#count>; type State = #state;);
    let (own, parameter) = (quote!(&self), quote!(__state));
    let mut call = Group::new(Delimiter::Brace, call.clone());
    call.set_span(at);
    // The empty `where` ends the signature's span at `at`, however the return type is spanned.
    let method = quote_spanned!(at=> fn decide(#own, #parameter: &#state) -> #output where #call);
    let returned = decider.output.as_ref().map_or(span, name_span);
    // Written out where it can be: whoever calls then need not ask it of a return type that is none.
    let error = match decider.output.as_ref().map(error_of) {
        // In angle brackets as in the signature: rustc then says the same of a name that it does not find.
        Some(ErrorOf::Known(error)) => quote!(__eskit::Same<#error>),
        Some(ErrorOf::None) => quote_spanned!(returned=> ::core::convert::Infallible),
        Some(ErrorOf::Unknown) | None => quote_spanned!(returned=> <Self::Decision as __eskit::Decision>::Error),
    };
    let output_items = quote_spanned!(returned=> type Decision = #output; type Error = #error;);
    let generics = quote_spanned!(decider.generics=> <>);
    let header = quote_spanned!(span=> impl #generics __eskit::Decide for #command);
    let body = quote! {
        #state_item
        #output_items
        const DECIDER: &'static __eskit::DeciderType = #description;

        #method
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

/// The domain's error in a return type, as far as it can be read.
enum ErrorOf<'t> {
    Known(&'t Type),
    None,
    /// The type may be another name of any other.
    Unknown,
}

fn error_of(output: &Type) -> ErrorOf<'_> {
    let segment = match output {
        Type::Tuple(_) | Type::Array(_) => return ErrorOf::None,
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(segment) = segment else { return ErrorOf::Unknown };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return ErrorOf::Unknown };
    let arguments: Vec<_> = arguments.args.iter().collect();
    match arguments.as_slice() {
        [_, GenericArgument::Type(error)] if segment.ident == "Result" => ErrorOf::Known(error),
        [_] if segment.ident == "Option" || segment.ident == "Vec" => ErrorOf::None,
        _ => ErrorOf::Unknown,
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
        1 => (1, quote!(#(#models)*)),
        count @ 2..=MODELS_MAX => (count, quote_spanned!(models_span(decider)=> (#(#models),*))),
        _ => (1, quote!(__eskit::NoModel)),
    }
}

fn checks(decider: &DeciderDef) -> TokenStream {
    let DeciderDef { cfgs, command, models, output, method, .. } = decider;
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
    quote! {
        #(#each)*
        #decision
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
