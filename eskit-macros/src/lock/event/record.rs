//! The types that stand for the records of an event, as the event calls them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::lock::file::EventRecord;
use crate::lock::record_ident;
use crate::wrap::bare;

/// The version of the newest type of an event, as far as it is claimed. A version that is not recorded yet is claimed as the
/// one after the newest, or by the oldest type as the first.
pub(super) fn newest_type(ident: &Ident, event: &EventRecord) -> TokenStream {
    let [first, next] = [1, event.newest() + 1].map(|version| record_path(ident, event, version));
    quote!({
        #[allow(unused_imports)]
        use __eskit::lock::Unclaimed as _;
        use __eskit::lock::ClaimOn;
        __eskit::lock::newest_type(&[ClaimOn::<#first>::CLAIM, ClaimOn::<#next>::CLAIM])
    })
}

/// The type that stands for a record at the crate root.
pub(super) fn record_path(ident: &Ident, event: &EventRecord, version: u32) -> TokenStream {
    let (records, record) = (records(ident), record_ident(event.kind, &event.name, version));
    quote!(#records::#record)
}

/// The module of the lock, as this event calls it.
pub(super) fn records(ident: &Ident) -> Ident {
    format_ident!("__records_of_{}", bare(ident))
}
