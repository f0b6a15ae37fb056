//! `#[derive(Command)]` on an enum: a set of commands.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DataEnum, DeriveInput, Fields, Path, Type, Variant};

use crate::attr::{Form, Once, eskit_path};
use crate::ctxt::Ctxt;
use crate::dispatch::Table;
use crate::syntax::types;
use crate::wrap::{bare, implementation, wrap};
use crate::{attr, diag, fallback, symbol};

/// An enum of commands.
pub(crate) struct CommandSetDef<'a> {
    input: &'a DeriveInput,
    pub(crate) eskit: Path,
    /// Whether each of its commands is a stored one, so that it is found by its wire name.
    pub(crate) is_stored: bool,
    /// Each variant with the command, or the set of commands, that it holds.
    variants: Vec<(&'a Ident, &'a Type)>,
}

impl<'a> CommandSetDef<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, input: &'a DeriveInput, data: &'a DataEnum) -> CommandSetDef<'a> {
        let (mut stored, mut eskit) = (Once::new(), Once::new());
        attr::read_each(cx, &input.attrs, symbol::COMMAND, symbol::COMMAND_SET_WORDS, |cx, piece| {
            if piece.word != symbol::STORED {
                return eskit.set(cx, &piece.word, cx.ok(piece.path("crate = path::to::eskit")));
            }
            if !matches!(piece.form, Form::Word) {
                cx.error(diag::takes_no_value(&piece.word));
            }
            stored.set(cx, &piece.word, Some(()));
        });
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
        CommandSetDef { input, eskit: eskit_path(eskit.get()), is_stored: stored.is_given(), variants }
    }

    pub(crate) fn expand(&self) -> TokenStream {
        let (set, executable, storable) = (self.set(), self.executable(), self.is_stored.then(|| self.storable()));
        wrap(&self.eskit, quote!(#set #executable #storable))
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

    /// How a command of the set is found by its wire name.
    fn storable(&self) -> TokenStream {
        let ident = &self.input.ident;
        let types = self.variants.iter().map(|(_, ty)| quote_spanned!(ty.span()=> <#ty as __eskit::Storable>::TYPES));
        let table = Table::EVENTS.define(ident.span(), &bare(ident), &types.collect::<Vec<_>>());
        let decode = self.variants.iter().enumerate().map(|(index, (variant, ty))| {
            let encoded = quote!(__event);
            let decode = quote_spanned!(ty.span()=> <#ty as __eskit::Storable>::decode_named(#encoded));
            quote!(::core::option::Option::Some(#index) => __eskit::variant(#decode, Self::#variant),)
        });
        let unknown = quote!(::core::result::Result::Err(__eskit::unknown_command::<Self>(__event)));
        let find = Table::EVENTS.find(decode, &quote!(_ => #unknown,));
        let encode = self.variants.iter().map(|(variant, ty)| {
            let command = quote!(__command);
            let encode = quote_spanned!(ty.span()=> <#ty as __eskit::Storable>::encode(#command));
            quote!(Self::#variant(__command) => #encode,)
        });
        let body = quote! {
            const TYPES: __eskit::EventTypes = __eskit::EventTypes::Many(&SETS);

            fn decode_named(
                __event: &__eskit::Encoded<'_>,
            ) -> ::core::result::Result<Self, __eskit::DecodeError> {
                #find
            }

            fn encode(&self) -> ::core::result::Result<__eskit::StoredCommand, __eskit::EncodeError> {
                match self {
                    #(#encode)*
                }
            }
        };
        let storable =
            implementation(ident.span(), quote_spanned!(ident.span()=> impl __eskit::Storable for #ident), body);
        quote!(#table #storable)
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
