//! `#[aggregate(..)]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{LitStr, Path, Type};

use crate::attr::{self, Form, Once, Piece};
use crate::ctxt::Ctxt;
use crate::kind::Kept;
use crate::limits::AGGREGATE_TAGS_MAX;
use crate::syntax::tokens::split_at_commas;
use crate::wrap::{bare, behind_reference};
use crate::{diag, meant, symbol, value};

/// What selects the events of an aggregate.
pub(crate) enum KeyDef {
    Stream(String),
    Tags(Vec<String>),
    /// Nothing: all events that it evolves.
    All,
}

impl KeyDef {
    /// How many values select one instance.
    pub(crate) fn count(&self) -> usize {
        match self {
            KeyDef::Stream(_) => 1,
            KeyDef::Tags(keys) => keys.len(),
            KeyDef::All => 0,
        }
    }
}

/// `#[aggregate(..)]`.
pub(crate) struct AggregateDef {
    pub(crate) eskit: Path,
    pub(crate) key: Option<KeyDef>,
    /// The type of each value of the key, where it is stated, and the word that states them.
    pub(crate) types: Option<(Ident, Vec<Type>)>,
    pub(crate) partial: Option<Ident>,
    /// The fields by which its rows are found and sorted.
    pub(crate) index: Vec<LitStr>,
    /// The version of its logic.
    pub(crate) version: u32,
    /// What its states keep of personal data.
    pub(crate) personal: Option<Kept>,
    /// Whether its key is another than a stream, as far as it shows.
    pub(crate) is_without_stream: bool,
}

/// `#[aggregate(..)]` as it was written.
struct RawArgs {
    pieces: Vec<Piece>,
    /// Keys that stand there without `tag = `, each with its token.
    loose: Vec<(TokenTree, String)>,
}

impl AggregateDef {
    pub(crate) fn from_args(cx: &Ctxt, args: TokenStream, ident: &Ident) -> AggregateDef {
        let before = cx.count();
        let raw = RawArgs::from_args(cx, args);
        let (mut key, mut types, mut partial, mut eskit) = (Once::new(), Once::new(), Once::new(), Once::new());
        let (mut index, mut version, mut personal) = (Once::new(), Once::new(), Once::new());
        let mut first: Option<&Ident> = None;
        for piece in &raw.pieces {
            let word = &piece.word;
            let is_key = [symbol::STREAM, symbol::TAG, symbol::ALL].iter().any(|key| word == key);
            match (word.to_string().as_str(), first) {
                (_, Some(first)) if is_key && first != word => cx.error(diag::aggregate_two_keys(first, word)),
                (symbol::STREAM, _) => {
                    first = Some(word);
                    key.set(cx, word, cx.ok(stream_key(piece, ident)).map(KeyDef::Stream));
                }
                (symbol::TAG, Some(_)) => raw.check_second_tag(cx, word),
                (symbol::TAG, None) => {
                    first = Some(word);
                    key.set(cx, word, tag_keys(cx, piece).map(KeyDef::Tags));
                }
                (symbol::ALL, _) => {
                    first = Some(word);
                    match piece.form {
                        Form::Word => key.set(cx, word, Some(KeyDef::All)),
                        _ => cx.error(diag::takes_no_value(word)),
                    }
                }
                (symbol::KEY, _) => types.set(cx, word, cx.ok(key_types(piece)).map(|types| (word.clone(), types))),
                (symbol::PARTIAL, _) => match piece.form {
                    Form::Word => partial.set(cx, word, Some(word.clone())),
                    _ => cx.error(diag::takes_no_value(word)),
                },
                (symbol::INDEX, _) => index.set(cx, word, index_fields(cx, piece)),
                (symbol::VERSION, _) => {
                    let value = cx.ok(piece.integer("version = 2")).and_then(|lit| cx.ok(value::version(lit)));
                    version.set(cx, word, value);
                }
                (symbol::PERSONAL, _) => {
                    let kept = cx.ok(piece.string("personal = \"none\"").and_then(value::kept));
                    personal.set(cx, word, kept.map(|(kept, _)| kept));
                }
                _ => eskit.set(cx, word, cx.ok(piece.path("crate = path::to::eskit"))),
            }
        }
        raw.check_loose(cx);
        // Where a word could not be read, it may have been the key.
        if first.is_none() && cx.count() == before {
            cx.error(diag::aggregate_without_key(ident, ident.span().located_at(Span::call_site())));
        }
        AggregateDef {
            eskit: attr::eskit_path(eskit.get()),
            key: key.get(),
            types: types.get(),
            partial: partial.get(),
            index: index.get().unwrap_or_default(),
            version: version.get().map_or(1, |(number, _)| number),
            personal: personal.get(),
            is_without_stream: first.is_some() && !raw.has(symbol::STREAM),
        }
    }
}

impl RawArgs {
    fn from_args(cx: &Ctxt, args: TokenStream) -> RawArgs {
        let mut raw = RawArgs { pieces: Vec::new(), loose: Vec::new() };
        let all = split_at_commas(args);
        let has_key = all.iter().any(|tokens| is_key(tokens.clone()));
        for tokens in all {
            let mut rest = tokens.clone().into_iter();
            match (rest.next(), rest.next()) {
                (Some(TokenTree::Ident(word)), _) if symbol::ALL_WORDS.iter().any(|all| word == all) => {
                    cx.error(diag::aggregate_of_all(&word, &bare(&word)));
                }
                (Some(TokenTree::Ident(word)), Some(_))
                    if symbol::KEY_WORDS.iter().any(|key| word == key) && !is_key_type(tokens.clone(), has_key) =>
                {
                    let keys = meant::texts(rest.collect());
                    if keys.is_empty() {
                        cx.error(diag::unknown_word(&word, symbol::AGGREGATE, symbol::AGGREGATE_WORDS, None));
                    }
                    raw.loose.extend(keys.into_iter().map(|key| (word.clone().into(), key)));
                }
                (Some(first), None) if let Some(key) = loose_key(&first) => raw.loose.push((first, key)),
                _ => raw.pieces.extend(attr::read_piece(cx, symbol::AGGREGATE, tokens, symbol::AGGREGATE_WORDS)),
            }
        }
        raw.pieces.retain(|piece| !piece.is_repaired());
        raw
    }

    fn has(&self, word: &str) -> bool {
        self.pieces.iter().any(|piece| piece.word == word)
    }

    /// The keys of all the words `tag`.
    fn tags(&self) -> Vec<String> {
        let tags = self.pieces.iter().filter(|piece| piece.word == symbol::TAG);
        tags.flat_map(|piece| meant::texts(piece.given())).collect()
    }

    /// A second `tag` means a second key, unless it is the first one again.
    fn check_second_tag(&self, cx: &Ctxt, word: &Ident) {
        let mut keys = self.tags();
        keys.dedup();
        cx.error(match keys.len() {
            0 | 1 => diag::given_twice(word),
            _ => diag::aggregate_tags_apart(word, &keys),
        });
    }

    /// Keys without `tag` are one mistake.
    fn check_loose(&self, cx: &Ctxt) {
        let Some((token, _)) = self.loose.first() else { return };
        let loose = self.loose.iter().map(|(_, key)| key.clone());
        let keys: Vec<String> = self.tags().into_iter().chain(loose).collect();
        let meant = if self.has(symbol::STREAM) { None } else { diag::tag_piece(&keys) };
        cx.error(match token {
            TokenTree::Ident(word) => {
                diag::unknown_word(word, symbol::AGGREGATE, symbol::AGGREGATE_WORDS, meant.as_deref())
            }
            token => diag::aggregate_loose_key(token, meant.as_deref()),
        });
    }
}

/// Whether a list of arguments begins with what selects the events of an aggregate.
pub(crate) fn is_key(args: TokenStream) -> bool {
    let first = args.into_iter().next();
    first.is_some_and(|first| [symbol::STREAM, symbol::TAG, symbol::ALL].contains(&&*first.to_string()))
}

/// Whether a piece is `key = Type`, and no slip for `tag = "key"`: a text or a name in lower case is one where nothing else is
/// the key.
fn is_key_type(tokens: TokenStream, has_key: bool) -> bool {
    let mut rest = tokens.into_iter();
    let is_key = matches!(rest.next(), Some(TokenTree::Ident(word)) if word == symbol::KEY);
    let is_value = matches!(rest.next(), Some(TokenTree::Punct(equals)) if equals.as_char() == '=');
    let value: TokenStream = rest.collect();
    let is_lower = value.to_string().starts_with(char::is_lowercase);
    is_key && is_value && !value.is_empty() && (has_key || (syn::parse2::<Type>(value).is_ok() && !is_lower))
}

/// The key that a token may be: a string, or a word that is no slip for another.
fn loose_key(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Literal(literal) => {
            let text: LitStr = syn::parse2(TokenTree::Literal(literal.clone()).into()).ok()?;
            Some(text.value())
        }
        TokenTree::Ident(word) => {
            let is_known = diag::did_you_mean(&word.to_string(), symbol::AGGREGATE_WORDS).is_some();
            (!is_known).then(|| bare(word))
        }
        _ => None,
    }
}

/// The fields of `index("taken", "capacity")`.
fn index_fields(cx: &Ctxt, piece: &Piece) -> Option<Vec<LitStr>> {
    let lits = match &piece.form {
        Form::List(list) => split_at_commas(list.clone()),
        Form::Value(value) => vec![value.clone()],
        Form::Word => Vec::new(),
    };
    let meant = meant::texts(piece.given());
    if lits.is_empty() || matches!(piece.form, Form::Value(_)) {
        return cx.ok(Err(diag::aggregate_index_list(&piece.word, &meant)));
    }
    let mut fields: Vec<LitStr> = Vec::new();
    for tokens in lits {
        let field: syn::Result<LitStr> =
            syn::parse2(tokens.clone()).map_err(|_| diag::aggregate_index_list(tokens, &meant));
        let field = cx.ok(field)?;
        if fields.iter().any(|earlier| earlier.value() == field.value()) {
            cx.error(diag::aggregate_index_repeated(&field));
        }
        fields.push(field);
    }
    Some(fields)
}

/// The types of `key = Sku` or `key = (CourseId, StudentId)`. A `String` stands for every text.
fn key_types(piece: &Piece) -> syn::Result<Vec<Type>> {
    let ty: Type = match &piece.form {
        Form::Value(value) => syn::parse2(value.clone()).map_err(|_| diag::aggregate_key_type(&piece.word))?,
        _ => return Err(diag::aggregate_key_type(&piece.word)),
    };
    Ok(match ty {
        Type::Tuple(tuple) => tuple.elems.iter().map(key_type).collect(),
        ty => vec![key_type(&ty)],
    })
}

fn key_type(ty: &Type) -> Type {
    let ty = behind_reference(ty);
    match ty {
        Type::Path(path) if path.path.is_ident("String") => {
            let text = Ident::new("str", ty.span());
            syn::parse_quote!(#text)
        }
        ty => ty.clone(),
    }
}

fn stream_key(piece: &Piece, ident: &Ident) -> syn::Result<String> {
    let lit = piece.string("stream = \"account\"")?;
    value::aggregate_stream(&lit, &lit.value(), ident).map(|()| lit.value())
}

fn tag_keys(cx: &Ctxt, piece: &Piece) -> Option<Vec<String>> {
    let lits = match &piece.form {
        Form::Word => Vec::new(),
        Form::Value(value) => vec![value.clone()],
        Form::List(list) => split_at_commas(list.clone()),
    };
    let meant = meant::texts(piece.given());
    if let [only] = meant.as_slice()
        && (only == "*" || (piece.is_bare() && symbol::ALL_WORDS.contains(&only.as_str())))
    {
        return cx.ok(Err(diag::aggregate_of_all(&piece.word, only)));
    }
    if lits.is_empty() {
        return cx.ok(Err(diag::aggregate_tag_list(&piece.word, &meant)));
    }
    if lits.len() > AGGREGATE_TAGS_MAX {
        cx.error(diag::aggregate_tags_too_many(&piece.word));
    }
    let mut keys: Vec<String> = Vec::new();
    for tokens in lits {
        let lit: syn::Result<LitStr> =
            syn::parse2(tokens.clone()).map_err(|_| diag::aggregate_tag_list(tokens, &meant));
        let lit = cx.ok(lit)?;
        cx.ok(value::aggregate_tag(&lit, &lit.value(), &meant))?;
        if keys.contains(&lit.value()) {
            cx.error(diag::aggregate_tag_repeated(&lit, &lit.value()));
        }
        keys.push(lit.value());
    }
    Some(keys)
}
