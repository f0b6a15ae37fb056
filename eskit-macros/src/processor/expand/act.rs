//! What follows the call of a method: the commands that it returned are executed.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Type};

use crate::diag::Takes;
use crate::processor::acts::ActsDef;
use crate::subscriber::method::{EventMethod, OnRefusedDef, Refused};
use crate::symbol;
use crate::wrap::check;

/// A method that acts.
pub(super) struct Act<'d> {
    mark: &'static str,
    takes: Takes,
    cfgs: &'d [Attribute],
    has_effect: bool,
    output: Option<&'d Type>,
    refused: Option<&'d Refused>,
}

impl<'d> Act<'d> {
    /// An `#[on]` method.
    pub(super) fn of(method: &'d EventMethod) -> Act<'d> {
        let EventMethod { handler, last, output, refused, .. } = method;
        Act {
            mark: symbol::ON,
            takes: Takes::One,
            cfgs: &handler.cfgs,
            has_effect: last.is_some(),
            output: output.as_ref(),
            refused: refused.as_ref(),
        }
    }

    /// A method with this mark.
    pub(super) fn of_acts(mark: &'static str, method: &'d ActsDef) -> Act<'d> {
        let ActsDef { takes, cfgs, has_effect, output, refused, .. } = method;
        Act { mark, takes: *takes, cfgs, has_effect: *has_effect, output: output.as_ref(), refused: refused.as_ref() }
    }

    /// The argument for its effect, behind a comma.
    pub(super) fn effect(&self) -> TokenStream {
        if self.has_effect { quote!(, __effect) } else { TokenStream::new() }
    }

    /// Calls it, and executes the commands that it returns. What is no collection of commands is refused at its type.
    pub(super) fn execute(&self, call: &TokenStream) -> TokenStream {
        let Some(output) = self.output else { return quote!(#call;) };
        let execute = quote_spanned!(output.span()=> <#output as __eskit::Reaction>::execute);
        let refused = self.refused();
        quote! {
            let __reaction = #call;
            #execute(__reaction, &mut __effect.executor(#refused)).await?;
        }
    }

    /// The same for a call that does a batch.
    pub(super) fn execute_each(&self, call: &TokenStream) -> TokenStream {
        let Some(output) = self.output else { return quote!(#call;) };
        let execute = quote_spanned!(output.span()=> <#output as __eskit::BatchReaction>::execute_each);
        let refused = self.refused();
        quote! {
            let __reaction = #call;
            let __done = #execute(__reaction, __batch.executors(#refused)).await;
            __batch.note(__done);
        }
    }

    fn refused(&self) -> TokenStream {
        match self.refused.map(|refused| refused.then) {
            Some(OnRefusedDef::Skip) => quote!(__eskit::OnRefused::Skip),
            Some(OnRefusedDef::Fail) | None => quote!(__eskit::OnRefused::Fail),
        }
    }

    /// What follows a refused command is said where a command may be refused, and nowhere else.
    pub(super) fn check(&self) -> Option<TokenStream> {
        let (output, mark) = (self.output?, self.mark);
        let refusable = match self.takes {
            Takes::One => quote_spanned!(output.span()=> <#output as __eskit::Reaction>::REFUSABLE),
            Takes::Batch => quote_spanned!(output.span()=> <#output as __eskit::BatchReaction>::REFUSABLE),
        };
        let call = match self.refused {
            Some(refused) => quote_spanned!(refused.word.span()=> __eskit::check_refused(#refusable)),
            None => quote_spanned!(output.span()=> __eskit::check_not_refused(#refusable, #mark)),
        };
        Some(check(self.cfgs, &call))
    }
}

/// The call of a method with these arguments, each behind a comma.
pub(super) fn call(method: &ActsDef, self_ty: &Type, arguments: &TokenStream) -> TokenStream {
    let ident = &method.ident;
    let call = quote!(<#self_ty>::#ident(self #arguments));
    match &method.asyncness {
        Some(_) => quote!(#call.await),
        None => call,
    }
}
