//! The items of a projection that take no event: its tables, and the method that hears that it has caught up.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Token, Type, Visibility};

use crate::block::item::Item;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::symbol;
use crate::syntax::signature::{ReceiverKind, Signature};

/// An item of the block that generated code names, where its conditions hold.
pub(super) struct Named {
    pub(super) cfgs: Vec<Attribute>,
    pub(super) ident: Ident,
}

/// `const SQL: &str = ..;`
struct Constant {
    ident: Ident,
    ty: Type,
}

impl Parse for Constant {
    fn parse(input: ParseStream<'_>) -> syn::Result<Constant> {
        input.parse::<Visibility>()?;
        input.parse::<Token![const]>()?;
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Constant { ident, ty })
    }
}

/// The constant that holds the SQL of the tables.
pub(super) fn tables(cx: &Ctxt, item: &Item, mark: &Attribute) -> Option<Named> {
    let Ok(Constant { ident, ty }) = syn::parse2(item.tokens.clone()) else {
        cx.error(diag::tables_on_other(mark));
        return None;
    };
    let is_text = matches!(&ty, Type::Reference(reference) if reference.mutability.is_none()
        && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("str")));
    if !is_text {
        cx.error(diag::tables_no_text(&ty, &ident));
        return None;
    }
    Some(Named { cfgs: item.cfgs(), ident })
}

/// The method that is called when the projection has caught up.
pub(super) fn caught_up(cx: &Ctxt, item: &Item, mark: &Attribute) -> Option<Named> {
    let signature: Signature = item.signature(cx, mark, symbol::CAUGHT_UP)?;
    let takes_self = signature.receiver.as_ref().is_some_and(|receiver| receiver.kind == ReceiverKind::Shared);
    let is_plain = signature.qualifiers.is_empty() && signature.generic().is_none();
    if !takes_self || !is_plain || !signature.params.is_empty() || signature.output.is_some() {
        cx.error(diag::caught_up_shape(&signature.ident));
        return None;
    }
    Some(Named { cfgs: item.cfgs(), ident: signature.ident })
}
