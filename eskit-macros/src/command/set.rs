//! `#[derive(Command)]` on an enum: a set of commands.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DataEnum, DeriveInput, Fields, Path, Type, Variant};

use crate::ctxt::Ctxt;
use crate::syntax::types;
use crate::wrap::{implementation, wrap};
use crate::{attr, diag, fallback, symbol};

/// An enum of commands.
pub(crate) struct CommandSetDef<'a> {
    input: &'a DeriveInput,
    pub(crate) eskit: Path,
    /// Each variant with the command, or the set of commands, that it holds.
    variants: Vec<(&'a Ident, &'a Type)>,
}

impl<'a> CommandSetDef<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, input: &'a DeriveInput, data: &'a DataEnum) -> CommandSetDef<'a> {
        let pieces = attr::pieces(cx, &input.attrs, symbol::COMMAND, symbol::CRATE_WORDS);
        let eskit = attr::crate_only(cx, &pieces);
        if !input.generics.params.is_empty() {
            cx.error(diag::generic("a set of commands", &input.generics));
        }
        for attr in input.attrs.iter().filter(|attr| attr.path().is_ident(symbol::TAG)) {
            cx.error(diag::tag_on_command_set(attr));
        }
        if data.variants.is_empty() {
            cx.error(diag::command_set_empty(&input.ident));
        }
        let variants = data.variants.iter().filter_map(|variant| held(cx, variant)).collect();
        CommandSetDef { input, eskit, variants }
    }

    pub(crate) fn expand(&self) -> TokenStream {
        let (set, executable) = (self.set(), self.executable());
        wrap(&self.eskit, quote!(#set #executable))
    }

    fn set(&self) -> TokenStream {
        let ident = &self.input.ident;
        let refusable =
            self.variants.iter().map(|(_, ty)| quote_spanned!(ty.span()=> <#ty as __eskit::CommandSet>::REFUSABLE));
        let arms = self.variants.iter().map(|(variant, ty)| {
            let (command, executor) = (quote!(__command), quote!(__executor));
            let executed = quote_spanned!(ty.span()=> <#ty as __eskit::CommandSet>::execute_in(#command, #executor));
            quote!(Self::#variant(__command) => #executed,)
        });
        let body = quote! {
            const REFUSABLE: ::core::option::Option<&'static __eskit::CommandType> = __eskit::first_of(&[#(#refusable),*]);

            fn execute_in<__X: __eskit::Executor>(self, __executor: &mut __X) -> __eskit::Executing<'_, __X::Failed> {
                match self {
                    #(#arms)*
                }
            }
        };
        implementation(ident.span(), quote_spanned!(ident.span()=> impl __eskit::CommandSet for #ident), body)
    }

    /// How the set is executed, whatever it holds.
    pub(crate) fn executable(&self) -> TokenStream {
        let ident = &self.input.ident;
        let (impl_generics, type_generics, _) = self.input.generics.split_for_impl();
        let header = quote_spanned!(ident.span()=> impl #impl_generics __eskit::Executable for #ident #type_generics);
        let bounds = fallback::bounds_of_set(&self.input.generics);
        let body = quote! {
            type State = ();
            type Error = __eskit::Refused;

            fn execute_on<'__bus, __B: __eskit::CommandBus>(
                self,
                __bus: &'__bus __B,
                __options: __eskit::ExecuteOptions,
            ) -> __eskit::Running<'__bus, (), __eskit::Refused>
            where
                Self: '__bus,
            {
                __eskit::execute_set(self, __bus, __options)
            }
        };
        implementation(ident.span(), quote!(#header #bounds), body)
    }
}

/// The command that a variant holds.
fn held<'a>(cx: &Ctxt, variant: &'a Variant) -> Option<(&'a Ident, &'a Type)> {
    let fields = variant.fields.iter().flat_map(|field| &field.attrs);
    for attr in variant.attrs.iter().chain(fields) {
        if attr.path().is_ident(symbol::TAG) {
            cx.error(diag::tag_on_command_set(attr));
        }
        if attr.path().is_ident(symbol::COMMAND) {
            cx.error(diag::command_attr_on_variant(attr));
        }
    }
    let ty = match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => &fields.unnamed[0].ty,
        _ => {
            cx.error(diag::command_variant_shape(variant));
            return None;
        }
    };
    if types::is_value(ty) {
        cx.error(diag::command_variant_value(&variant.ident, ty));
        return None;
    }
    let held = types::held(ty);
    if let Some(held) = held {
        cx.error(diag::command_variant_boxed(&variant.ident, ty, held));
    }
    Some((&variant.ident, held.unwrap_or(ty)))
}
