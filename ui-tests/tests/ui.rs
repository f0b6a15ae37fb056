//! Compiles every file of `fail/` and compares what rustc says with the `.stderr` beside it; looks over those texts as a
//! whole. `TRYBUILD=overwrite cargo test -p ui-tests --test ui` writes the texts anew, for review in the diff.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may stop at what it did not expect, and print")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Files whose mistake rustc reports more than once, and why.
const MORE_THAN_ONE_ERROR: &[(&str, &str)] = &[
    (
        "traits/event_not_send",
        "a raw pointer is neither `Send` nor `Sync`, and rustc reports each, once for each of the two traits that an event implements",
    ),
    ("decider/marks_outside", "a macro on a method sees nothing of the block, nor of the methods beside it"),
    ("app/load_no_aggregate", "rustc reports the type and the type of its key"),
    (
        "traits/event_derive_forgotten",
        "rustc reports each attribute that no derive explains, before anything else, and the type wherever it is taken for an event",
    ),
    ("aggregate/state_not_send", "an `Rc` is neither `Send` nor `Sync`, and rustc reports each wherever it is asked"),
    ("command/not_send", "an `Rc` is neither `Send` nor `Sync`, and rustc reports each"),
    (
        "projection/two_blocks",
        "rustc reports it for the trait of all projections, and for the one that hands it events",
    ),
    ("projection/not_sync", "rustc reports it for the trait of all projections, and for the one that hands it events"),
    ("projection/no_projection", "rustc reports the type, and that the views do not keep it"),
    ("processor/no_processor", "rustc reports the type, and that the views do not keep its checkpoint"),
    ("processor/projection_as_processor", "rustc reports the type, and that the views do not keep its checkpoint"),
    ("processor/two_blocks", "rustc reports it for each of the two traits of a processor"),
    ("list/todo_item_not_send", "rustc reports the type once as a whole, and once by its first word"),
    ("list/todo_key_no_tag_value", "rustc reports the type twice, as above, and the call that makes a `Todo` of it"),
    ("processor/not_sync", "rustc reports the type, and the future that holds a reference to it"),
];

/// Errors that rustc words itself, without a line that starts with `help:`.
const WORDED_BY_RUSTC: &[&str] = &[
    "error: cannot find attribute",
    "error: expected expression",
    "error: future cannot be sent between threads safely",
    "error[E0119]: conflicting implementations",
    "error[E0277]: `Rc<u64>` cannot be sent between threads safely",
    "error[E0391]: cycle detected when simplifying constant for the type system `__Folder_holds_itself_through_other_types_so_state_the_shape_at_one_field::",
    "error[E0425]: cannot find",
    "error[E0428]: the name `__two_commands_claim_the_wire_name_",
    "error[E0428]: the name `__two_events_claim_the_wire_name_",
    "error[E0428]: the name `__two_subscribers_have_the_name_",
    "error[E0446]: private type",
    "error[E0592]: duplicate definitions with name",
    "error[E0593]: function is expected to take 1 argument",
    "error[E0631]: type mismatch in function arguments",
];

#[test]
fn mistakes_do_not_compile() {
    trybuild::TestCases::new().compile_fail("fail/**/*.rs");
}

/// What `cargo check` lets pass, since only a build makes the functions that are generic: trybuild builds where a file is to pass.
#[test]
fn mistakes_do_not_build() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail_build/**/*.rs");
}

#[test]
fn no_file_stands_alone() {
    let sources = names("rs");
    let texts = names("stderr");
    let alone: Vec<_> = sources.symmetric_difference(&texts).collect();
    assert!(alone.is_empty(), "each `.rs` needs its `.stderr` and each `.stderr` its `.rs`: {alone:?}");
}

#[test]
fn one_mistake_is_one_error() {
    for name in names("stderr").iter().filter(|name| !name.starts_with("everything_wrong/")) {
        let text = text(name);
        let errors = errors(&text).len();
        let expected = MORE_THAN_ONE_ERROR.iter().any(|(known, _)| known == name);
        assert_eq!(errors > 1, expected, "{name} has {errors} errors:\n{text}");
        assert!(!text.contains("warning: "), "{name} has a warning beside its error:\n{text}");
    }
}

#[test]
fn every_error_says_what_to_write() {
    for name in names("stderr") {
        let text = text(&name);
        for error in text.split("\n\n").filter(|part| part.starts_with("error")) {
            let worded_by_rustc = WORDED_BY_RUSTC.iter().any(|start| error.starts_with(start));
            assert!(worded_by_rustc || error.contains("help:"), "{name} has an error without help:\n{error}");
            let at_macro = ["attribute", "derive"].iter().any(|kind| error.contains(&format!("in the {kind} macro")));
            // rustc traces a cycle through all that macros wrote, and reports it at a token.
            let is_cycle = error.starts_with("error[E0391]");
            assert!(!at_macro || is_cycle, "{name} has an error at a whole macro, not at a token:\n{error}");
        }
    }
}

#[test]
fn there_are_over_a_hundred_distinct_errors() {
    let all: Vec<String> = names("stderr").iter().map(|name| text(name)).collect();
    let distinct: BTreeSet<&str> = all.iter().flat_map(|text| errors(text)).collect();
    println!("{} distinct errors in {} files", distinct.len(), all.len());
    assert!(distinct.len() > 100, "only {} distinct errors are left", distinct.len());
}

/// The message, and what to write; the README's program has another name for the command.
#[test]
fn the_readme_shows_what_the_compiler_says() {
    let readme = fs::read_to_string(root().join("../../README.md")).unwrap();
    let said = text("consts/function_command_without_key").replace("`TakeSeat`", "`Enroll`");
    let message: Vec<&str> = said.lines().take(2).collect();
    assert!(readme.contains(&message.join("\n")), "the README does not show:\n{}", message.join("\n"));
}

/// The first line of each error.
fn errors(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("error")).collect()
}

/// The files below `fail/` with this extension, as `folder/name`, and those below `fail_build/`, as `../fail_build/folder/name`.
fn names(extension: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (root, prefix) in [(root(), ""), (root().join("../fail_build"), "../fail_build/")] {
        for folder in entries(&root) {
            for file in entries(&folder).iter().filter(|file| file.extension() == Some(OsStr::new(extension))) {
                let (folder, stem) = (folder.file_name().unwrap(), file.file_stem().unwrap());
                found.insert(format!("{prefix}{}/{}", folder.to_str().unwrap(), stem.to_str().unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "there is no `.{extension}`");
    found
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name).with_extension("stderr")).unwrap()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fail")
}
