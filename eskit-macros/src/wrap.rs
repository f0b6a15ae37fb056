use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Path, Type, Visibility};

/// Puts generated items in a scope of their own, where `__eskit` is the private module of the runtime.
pub(crate) fn wrap(eskit: &Path, items: TokenStream) -> TokenStream {
    scope(&quote!(_), &TokenStream::new(), eskit, items)
}

/// The same in a constant of this name, which rustc shows in the paths of what it holds.
pub(crate) fn wrap_in(name: &Ident, eskit: &Path, items: TokenStream) -> TokenStream {
    scope(&name.to_token_stream(), &quote!(#[allow(non_local_definitions, non_upper_case_globals)]), eskit, items)
}

fn scope(name: &TokenStream, allow: &TokenStream, eskit: &Path, items: TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(deprecated, private_interfaces, unused_qualifications)]
        #allow
        const #name: () = {
            use #eskit::__private as __eskit;
            #items
        };
    }
}

/// The path of the crate for which code is generated.
pub(crate) fn user_crate(span: Span) -> TokenStream {
    quote_spanned!(span=> crate)
}

/// `header { body }`, where rustc finds header and braces at `span`: what it says of the impl stands at the user's token.
pub(crate) fn implementation(span: Span, header: TokenStream, body: TokenStream) -> TokenStream {
    let mut block = Group::new(Delimiter::Brace, body);
    block.set_span(span);
    let attribute = quote_spanned!(span=> #[automatically_derived]);
    quote!(#attribute #header #block)
}

/// `const _: () = call;`, for a call that is spanned where its failure is to be reported. The item is not: rustc would
/// offer to make a type that it does not find a parameter of that item, by text that it inserts there.
pub(crate) fn check(cfgs: &[Attribute], call: &TokenStream) -> TokenStream {
    quote!(#(#cfgs)* const _: () = #call;)
}

/// Whether an item is `pub`, without a restriction.
pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The text of an identifier without `r#`.
pub(crate) fn bare(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or_else(|| text.clone(), str::to_owned)
}

/// The text of tokens for messages and names, with spaces only where two words would become one.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut text = String::new();
    let spaced = tokens.to_token_stream().to_string();
    for part in spaced.split_whitespace() {
        if text.ends_with(is_word) && part.starts_with(is_word) {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
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

/// The type behind a reference, or the type itself.
pub(crate) fn behind_reference(ty: &Type) -> &Type {
    if let Type::Reference(reference) = ty { &reference.elem } else { ty }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_keeps_words_apart() {
        for of in ["Vec<Option<u32>>", "&'a mut Seats", "&impl AsRef<SeatTaken>", "<Seats as Model>::State", "[u8;4]"] {
            assert_eq!(text(of.parse::<proc_macro2::TokenStream>().unwrap()), of);
        }
    }
}
