use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Path, Type};

/// Puts generated items in a scope of their own, where `__eskit` is the private module of the runtime.
pub(crate) fn wrap(eskit: &Path, items: TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction,
            deprecated, missing_docs, non_local_definitions, non_upper_case_globals, unused_qualifications,
            unused_imports, single_use_lifetimes,
        )]
        const _: () = {
            use #eskit::__private as __eskit;
            #items
        };
    }
}

/// The text of an identifier without `r#`.
pub(crate) fn bare(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or_else(|| text.clone(), str::to_owned)
}

/// The text of tokens without the spaces in between, for messages and names.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

/// The place of generated code's source, for the registry.
pub(crate) fn location() -> TokenStream {
    quote! {
        __eskit::SourceLocation { module: ::core::module_path!(), file: ::core::file!(), line: ::core::line!() }
    }
}

/// The smallest token that names a type: the last segment of its path.
pub(crate) fn name_span(ty: &Type) -> Span {
    match ty {
        Type::Path(path) => path.path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span()),
        Type::Reference(reference) => name_span(&reference.elem),
        Type::Paren(paren) => name_span(&paren.elem),
        Type::Group(group) => name_span(&group.elem),
        other => syn::spanned::Spanned::span(other),
    }
}

/// A hidden macro whose name holds a wire name and a version: a second event of the crate that claims the same pair,
/// in whatever module, is a duplicate definition (E0428) with both names underlined.
pub(crate) fn claim(wire_name: &str, version: u32, span: Span) -> TokenStream {
    let mut escaped = String::with_capacity(wire_name.len() + 8);
    for byte in wire_name.bytes() {
        match byte {
            b'_' => escaped.push_str("__"),
            byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            byte => escaped.push_str(&format!("_{byte:02x}")),
        }
    }
    let name = format_ident!("__eskit_wire_name_{escaped}_version_{version}", span = span);
    quote! {
        #[doc(hidden)]
        #[allow(non_local_definitions, unused_macros)]
        #[macro_export]
        macro_rules! #name { () => {}; }
    }
}
