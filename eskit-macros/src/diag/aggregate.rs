//! Messages about aggregates.

use proc_macro2::{Ident, Span, TokenTree};
use quote::ToTokens;
use syn::{Error, LitStr};

use super::attr::takes;
use super::suggest::{did_you_mean, each_key, listed_keys, suggest_key};
use super::tag::no_key;
use super::text::{at, spanned};
use crate::limits::AGGREGATE_TAGS_MAX;
use crate::symbol;
use crate::wrap::bare;

/// At the attribute, which is where the key is missing.
pub(crate) fn aggregate_without_key(ident: &Ident, attribute: Span) -> Error {
    spanned(
        attribute,
        &format!("the aggregate `{ident}` has no key"),
        "write `#[aggregate(tag = \"course\")]` or `#[aggregate(stream = \"account\")]`; or, for one state of all events, `#[aggregate(all)]`",
    )
}

/// `found` asks for one instance that sees all events.
pub(crate) fn aggregate_of_all(word: &Ident, found: &str) -> Error {
    at(
        word,
        &format!("`{found}` is no key of an aggregate"),
        "write `all`, for one state of all events; or `tag = \"course\"`, for one instance of each course",
    )
}

pub(crate) fn aggregate_two_keys(first: &Ident, word: &Ident) -> Error {
    let meaning = |word: &Ident| match word.to_string().as_str() {
        symbol::STREAM => "`stream`, for events in a stream of their own",
        symbol::TAG => "`tag`, for events that carry it",
        _ => "`all`, for one state of all events",
    };
    at(
        word,
        &format!("`{first}` and `{word}` exclude each other"),
        &format!("keep {}, or {}", meaning(first), meaning(word)),
    )
}

/// The word `tag` with these keys.
pub(crate) fn tag_piece(keys: &[String]) -> Option<String> {
    let keys: Vec<String> = each_key(keys).iter().map(|key| format!("{key:?}")).collect();
    match keys.as_slice() {
        [] => None,
        [key] => Some(format!("tag = {key}")),
        keys => Some(format!("tag({})", keys.join(", "))),
    }
}

/// `meant` is the piece that was probably meant.
pub(crate) fn aggregate_loose_key(tokens: impl ToTokens, meant: Option<&str>) -> Error {
    let help = match meant {
        Some(meant) => format!("write `{meant}`"),
        None => takes(symbol::AGGREGATE, symbol::AGGREGATE_WORDS),
    };
    at(tokens, "expected a word in `#[aggregate(..)]`", &help)
}

/// `keys` are those of all the words `tag`.
pub(crate) fn aggregate_tags_apart(word: &Ident, keys: &[String]) -> Error {
    let piece = tag_piece(keys).unwrap_or_default();
    at(
        word,
        "an aggregate names all its tags in one list",
        &format!("write `{piece}`, for the events that carry all of them"),
    )
}

/// `meant` holds the keys that stand there in another form.
pub(crate) fn aggregate_tag_list(tokens: impl ToTokens, meant: &[String]) -> Error {
    let help = match tag_piece(meant) {
        Some(piece) => format!("write `{piece}`"),
        None => "write `tag = \"course\"`, or `tag(\"course\", \"student\")`".to_owned(),
    };
    at(tokens, "`tag` needs a key or several", &help)
}

pub(crate) fn aggregate_tag_repeated(tokens: impl ToTokens, key: &str) -> Error {
    at(tokens, &format!("the tag `{key}` is given twice"), "keep one of them")
}

pub(crate) fn aggregate_tags_too_many(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        &format!("an aggregate may have at most {AGGREGATE_TAGS_MAX} tags"),
        "name the ones that select its events",
    )
}

/// `all` are the keys of the list that it stands in.
pub(crate) fn aggregate_tag(tokens: impl ToTokens, key: &str, all: &[String]) -> Error {
    let help = match suggest_key(key) {
        None => {
            let help = "write the key of the tag that its events carry, as in `tag = \"course\"`";
            return at(tokens, &no_key("the key", key), help);
        }
        // The keys that stand there already are right, or wrong for a reason of their own.
        Some(_) if !listed_keys(key).is_empty() => tag_piece(all),
        Some(nearest) if all.len() > 1 => Some(format!("{nearest:?}")),
        Some(nearest) => Some(format!("tag = {nearest:?}")),
    };
    at(tokens, &no_key("the key", key), &format!("write `{}`", help.unwrap_or_default()))
}

pub(crate) fn aggregate_stream(tokens: impl ToTokens, key: &str, ident: &Ident) -> Error {
    let listed = listed_keys(key);
    let help = match (listed.first(), tag_piece(&listed)) {
        (Some(first), Some(tags)) => {
            format!(
                "a stream has one type: write `stream = {first:?}`; or `{tags}`, for the events that carry all of them"
            )
        }
        _ => {
            let own = || suggest_key(&bare(ident));
            let nearest = suggest_key(key).or_else(own).unwrap_or_else(|| "account".to_owned());
            format!("write `stream = {nearest:?}`")
        }
    };
    at(tokens, &no_key("the stream type", key), &help)
}

pub(crate) fn aggregate_key_type(word: &Ident) -> Error {
    at(
        word,
        "`key` needs the type of the ids that select an instance",
        "write `key = CourseId`, or for several tags `key = (CourseId, StudentId)`",
    )
}

/// `key` is what selects the events, of which there are more or fewer than types.
pub(crate) fn aggregate_key_of_all(word: &Ident, ident: &Ident) -> Error {
    at(word, &format!("`{ident}` has no key, since there is one, of all events"), "drop it")
}

pub(crate) fn aggregate_key_of_stream(word: &Ident, ident: &Ident) -> Error {
    at(word, &format!("`{ident}` is found by one id"), "write the type of one, as in `key = AccountId`")
}

pub(crate) fn aggregate_key_of_tags(word: &Ident, ident: &Ident, tags: &[String]) -> Error {
    let types: Vec<String> = tags.iter().map(|tag| id_type_of(tag)).collect();
    let (noun, help) = match types.as_slice() {
        [only] => ("one id".to_owned(), format!("write its type alone, as in `key = {only}`")),
        all => {
            let help = format!("write a type for each, as in `key = ({})`", all.join(", "));
            (format!("{} ids, one for each tag", all.len()), help)
        }
    };
    at(word, &format!("`{ident}` is found by {noun}"), &help)
}

/// `meant` are the names of fields that can be told from what was written.
pub(crate) fn aggregate_index_list(tokens: impl ToTokens, meant: &[String]) -> Error {
    let fields: Vec<String> = match meant {
        [] => vec!["\"name\"".to_owned()],
        meant => meant.iter().map(|field| format!("{field:?}")).collect(),
    };
    let help = format!("write `index({})`", fields.join(", "));
    at(tokens, "`index` takes the names of fields, each in quotes", &help)
}

pub(crate) fn aggregate_index_repeated(field: &LitStr) -> Error {
    at(field, &format!("the field `{}` is given twice", field.value()), "drop one of them")
}

/// serde gives the field another name.
pub(crate) fn aggregate_index_renamed(field: &LitStr, written: &str) -> Error {
    at(
        field,
        &format!("serde writes the field `{}` as `{written}`, and rows are found by what it writes", field.value()),
        &format!("write `{written:?}`"),
    )
}

/// The state has no field of this name; `fields` are those that it has.
pub(crate) fn aggregate_index_unknown(field: &LitStr, ident: &Ident, fields: &[String]) -> Error {
    let known: Vec<&str> = fields.iter().map(String::as_str).collect();
    let help = match (did_you_mean(&field.value(), &known), known.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant:?}`?"),
        (None, []) => "drop it: rows are found by the fields of a struct".to_owned(),
        (None, known) => format!("name one of its fields: `{}`", known.join("`, `")),
    };
    at(field, &format!("`{ident}` has no field `{}`", field.value()), &help)
}

/// The slug of an aggregate: its name in lower case, its words apart.
pub(crate) fn slug(name: &str) -> String {
    suggest_key(name).map_or_else(|| "rows".to_owned(), |name| name.replace('_', "-"))
}

/// What the type of a tag's ids may be called: `CourseId` for `course`.
fn id_type_of(tag: &str) -> String {
    let words = tag.split(['-', '_']).map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{rest}", first.to_uppercase())
    });
    format!("{}Id", words.collect::<String>())
}

pub(crate) fn partial_without_stream(word: &Ident) -> Error {
    at(
        word,
        "`partial` is for streams: other aggregates read only the events that they evolve",
        "drop it, or write `stream = \"..\"`",
    )
}

pub(crate) fn aggregate_on_block(token: TokenTree) -> Error {
    at(
        token,
        "`#[aggregate]` stands on a struct or an enum, not on an impl block",
        "write `#[decider]` in its place, and put `#[aggregate]` on the type that holds the state",
    )
}

pub(crate) fn aggregate_item(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[aggregate]` stands on a struct or an enum", "put it on the type that holds the state")
}
