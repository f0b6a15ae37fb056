//! Expansions on the level of tokens, outside of the compiler.
//!
//! `tests/golden/*.rs` holds one item each, with the macro as its first attribute; beside it stands what the macro makes
//! of it. `BLESS=1 cargo test -p eskit-macros` writes the texts anew, for review in the diff.

mod print;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::{command, event, place, shape, symbol, tag_value};

/// What the compiler would make of an item whose first attribute is one of this crate's macros.
fn expand(item: TokenStream) -> TokenStream {
    let mut tokens = item.into_iter();
    let attribute = match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Punct(_)), Some(TokenTree::Group(group))) => group.stream(),
        other => panic!("expected an attribute, found {other:?}"),
    };
    let item: TokenStream = tokens.collect();
    let mut words = attribute.into_iter();
    let name = words.next().map(|word| word.to_string()).unwrap_or_default();
    let args = match words.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => group.stream(),
        _ => TokenStream::new(),
    };
    let derived = args.to_string();
    match (name.as_str(), derived.as_str()) {
        ("derive", "Event") => event::derive(item),
        ("derive", "Command") => command::derive(item),
        ("derive", "Shape") => shape::derive(item),
        ("derive", "TagValue") => tag_value::derive(item),
        ("aggregate", _) => place::aggregate(args, item),
        ("decider", _) => place::decider(args, item),
        ("processor", _) => place::processor(args, item),
        ("projection", _) => place::projection(args, item),
        (symbol::ON | symbol::TODO | symbol::DONE | symbol::WORK | symbol::EVERY, _) => place::event_mark(&name, item),
        (symbol::EVOLVE | symbol::DECIDE, _) => place::mark(&name, item),
        other => panic!("no macro is called {other:?}"),
    }
}

#[test]
fn expansions_are_as_blessed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files: BTreeSet<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let (sources, texts): (Vec<_>, Vec<_>) = files.iter().partition(|path| path.extension() == Some("rs".as_ref()));
    assert!(sources.len() > 20, "there are only {} items in {}", sources.len(), folder.display());
    for text in texts {
        assert!(files.contains(&text.with_extension("rs")), "{} is of no item", text.display());
    }
    for source in sources {
        let item: TokenStream = fs::read_to_string(source).unwrap().parse().unwrap();
        let found = print::pretty(expand(item));
        let golden = source.with_extension("txt");
        if env::var_os("BLESS").is_some() {
            fs::write(&golden, found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert!(
            found == expected,
            "the expansion of {} has changed; if that is right, run `BLESS=1 cargo test -p eskit-macros`:\n{found}",
            source.display()
        );
    }
}

/// Items as they stand in an editor, while they are being written.
const UNFINISHED: &[&str] = &[
    "#[aggregate] struct Seats { taken: u32 }",
    "#[aggregate(tag = )] struct Seats { taken: u32 }",
    "#[aggregate(tag = \"course\", )] struct Seats { taken: }",
    "#[aggregate(tag = \"course\")] struct Seats<T>",
    "#[aggregate(tag = \"course\")] fn seats() {}",
    "#[aggregate(tag = \"course\")] pub",
    "#[decider] impl",
    "#[decider] impl Seats",
    "#[decider] impl Seats {}",
    "#[decider] impl Default for Seats { fn default() -> Self { Seats } }",
    "#[decider] impl Seats { #[evolve] }",
    "#[decider] impl Seats { #[evolve] fn }",
    "#[decider] impl Seats { #[evolve] fn taken(&mut self, event: ) { self. } }",
    "#[decider] impl Seats { #[evolve] fn taken(&mut self, event: &SeatTaken) { self. } fn other(&self) {} }",
    "#[decider] impl Seats { #[evolve] fn taken(&self, event: SeatTaken) -> u32 { 1 } #[decide] fn take() {} }",
    "#[decider] impl Seats where { #[decide] #[key(a)] fn take(&self, #[key(a)] c: &Take) -> ; }",
    "#[decider] impl < Seats { #[evolve] fn taken(&mut self, event: &SeatTaken) {} }",
    "#[decider(] impl)] impl Seats {}",
    "#[decider] fn",
    "#[decider] fn take",
    "#[decider] fn take() {}",
    "#[decider] pub(crate) fn take(c: &Take, #[key(a)] seats: &) -> { seats. }",
    "#[decider] fn take(c: &Take, seats: &Seats) -> Result<SeatTaken, { c. }",
    "#[decider] struct Seats;",
    "#[decider] ",
    "#[evolve] fn taken(&mut self) {}",
    "#[decide] struct Seats;",
    "#[evolve] ",
    "#[projection] impl",
    "#[projection(name = )] impl List {}",
    "#[projection(name = \"list\")] impl List { #[on] }",
    "#[projection(name = \"list\")] impl List { #[on] fn }",
    "#[projection(name = \"list\", memory)] impl List { #[on] fn taken(&mut self, event: ) { self. } }",
    "#[projection(name = \"list\")] impl List { #[on] fn taken(&self, event: &SeatTaken, tx: &mut) -> { tx. } }",
    "#[projection(name = \"list\")] impl List { #[tables] const SQL: = ; #[on] fn taken(&self, tx: &mut Tx); #[caught_up] fn }",
    "#[projection(name = \"list\")] struct List;",
    "#[projection] ",
    "#[processor] impl",
    "#[processor(from = )] impl Shipping {}",
    "#[processor(name = \"shipping\", from = now)] impl Shipping { #[on(refused = )] fn }",
    "#[processor(name = \"shipping\", from = \"now\")] impl Shipping { #[on(refused)] fn paid(&self, event: &Paid, cx: &mut ) -> { cx. } }",
    "#[processor(name = \"shipping\", from = \"now\")] impl Shipping { #[on()] async fn paid(cx: Effect<>, &self) -> impl; #[caught_up] }",
    "#[processor(name = \"shipping\")] fn shipping() {}",
    "#[processor] ",
    "#[processor(name = \"dunning\", from = \"now\")] impl Dunning { #[todo] fn sent(&self, e: &) -> Todo<u64, { Todo:: } #[work(workers = , within)] }",
    "#[processor(name = \"dunning\", from = \"now\")] impl Dunning { #[todo] fn sent(&self, e: &Sent) -> Todo< #[done] fn paid(&self) -> ; #[work] async fn }",
    "#[processor(name = \"dunning\", from = \"now\")] impl Dunning { #[every] fn weekly(&self, at: ) { self. } #[every(, refused)] #[every(\"0 9\" refused = )] fn other }",
    "#[processor(name = \"dunning\", from = \"now\")] impl Dunning { #[every(\"* * * * *\",)] async fn weekly() -> impl; #[done(1)] #[todo = 1] fn a(x: &X) }",
    "#[on] fn taken(&self) {}",
    "#[todo] fn sent(&self) {}",
    "#[work(workers = 1)] impl Dunning { #[work] }",
    "#[every(\"\")] ",
    "#[on] ",
];

#[test]
fn an_attribute_keeps_the_item_whatever_is_wrong_with_it() {
    for text in UNFINISHED {
        // What no lexer accepts never reaches a macro.
        let Ok(tokens) = text.parse::<TokenStream>() else { continue };
        let item: TokenStream = tokens.clone().into_iter().skip(2).collect();
        let kept = flat(item);
        let expansion = flat(expand(tokens));
        let mut rest = expansion.iter();
        for token in &kept {
            assert!(rest.any(|found| found == token), "{text}\nlost `{token}` in\n{}", expansion.join(" "));
        }
    }
}

#[test]
fn no_input_makes_a_derive_panic() {
    for text in [
        "struct",
        "struct A",
        "struct A;",
        "struct A { #[tag",
        "struct A { #[tag()] #[tag = ] #[event] a: B }",
        "#[event] #[event = ] #[event()] #[event(,)] #[event(version)] #[event(version = )] struct A;",
        "#[event(upcast(), upcast, upcast = , upcast(1 = ), upcast(= a), from, from = )] struct A;",
        "#[event(version = 99999999999999999999, name = \"\", alias = 'a')] struct A;",
        "enum A {}",
        "enum A { B(), C(D, E), F(#[tag] G), H { #[tag] i: J }, K = 1 }",
        "#[shape] #[shape()] #[shape(,)] #[shape(as)] #[shape(as = )] #[shape(\"\")] #[shape(1)] struct A(#[shape(as = )] u8);",
        "#[serde(tag, content = 1, rename(serialize), into = \"<\", from = \"\")] enum A { #[serde(other(x))] B }",
        "union A { b: u8 }",
        "struct A<'a, T: B, const N: usize>(C);",
        "fn a() {}",
        "",
    ] {
        let Ok(tokens) = text.parse::<TokenStream>() else { continue };
        for derive in [event::derive, command::derive, shape::derive, tag_value::derive] {
            assert!(!derive(tokens.clone()).is_empty(), "{text} expands to nothing");
        }
    }
}

/// Every token in order, without the marks, which are the macro's own.
fn flat(tokens: TokenStream) -> Vec<String> {
    let marks = [
        symbol::EVOLVE,
        symbol::DECIDE,
        symbol::KEY,
        symbol::ON,
        symbol::TABLES,
        symbol::CAUGHT_UP,
        symbol::TODO,
        symbol::DONE,
        symbol::WORK,
        symbol::EVERY,
    ];
    let mut all = Vec::new();
    for token in crate::syntax::tokens::without(tokens, |name| marks.contains(&name)) {
        match token {
            TokenTree::Group(group) => {
                all.push(format!("{:?} (", group.delimiter()));
                all.extend(flat(group.stream()));
                all.push(format!("{:?} )", group.delimiter()));
            }
            other => all.push(other.to_string()),
        }
    }
    all
}

/// A language server expands the items of a program in any order, again and again, while they are edited.
#[test]
fn an_expansion_depends_on_nothing_that_was_expanded_before() {
    let event = |version: u32| {
        let text = format!(
            "#[derive(Event)] #[event(name = \"state.Kept\", version = {version}, upcast({}), alias = \"state.Former\")] struct Kept;",
            (1..version).map(|step| format!("{step} = Ok")).collect::<Vec<_>>().join(", ")
        );
        expand(text.parse().unwrap()).to_string()
    };
    let claim = "__two_events_claim_the_wire_name_state_Former_version_1";
    for version in [2, 3, 2] {
        assert!(event(version).contains(claim), "version {version}");
    }
}
