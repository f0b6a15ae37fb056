//! A file that is a module of two crates of one program: each of its events is there twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it did not expect")]

use eskit::model::Registry;

/// The library's module, once more.
#[path = "src/campus.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the file is there for its events")]
mod campus;

#[test]
fn a_file_that_is_compiled_twice_is_named_with_its_remedy() {
    // Both crates are linked.
    assert_eq!(eskit_tests::campus::define("maths", 3).capacity, campus::define("maths", 3).capacity);
    let error = Registry::collect().check().unwrap_err();
    assert!(error.clashes().is_empty(), "{error}");
    let [twice] = error.files_compiled_twice() else { panic!("{error}") };
    let modules = "as `eskit_tests::campus` and `registry_twice::campus`";
    assert!(
        twice.starts_with("`tests/src/campus.rs` is compiled into this program twice, ") && twice.contains(modules),
        "{twice}"
    );
    assert!(twice.contains("and so is its event `eskit-tests.") && twice.ends_with(" more of it"), "{twice}");
    let text = error.to_string();
    assert!(text.starts_with("event types clash:\n  `tests/src/campus.rs`"), "{text}");
    assert!(text.ends_with("write `use` with the library's name, as in `use shop::events;`"), "{text}");
}
