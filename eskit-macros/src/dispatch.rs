//! How an event finds what takes it, a method or a variant: by its wire name, in a table that is built when the program is compiled.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

/// What the parts of a table are called in the generated scope.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    sets: &'static str,
    table: &'static str,
}

impl Table {
    /// Of what takes events, or stored commands: variants, `#[evolve]` methods, `#[on]` methods.
    pub(crate) const EVENTS: Table = Table { sets: "SETS", table: "TABLE" };
    /// Of `#[todo]` methods.
    pub(crate) const OPENED: Table = Table { sets: "OPENED_SETS", table: "OPENED_TABLE" };
    /// Of `#[done]` methods.
    pub(crate) const CLOSED: Table = Table { sets: "CLOSED_SETS", table: "CLOSED_TABLE" };

    /// The constant of the event types of each place.
    pub(crate) fn sets(self) -> Ident {
        Ident::new(self.sets, Span::call_site())
    }

    /// The constant of the event types of each place, and the static of their names. A name that stands there twice is reported at
    /// `span`, as one of `owner`.
    pub(crate) fn define(self, span: Span, owner: &str, types: &[TokenStream]) -> TokenStream {
        let (sets, count) = (self.sets(), types.len());
        let name = Ident::new(self.table, span);
        let table = quote_spanned! {span=>
            static #name: __eskit::NameTable<{ __eskit::table_len(&#sets) }> = __eskit::NameTable::new(&#sets, #owner);
        };
        quote! {
            const #sets: [__eskit::EventTypes; #count] = [#(#types),*];
            #table
        }
    }

    /// A `match` on the place of `__event` in the table. `otherwise` is the arm for the events that are not in it.
    pub(crate) fn find(self, arms: impl Iterator<Item = TokenStream>, otherwise: &TokenStream) -> TokenStream {
        let table = Ident::new(self.table, Span::call_site());
        quote! {
            match #table.find(&__event.name) {
                #(#arms)*
                #otherwise
            }
        }
    }
}
