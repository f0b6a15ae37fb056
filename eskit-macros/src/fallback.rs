//! What is emitted beside errors: impls that satisfy every use of the item, so that one mistake stays one error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Generics, Path};

use crate::wrap::wrap;

fn beside(errors: TokenStream, eskit: &Path, items: TokenStream) -> TokenStream {
    let wrapped = wrap(eskit, items);
    quote!(#errors #wrapped)
}

/// `sets` holds the events that it is known to hold all the same; of a generic type nobody knows.
pub(crate) fn event(errors: TokenStream, input: &DeriveInput, eskit: &Path, sets: &[TokenStream]) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    let bounds = if input.generics.params.is_empty() {
        TokenStream::new()
    } else {
        quote!(where Self: ::core::marker::Send + ::core::marker::Sync + 'static)
    };
    let sets = if input.generics.params.is_empty() { sets } else { &[] };
    let unknown = quote!(::core::result::Result::Err(__eskit::unknown_name::<Self>(__event)));
    // A newer version may be read from it.
    let previous = matches!(input.data, Data::Struct(_)).then(|| {
        quote! {
            impl #impl_generics __eskit::Previous for #ident #type_generics #bounds {
                const TYPE: &'static __eskit::EventType = __eskit::NO_EVENT;

                fn decode(_: &__eskit::Encoded<'_>) -> ::core::result::Result<Self, __eskit::DecodeError> {
                    loop {}
                }
            }
        }
    });
    let items = quote! {
        impl #impl_generics __eskit::Event for #ident #type_generics #bounds {
            const TYPES: __eskit::EventTypes = __eskit::EventTypes::Many(&[#(#sets),*]);

            fn decode_named(__event: &__eskit::RecordedEvent) -> ::core::result::Result<Self, __eskit::DecodeError> {
                #unknown
            }

            fn encode(&self, _: &mut __eskit::Emitter) -> ::core::result::Result<(), __eskit::EncodeError> {
                ::core::result::Result::Ok(())
            }
        }
        #previous
    };
    beside(errors, eskit, items)
}

/// `is_stored` says whether it was to be stored.
pub(crate) fn command(errors: TokenStream, input: &DeriveInput, eskit: &Path, is_stored: bool) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    let storable = is_stored.then(|| storable(input));
    let items = quote! {
        impl #impl_generics __eskit::Command for #ident #type_generics {
            const TYPE: &'static __eskit::CommandType = &__eskit::CommandType {
                name: "",
                stored: ::core::option::Option::None,
                tags: &[],
                fields: &[],
                public: false,
                location: __eskit::SourceLocation { module: "", file: "", line: 0 },
                complete: false,
            };

            fn each_tag(&self, _: &mut dyn ::core::ops::FnMut(usize, &dyn ::core::fmt::Display)) {}
        }

        #storable
    };
    beside(errors, eskit, items)
}

/// `executable` is the impl that says how it is executed; `is_stored` says whether its commands were to be stored.
pub(crate) fn command_set(
    errors: TokenStream,
    input: &DeriveInput,
    eskit: &Path,
    (executable, is_stored): (&TokenStream, bool),
) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    let bounds = bounds_of_set(&input.generics);
    let storable = is_stored.then(|| storable(input));
    let items = quote! {
        impl #impl_generics __eskit::CommandSet for #ident #type_generics #bounds {
            const REFUSABLE: ::core::option::Option<&'static __eskit::CommandType> = ::core::option::Option::None;

            fn execute_in<__X: __eskit::Executor>(self, _: &mut __X) -> __eskit::Executing<'_, __X::Failed> {
                loop {}
            }
        }

        #executable
        #storable
    };
    beside(errors, eskit, items)
}

/// A newer version may be read from it, and a set may hold it.
fn storable(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    let bounds = bounds_of_set(&input.generics);
    let previous = matches!(input.data, Data::Struct(_)).then(|| {
        quote! {
            impl #impl_generics __eskit::PreviousCommand for #ident #type_generics #bounds {
                const TYPE: &'static __eskit::EventType = __eskit::NO_EVENT;

                fn decode(_: &__eskit::Encoded<'_>) -> ::core::result::Result<Self, __eskit::DecodeError> {
                    loop {}
                }
            }
        }
    });
    quote! {
        impl #impl_generics __eskit::Storable for #ident #type_generics #bounds {
            const TYPES: __eskit::EventTypes = __eskit::EventTypes::NONE;

            fn decode_named(_: &__eskit::Encoded<'_>) -> ::core::result::Result<Self, __eskit::DecodeError> {
                loop {}
            }

            fn encode(&self) -> ::core::result::Result<__eskit::StoredCommand, __eskit::EncodeError> {
                loop {}
            }
        }
        #previous
    }
}

/// What is asked of a set of commands that is generic, which is a mistake.
pub(crate) fn bounds_of_set(generics: &Generics) -> Option<TokenStream> {
    let is_generic = !generics.params.is_empty();
    is_generic.then(|| quote!(where Self: ::core::marker::Send + 'static))
}

pub(crate) fn tag_value(errors: TokenStream, input: &DeriveInput, eskit: &Path) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let items = quote! {
        impl #impl_generics __eskit::TagValue for #ident #type_generics #where_clause {
            fn each_value(&self, _: &mut dyn ::core::ops::FnMut(&dyn ::core::fmt::Display)) {}
        }
    };
    beside(errors, eskit, items)
}

pub(crate) fn aggregate(errors: TokenStream, input: &DeriveInput, eskit: &Path) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, _) = input.generics.split_for_impl();
    let bounds = if input.generics.params.is_empty() { TokenStream::new() } else { quote!(where Self: 'static) };
    let items = quote! {
        impl #impl_generics __eskit::Aggregate for #ident #type_generics #bounds {
            const TYPE: &'static __eskit::AggregateType = &__eskit::AggregateType {
                personal: ::core::option::Option::None,
                name: "",
                key: __eskit::Key::Tags(&[]),
                id_types: &[],
                partial: true,
                index: &[],
                version: 1,
                shape: 0,
                slug: "",
                public: true,
                location: __eskit::SourceLocation { module: "", file: "", line: 0 },
            };
            type Keys = __eskit::AnyKeys;

            fn initial() -> Self {
                loop {}
            }
        }
    };
    beside(errors, eskit, items)
}
