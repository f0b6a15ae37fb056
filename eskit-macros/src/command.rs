//! `#[derive(Command)]`.

mod set;
mod single;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::ctxt::Ctxt;
use crate::{attr, diag, fallback};
use set::CommandSetDef;
use single::CommandDef;

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return diag::unreadable(&error).to_compile_error(),
    };
    let cx = Ctxt::new();
    match &input.data {
        Data::Struct(data) => {
            let def = CommandDef::from_syn(&cx, &input, &data.fields);
            match cx.finish() {
                Ok(()) => def.expand(),
                Err(errors) => {
                    let fallback = fallback::command(errors, &input, &def.eskit, def.stored.is_some());
                    let mistaken = def.stored.as_ref().map(|stored| stored.mistaken());
                    quote!(#fallback #mistaken)
                }
            }
        }
        Data::Enum(data) => {
            let def = CommandSetDef::from_syn(&cx, &input, data);
            match cx.finish() {
                Ok(()) => def.expand(),
                Err(errors) => fallback::command_set(errors, &input, &def.eskit, (&def.executable(), def.is_stored)),
            }
        }
        Data::Union(data) => {
            cx.error(diag::union("a command", data.union_token));
            let errors = cx.finish().err().unwrap_or_default();
            fallback::command(errors, &input, &attr::eskit_path(None), false)
        }
    }
}
