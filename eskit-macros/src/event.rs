//! `#[derive(Event)]`.

mod set;
mod single;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::ctxt::Ctxt;
use crate::kind::StoredKind;
use crate::{attr, diag, fallback};
use set::EventEnumDef;
use single::EventDef;

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return diag::unreadable(&error).to_compile_error(),
    };
    set::inherit_serde(&mut input);
    let cx = Ctxt::new();
    if !input.generics.params.is_empty() {
        cx.error(diag::stored_generic(StoredKind::Event, &input.generics));
    }
    let refused = || cx.count() > 0;
    let (eskit, expansion, mistaken, sets) = match &input.data {
        Data::Struct(data) => {
            let def = EventDef::from_syn(&cx, &input, &data.fields);
            (def.0.attrs.eskit.clone(), def.expand(), refused().then(|| def.0.mistaken()), Vec::new())
        }
        Data::Enum(data) => {
            let def = EventEnumDef::from_syn(&cx, &input, data);
            (def.eskit.clone(), def.expand(), refused().then(|| def.mistaken()), def.held())
        }
        Data::Union(data) => {
            cx.error(diag::union("an event", data.union_token));
            (attr::eskit_path(None), TokenStream::new(), None, Vec::new())
        }
    };
    match cx.finish() {
        Ok(()) => expansion,
        Err(errors) => {
            let fallback = fallback::event(errors, &input, &eskit, &sets);
            quote!(#fallback #mistaken)
        }
    }
}
