//! How an event finds what takes it, a method or a variant: by its wire name, in a table that is built when the program is compiled.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// The constant `SETS`, the event types of each place, and the static `TABLE` of their names. A name that stands there twice is
/// reported at `span`, as one of `owner`.
pub(crate) fn table(span: Span, owner: &str, sets: &[TokenStream]) -> TokenStream {
    let count = sets.len();
    let table = quote_spanned! {span=>
        static TABLE: __eskit::NameTable<{ __eskit::table_len(&SETS) }> = __eskit::NameTable::new(&SETS, #owner);
    };
    quote! {
        const SETS: [__eskit::EventTypes; #count] = [#(#sets),*];
        #table
    }
}

/// A `match` on the place of `__event` in the table. `otherwise` is the arm for the events that are not in it.
pub(crate) fn find(arms: impl Iterator<Item = TokenStream>, otherwise: &TokenStream) -> TokenStream {
    quote! {
        match TABLE.find(&__event.name) {
            #(#arms)*
            #otherwise
        }
    }
}
