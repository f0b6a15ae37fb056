//! The hash of what folds the events of an aggregate or of a projection in memory, by which snapshots of other logic are told.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use super::hash;

/// The source of the items of an impl block that are no deciders: the methods that take events, and what they may call.
#[derive(Default)]
pub(crate) struct Logic(Vec<(Vec<Attribute>, u64)>);

impl Logic {
    /// Takes one item of the block into account, where its conditions hold.
    pub(crate) fn add(&mut self, cfgs: Vec<Attribute>, item: TokenStream) {
        self.0.push((cfgs, hash::tokens(item)));
    }

    /// The hash. The order of the items says nothing.
    pub(crate) fn expand(&self) -> TokenStream {
        if self.0.iter().all(|(cfgs, _)| cfgs.is_empty()) {
            let sum = self.0.iter().fold(0_u64, |sum, (_, hash)| sum.wrapping_add(*hash));
            return quote!(#sum);
        }
        let items = self.0.iter().map(|(cfgs, hash)| quote!(#(#cfgs)* #hash));
        quote!(__eskit::lock::logic(&[#(#items),*]))
    }
}
