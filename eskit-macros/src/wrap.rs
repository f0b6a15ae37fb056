use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Path, Type, Visibility};

/// Puts generated items in a scope of their own, where `__eskit` is the private module of the runtime.
pub(crate) fn wrap(eskit: &Path, items: TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(deprecated, private_interfaces, unused_qualifications)]
        const _: () = {
            use #eskit::__private as __eskit;
            #items
        };
    }
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

/// The static `TABLE` of the names in `SETS`. A name that stands there twice is reported at `span`, as one of `owner`.
pub(crate) fn name_table(span: Span, owner: &str) -> TokenStream {
    quote_spanned! {span=>
        static TABLE: __eskit::NameTable<{ __eskit::table_len(&SETS) }> = __eskit::NameTable::new(&SETS, #owner);
    }
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

/// A hidden macro whose name holds a wire name and a version: a second event of the crate that claims the same pair,
/// in whatever module, is a duplicate definition (E0428) with both names underlined.
pub(crate) fn claim(wire_name: &str, version: u32, span: Span) -> TokenStream {
    let name = format_ident!("__two_events_claim_{}", name_and_version(wire_name, version), span = span);
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(non_local_definitions, unused_macros)]
        #[macro_export]
        macro_rules! #name { () => {}; }
    }
}

/// A wire name and a version as an identifier that can be read.
pub(crate) fn name_and_version(wire_name: &str, version: u32) -> String {
    format!("the_wire_name_{}_version_{version}", identifier(wire_name))
}

/// A wire name as an identifier that can be read, and that no other wire name has: every separator becomes `_`, and
/// behind `__` stands which separators they were, unless there is one dot and nothing else.
fn identifier(wire_name: &str) -> String {
    let readable: String = wire_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let separators: String = wire_name
        .chars()
        .filter_map(|c| match c {
            '.' => Some('d'),
            '-' => Some('h'),
            '_' => Some('u'),
            _ => None,
        })
        .collect();
    let suffix = if separators == "d" { String::new() } else { format!("__{separators}") };
    format!("{readable}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::{name_and_version, text};

    #[test]
    fn text_keeps_words_apart() {
        for of in ["Vec<Option<u32>>", "&'a mut Seats", "&impl AsRef<SeatTaken>", "<Seats as Model>::State", "[u8;4]"] {
            assert_eq!(text(of.parse::<proc_macro2::TokenStream>().unwrap()), of);
        }
    }

    #[test]
    fn claims_of_different_names_differ() {
        let names = [
            "a.b", "a_b", "a-b", "ab", "ab_", "a.b.c", "a.b_c", "a_b.c", "a.b_d", "a_b_d", "a.b.d", "a_b_u", "ab.",
            "_", ".",
        ];
        let mut claims: Vec<String> = names.iter().map(|name| name_and_version(name, 1)).collect();
        assert!(claims[0].ends_with("name_a_b_version_1"), "{}", claims[0]);
        claims.sort();
        claims.dedup();
        assert_eq!(claims.len(), names.len());
    }
}
