//! What is stored under a wire name and a version, and what is kept of it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::symbol;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredKind {
    Event,
    Command,
}

impl StoredKind {
    /// The word for it, which is also the name of its attribute and its word in the schema lock.
    pub(crate) fn word(self) -> &'static str {
        match self {
            StoredKind::Event => symbol::EVENT,
            StoredKind::Command => symbol::COMMAND,
        }
    }

    pub(crate) fn a(self) -> &'static str {
        match self {
            StoredKind::Event => "an event",
            StoredKind::Command => "a stored command",
        }
    }

    /// The name of a type, for an example.
    pub(crate) fn example(self) -> &'static str {
        match self {
            StoredKind::Event => "OrderPlaced",
            StoredKind::Command => "PlaceOrder",
        }
    }

    /// A former name of that type.
    pub(crate) fn former_example(self) -> &'static str {
        match self {
            StoredKind::Event => "OrderCreated",
            StoredKind::Command => "CreateOrder",
        }
    }
}

/// The format of a payload.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Json,
    Cbor,
    Protobuf,
}

impl Codec {
    /// Each with its word.
    pub(crate) const ALL: [(&str, Codec); 3] =
        [("json", Codec::Json), ("cbor", Codec::Cbor), ("protobuf", Codec::Protobuf)];
}

/// What a read model or a state keeps of personal data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    None,
    Revealed,
}

impl Kept {
    /// As generated code says it.
    pub(crate) fn expand(kept: Option<Kept>) -> TokenStream {
        let kept = match kept {
            None => return quote!(::core::option::Option::None),
            Some(Kept::None) => quote!(None),
            Some(Kept::Revealed) => quote!(Revealed),
        };
        quote!(::core::option::Option::Some(__eskit::KeptPersonal::#kept))
    }
}
