//! Every message, one function each: what is wrong, then a `help:` line to paste.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Error;

fn at(tokens: impl ToTokens, text: &str, help: &str) -> Error {
    Error::new_spanned(tokens, format!("{text}\nhelp: {help}"))
}

fn spanned(span: Span, text: &str, help: &str) -> Error {
    Error::new(span, format!("{text}\nhelp: {help}"))
}

/// `a`, `b`, and `c`, each in backticks.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

/// The known word that was probably meant: Damerau's distance of at most a third of the word's length.
pub(crate) fn did_you_mean<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = word.len().max(3) / 3;
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance: insertions, deletions, substitutions, and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            let mut best = (rows[i - 1][j - 1] + usize::from(!same)).min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

// Attribute lists

pub(crate) fn expected_list(attr: impl ToTokens, name: &str, valid: &[&str]) -> Error {
    at(attr, &format!("`{name}` needs a list"), &format!("write `#[{name}(..)]` with {}", list(valid)))
}

pub(crate) fn not_a_word(tokens: TokenStream, name: &str, valid: &[&str]) -> Error {
    at(tokens, &format!("expected a word in `#[{name}(..)]`"), &format!("the words are {}", list(valid)))
}

pub(crate) fn unknown_word(word: &Ident, name: &str, valid: &[&str]) -> Error {
    let help = match did_you_mean(&word.to_string(), valid) {
        Some(meant) => format!("did you mean `{meant}`? the words are {}", list(valid)),
        None => format!("the words are {}", list(valid)),
    };
    at(word, &format!("unknown word `{word}` in `#[{name}(..)]`"), &help)
}

pub(crate) fn malformed_piece(word: &Ident, tokens: TokenStream) -> Error {
    at(
        tokens,
        &format!("cannot read this use of `{word}`"),
        &format!("write `{word} = ..`, and a comma between two words"),
    )
}

pub(crate) fn expected_value(word: &Ident, span: Span, what: &str, example: &str) -> Error {
    spanned(span, &format!("`{word}` needs {what}"), &format!("write `{example}`"))
}

pub(crate) fn given_twice(word: &Ident) -> Error {
    at(word, &format!("`{word}` is given twice"), "keep one of them")
}

pub(crate) fn takes_no_value(word: &Ident) -> Error {
    at(word, &format!("`{word}` takes no value"), &format!("write `{word}` alone"))
}

pub(crate) fn unreadable(error: Error) -> Error {
    error
}

// Events

pub(crate) fn union(what: &str, token: impl ToTokens) -> Error {
    at(token, &format!("a union cannot be {what}"), "use a struct")
}

pub(crate) fn generic(what: &str, generics: impl ToTokens) -> Error {
    at(
        generics,
        &format!("{what} cannot be generic"),
        "name each concrete type on its own; its name is what is stored or dispatched on",
    )
}

pub(crate) fn version_zero(lit: impl ToTokens) -> Error {
    at(lit, "schema versions start at 1", "write `version = 1`, or leave it out")
}

pub(crate) fn version_too_large(lit: impl ToTokens) -> Error {
    at(lit, "a schema version is at most 1000", "count versions one by one: the first change of shape makes version 2")
}

pub(crate) fn wire_name_empty(lit: impl ToTokens, word: &str) -> Error {
    at(lit, &format!("`{word}` is empty"), &format!("write `{word} = \"sales\"`, or leave it out"))
}

pub(crate) fn wire_name_characters(lit: impl ToTokens, name: &str, bad: char) -> Error {
    at(
        lit,
        &format!("the wire name `{name}` holds `{}`", bad.escape_debug()),
        "use ASCII letters, digits, `_`, `-`, and `.`, as in `name = \"sales.OrderPlaced\"`",
    )
}

pub(crate) fn wire_name_too_long(lit: impl ToTokens, len: usize) -> Error {
    at(lit, &format!("the wire name has {len} bytes, but at most 256 are allowed"), "write a shorter `name = \"..\"`")
}

pub(crate) fn name_and_context(word: &Ident) -> Error {
    at(
        word,
        "`name` and `context` exclude each other",
        "keep `name`, which is the whole wire name, or `context`, its first part",
    )
}

pub(crate) fn alias_is_name(lit: impl ToTokens, name: &str) -> Error {
    at(
        lit,
        &format!("the alias `{name}` is the event's own wire name"),
        "an alias is a former name; drop it, or name the old one",
    )
}

pub(crate) fn alias_repeated(lit: impl ToTokens, name: &str) -> Error {
    at(lit, &format!("the alias `{name}` is given twice"), "keep one of them")
}

pub(crate) fn from_and_upcast(word: &Ident) -> Error {
    at(
        word,
        "`from` and `upcast` exclude each other",
        "keep `from`, and put the `upcast(..)` of older versions on the type that it names",
    )
}

pub(crate) fn version_without_origin(lit: impl ToTokens, version: u32) -> Error {
    let steps: Vec<String> = (1..version).map(|step| format!("{step} = from_v{step}")).collect();
    at(
        lit,
        &format!("version {version} does not say where it comes from"),
        &format!("add `upcast({})`, or `from = TypeOfVersion{}`", steps.join(", "), version - 1),
    )
}

pub(crate) fn origin_without_version(word: &Ident) -> Error {
    at(word, &format!("`{word}` reads older versions, but this event is at version 1"), "add `version = 2`, or drop it")
}

pub(crate) fn upcast_malformed(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "cannot read this step of `upcast(..)`",
        "write `1 = function`: the version that it starts from, and its name",
    )
}

pub(crate) fn upcast_empty(word: &Ident) -> Error {
    at(word, "`upcast` names no step", "write `upcast(1 = function)`")
}

pub(crate) fn upcast_order(lit: impl ToTokens, found: u32, expected: u32) -> Error {
    at(
        lit,
        &format!("the steps of `upcast(..)` go one by one: expected {expected}, found {found}"),
        &format!("write `{expected} = function` here"),
    )
}

pub(crate) fn upcast_beyond(lit: impl ToTokens, version: u32) -> Error {
    at(
        lit,
        &format!("a step from this version leads beyond version {version}"),
        &format!("steps start from 1 up to {}; raise `version`, or drop the step", version.saturating_sub(1)),
    )
}

pub(crate) fn upcast_missing(lit: impl ToTokens, missing: u32) -> Error {
    at(lit, &format!("no step of `upcast(..)` reads version {missing}"), &format!("add `{missing} = function`"))
}

pub(crate) fn variant_shape(variant: &Ident, fields: impl ToTokens) -> Error {
    at(
        fields,
        &format!("the tuple variant `{variant}` is no event"),
        &format!("hold one event, `{variant}(Event)`, or name the fields, `{variant} {{ field: Type }}`"),
    )
}

pub(crate) fn enum_empty(ident: &Ident) -> Error {
    at(
        ident,
        &format!("the enum `{ident}` holds no event"),
        "add a variant that holds one, such as `Placed(OrderPlaced)`",
    )
}

pub(crate) fn misplaced_event_attr(word: &Ident, variant: &Ident) -> Error {
    at(
        word,
        &format!("`{word}` has no place here: the variant `{variant}` holds an event that says it itself"),
        &format!("put `#[event({word} = ..)]` on the struct that `{variant}` holds"),
    )
}

// Tags

pub(crate) fn tag_malformed(tokens: impl ToTokens) -> Error {
    at(tokens, "cannot read this tag", "write `#[tag]` for the field's name as key, or `#[tag(\"course\")]`")
}

pub(crate) fn tag_key(tokens: impl ToTokens, key: &str) -> Error {
    let suggestion = suggest_key(key);
    at(
        tokens,
        &format!("the tag key `{}` does not match `[a-z][a-z0-9_-]*`", key.escape_debug()),
        &format!("write `#[tag(\"{suggestion}\")]`"),
    )
}

/// The nearest valid key: `studentId` becomes `student_id`.
fn suggest_key(key: &str) -> String {
    let mut suggestion = String::new();
    for c in key.chars() {
        match c {
            'a'..='z' => suggestion.push(c),
            '0'..='9' | '-' | '_' if !suggestion.is_empty() => suggestion.push(c),
            'A'..='Z' => {
                if suggestion.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit()) {
                    suggestion.push('_');
                }
                suggestion.push(c.to_ascii_lowercase());
            }
            _ if !suggestion.is_empty() && !suggestion.ends_with('_') => suggestion.push('_'),
            _ => {}
        }
    }
    let trimmed = suggestion.trim_end_matches(['_', '-']);
    if trimmed.is_empty() { "course".to_owned() } else { trimmed.to_owned() }
}

pub(crate) fn tag_key_too_long(tokens: impl ToTokens, len: usize) -> Error {
    at(tokens, &format!("the tag key has {len} bytes, but at most 256 are allowed"), "write a shorter key")
}

pub(crate) fn tag_without_name(tokens: impl ToTokens) -> Error {
    at(tokens, "a tuple field has no name to serve as the tag's key", "write `#[tag(\"course\")]`")
}

pub(crate) fn tag_twice(tokens: impl ToTokens, key: &str) -> Error {
    at(tokens, &format!("the tag `{key}` is given twice on this field"), "keep one of them")
}

pub(crate) fn tags_too_many(tokens: impl ToTokens, found: usize) -> Error {
    at(tokens, &format!("{found} tag fields, but an event may carry at most 64 tags"), "tag only what queries look for")
}

pub(crate) fn tag_on_variant_newtype(tokens: impl ToTokens, variant: &Ident) -> Error {
    at(
        tokens,
        &format!("a tag has no place here: the variant `{variant}` holds an event that carries its own tags"),
        &format!("put the `#[tag]` on a field of the struct that `{variant}` holds"),
    )
}

pub(crate) fn tag_on_item(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[tag]` stands on fields", "put it on the field that holds the tag's value")
}

pub(crate) fn event_attr_on_field(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[event(..)]` stands on the type, not on a field", "for a tag write `#[tag]`")
}

pub(crate) fn command_attr_on_field(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[command(..)]` stands on the type, not on a field", "for a tag write `#[tag]`")
}

// Commands and tag values

pub(crate) fn command_enum(token: impl ToTokens) -> Error {
    at(
        token,
        "an enum cannot be a command",
        "make each variant a struct that derives `Command`; each has its own decider",
    )
}

pub(crate) fn tag_value_fields(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "a tag value is derived for a struct with exactly one field",
        "write `struct CourseId(String);`, or implement `TagValue` by hand",
    )
}

pub(crate) fn tag_value_enum(token: impl ToTokens) -> Error {
    at(token, "a tag value cannot be derived for an enum", "implement `TagValue` by hand: `each(&self.as_str())`")
}

// Aggregates

pub(crate) fn aggregate_without_key(span: Span) -> Error {
    spanned(
        span,
        "an aggregate needs a key",
        "write `#[aggregate(tag = \"course\")]` or `#[aggregate(stream = \"account\")]`",
    )
}

pub(crate) fn aggregate_two_keys(word: &Ident) -> Error {
    at(
        word,
        "`stream` and `tag` exclude each other",
        "keep `stream`, for events in a stream of their own, or `tag`, for events that carry it",
    )
}

pub(crate) fn aggregate_tag_list(tokens: impl ToTokens) -> Error {
    at(tokens, "`tag` needs a key or several", "write `tag = \"course\"`, or `tag(\"course\", \"student\")`")
}

pub(crate) fn aggregate_tag_repeated(tokens: impl ToTokens, key: &str) -> Error {
    at(tokens, &format!("the tag `{key}` is given twice"), "keep one of them")
}

pub(crate) fn aggregate_tags_too_many(tokens: impl ToTokens) -> Error {
    at(tokens, "an aggregate may have at most 4 tags", "name the ones that select its events")
}

pub(crate) fn aggregate_key(tokens: impl ToTokens, word: &str, key: &str) -> Error {
    let suggestion = suggest_key(key);
    at(
        tokens,
        &format!("the key `{}` does not match `[a-z][a-z0-9_-]*`", key.escape_debug()),
        &format!("write `{word} = \"{suggestion}\"`"),
    )
}

pub(crate) fn partial_without_stream(word: &Ident) -> Error {
    at(
        word,
        "`partial` is for streams: an aggregate with tags reads only the events that it evolves",
        "drop it, or write `stream = \"..\"`",
    )
}

pub(crate) fn aggregate_item(tokens: impl ToTokens) -> Error {
    at(tokens, "`#[aggregate]` stands on a struct or an enum", "put it on the type that holds the state")
}

// Deciders

pub(crate) fn decider_item(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[decider]` stands on an aggregate's impl block or on a function",
        "write `#[decider] impl Seats { .. }`, or `#[decider] fn enroll(command: &Enroll, seats: &Seats) -> ..`",
    )
}

pub(crate) fn decider_trait_impl(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[decider]` stands on an inherent impl block, not on one of a trait",
        "write `#[decider] impl Seats { .. }`",
    )
}

pub(crate) fn decider_empty(span: Span) -> Error {
    spanned(
        span,
        "this impl block marks no method",
        "mark those that fold events with `#[evolve]` and those that answer commands with `#[decide]`",
    )
}

pub(crate) fn misplaced_marker(span: Span, word: &str) -> Error {
    spanned(
        span,
        &format!("`#[{word}]` stands on a method inside a `#[decider]` impl block"),
        "put `#[decider]` on the impl block",
    )
}

pub(crate) fn marker_typo(attr: impl ToTokens, found: &str, meant: &str) -> Error {
    at(attr, &format!("unknown attribute `{found}`"), &format!("did you mean `#[{meant}]`?"))
}

pub(crate) fn marker_arguments(attr: impl ToTokens, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` takes no arguments"), &format!("write `#[{word}]`"))
}

pub(crate) fn marker_twice(attr: impl ToTokens) -> Error {
    at(
        attr,
        "a method is marked once",
        "keep `#[evolve]`, if it folds an event, or `#[decide]`, if it answers a command",
    )
}

pub(crate) fn marker_on_other(attr: impl ToTokens, word: &str) -> Error {
    at(attr, &format!("`#[{word}]` stands on a method"), "put it on the `fn`")
}

pub(crate) fn qualifier(token: impl ToTokens, word: &str, what: &str) -> Error {
    at(
        token,
        &format!("{what} cannot be `{word}`"),
        "deciders and evolve methods are pure and synchronous: fetch what they need before, and pass it in the command",
    )
}

pub(crate) fn generic_function(tokens: impl ToTokens, what: &str) -> Error {
    at(tokens, &format!("{what} cannot be generic"), "name the concrete types")
}

pub(crate) fn evolve_receiver(span: Span) -> Error {
    spanned(span, "an evolve method takes `&mut self`", "write `fn happened(&mut self, event: &SomethingHappened)`")
}

pub(crate) fn decide_receiver(span: Span) -> Error {
    spanned(
        span,
        "a decide method takes `&self`",
        "write `fn decide(&self, command: &Command) -> Result<Event, Error>`",
    )
}

pub(crate) fn evolve_no_event(span: Span) -> Error {
    spanned(span, "an evolve method takes an event", "write `fn happened(&mut self, event: &SomethingHappened)`")
}

pub(crate) fn decide_no_command(span: Span) -> Error {
    spanned(
        span,
        "a decide method takes a command",
        "write `fn decide(&self, command: &Command) -> Result<Event, Error>`",
    )
}

pub(crate) fn evolve_too_many(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an evolve method takes an event and, where wanted, its envelope",
        "write `(&mut self, event: &SomethingHappened, recorded: &RecordedEvent)`",
    )
}

pub(crate) fn decide_too_many(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "a decide method takes one command: its only model is `self`",
        "to decide from several models write a function, `#[decider] fn decide(command: &Command, one: &One, two: &Two) -> ..`",
    )
}

pub(crate) fn not_a_reference(tokens: impl ToTokens, what: &str) -> Error {
    let ty = tokens.to_token_stream().to_string().replace(" ", "");
    at(&tokens, &format!("{what} is taken by reference"), &format!("write `&{ty}`"))
}

pub(crate) fn mutable_reference(tokens: impl ToTokens, what: &str, ty: &str) -> Error {
    at(tokens, &format!("{what} is taken by shared reference"), &format!("write `&{ty}`"))
}

pub(crate) fn evolve_returns(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "an evolve method returns nothing: what is recorded has happened",
        "drop the return type; refuse in the decider, before the event is emitted",
    )
}

pub(crate) fn decide_returns_nothing(span: Span) -> Error {
    spanned(span, "a decider returns the events that it emits", "add `-> Result<SomethingHappened, Error>`")
}

pub(crate) fn opaque_return(tokens: impl ToTokens) -> Error {
    at(tokens, "a decider names the type that it returns: its events are known from it", "write the concrete type")
}

pub(crate) fn evolve_twice(tokens: impl ToTokens, ty: &str) -> Error {
    at(tokens, &format!("two evolve methods take `{ty}`"), "keep one of them")
}

pub(crate) fn decide_twice(tokens: impl ToTokens, ty: &str) -> Error {
    at(tokens, &format!("two decide methods take `{ty}`"), "keep one of them: a command has one decider")
}

pub(crate) fn function_self(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "a decider function takes no `self`",
        "put `#[decider]` on the impl block and `#[decide]` on this method",
    )
}

pub(crate) fn function_no_command(span: Span) -> Error {
    spanned(
        span,
        "a decider takes a command, then the aggregates that it decides from",
        "write `fn enroll(command: &Enroll, seats: &Seats) -> Result<StudentEnrolled, Error>`",
    )
}

pub(crate) fn function_no_model(span: Span) -> Error {
    spanned(
        span,
        "a decider takes at least one aggregate after its command",
        "write `fn enroll(command: &Enroll, seats: &Seats) -> Result<StudentEnrolled, Error>`",
    )
}

pub(crate) fn function_too_many_models(tokens: impl ToTokens) -> Error {
    at(tokens, "a decider takes at most 8 aggregates", "fold what it needs into fewer models")
}

pub(crate) fn key_malformed(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "cannot read this key",
        "write `#[key(field)]`, the command's field that selects this model, or `#[key(key = field)]` for each of several keys",
    )
}

pub(crate) fn key_on_command(tokens: impl ToTokens) -> Error {
    at(
        tokens,
        "`#[key(..)]` stands on an aggregate, not on the command",
        "move it to the parameter that the field selects",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_find_the_word_that_was_meant() {
        let words = crate::symbol::EVENT_WORDS;
        assert_eq!(did_you_mean("verison", words), Some("version"));
        assert_eq!(did_you_mean("naem", words), Some("name"));
        assert_eq!(did_you_mean("tag", words), None);
        assert_eq!(did_you_mean("aliases", words), Some("alias"));
    }

    #[test]
    fn keys_are_suggested_in_snake_case() {
        assert_eq!(suggest_key("studentId"), "student_id");
        assert_eq!(suggest_key("9 lives"), "lives");
        assert_eq!(suggest_key("Ünïcode"), "n_code");
        assert_eq!(suggest_key("--"), "course");
    }
}
