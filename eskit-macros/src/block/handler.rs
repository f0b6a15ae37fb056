//! The methods of a block that take an event, and how an event finds its method: by its wire name.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Meta, Type};

/// A method that takes an event and, beside it, what is recorded with it.
pub(crate) struct Handler {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) event: Type,
    /// The trait that its event must have.
    pub(crate) bound: &'static str,
    /// The types of its further parameters, behind their references.
    pub(crate) envelope: Vec<Type>,
    /// Whether its name leads to it.
    pub(crate) callable: bool,
}

impl Handler {
    /// The event types that it takes; a parameter that is no event is refused here, at its type.
    fn types(&self) -> TokenStream {
        let (event, bound) = (&self.event, self.bound());
        quote_spanned!(event.span()=> <#event as __eskit::#bound>::TYPES)
    }

    fn bound(&self) -> Ident {
        Ident::new(self.bound, self.event.span())
    }

    /// The event types that it takes where its conditions hold, and nothing elsewhere.
    pub(crate) fn set_if_present(&self) -> TokenStream {
        let (cfgs, types) = (&self.cfgs, self.types());
        quote!(#(#cfgs)* #types)
    }

    /// The event types that it takes where its conditions hold, and none elsewhere, so that it always has the same place among
    /// the others.
    pub(crate) fn set(&self) -> TokenStream {
        let (cfgs, types) = (&self.cfgs, self.types());
        match absent(cfgs) {
            Some(absent) => quote!(#(#cfgs)* #types, #absent __eskit::EventTypes::NONE),
            None => types,
        }
    }

    /// The arm of a `match` on the place of `__event` in the table, for the method at `index`: `decoded` is what follows where the
    /// event could be read, as `__decoded`, and `refused` where it could not, with `__error`.
    pub(crate) fn arm(&self, index: usize, decoded: &TokenStream, refused: &TokenStream) -> TokenStream {
        let Handler { cfgs, event, callable, .. } = self;
        if !callable {
            return TokenStream::new();
        }
        // Names of the surrounding function keep the hygiene that they were declared with.
        let (recorded, bound) = (quote!(__event), self.bound());
        let decode = quote_spanned!(event.span()=> <#event as __eskit::#bound>::decode_named(#recorded));
        quote! {
            #(#cfgs)*
            ::core::option::Option::Some(#index) => match #decode {
                ::core::result::Result::Ok(__decoded) => #decoded,
                ::core::result::Result::Err(__error) => #refused,
            },
        }
    }

    /// The call of the method with the decoded event, what is recorded with it, and `further` arguments, each behind a comma.
    pub(crate) fn call(&self, self_ty: &Type, further: &TokenStream) -> TokenStream {
        self.call_with(self_ty, &quote!(, &__decoded), further)
    }

    /// The call of a method that takes an event only as what is recorded.
    pub(crate) fn call_undecoded(&self, self_ty: &Type, further: &TokenStream) -> TokenStream {
        self.call_with(self_ty, &TokenStream::new(), further)
    }

    fn call_with(&self, self_ty: &Type, event: &TokenStream, further: &TokenStream) -> TokenStream {
        let Handler { ident, envelope, .. } = self;
        let recorded = quote!(__event);
        let envelope = envelope.iter().map(|ty| {
            let envelope = quote_spanned!(ty.span()=> <#ty as __eskit::Envelope>::envelope(#recorded));
            quote!(, #envelope)
        });
        quote!(<#self_ty>::#ident(self #event #(#envelope)* #further))
    }
}

/// Whether neither of two methods is there only under a condition.
pub(crate) fn both_always(a: &[Attribute], b: &[Attribute]) -> bool {
    a.is_empty() && b.is_empty()
}

/// `#[cfg(not(all(..)))]` for the conditions of a method, if it has any.
pub(crate) fn absent(cfgs: &[Attribute]) -> Option<TokenStream> {
    let conditions: Vec<TokenStream> = cfgs
        .iter()
        .filter_map(|attr| match &attr.meta {
            Meta::List(list) => Some(list.tokens.clone()),
            _ => None,
        })
        .collect();
    (!conditions.is_empty()).then(|| quote!(#[cfg(not(all(#(#conditions),*)))]))
}
