use std::path::Path;

use eskit::RetryPolicy;
use eskit::layer::Traced;
use eskit::log::StoreErrorKind;
use eskit::prelude::*;
use eskit_tests::campus::{define, enrol, enrolled};
use eskit_tests::scripted::{Scripted, Step, encode, rival};

use super::Exported;

/// Compares a tree with the one in `trees/<name>.txt`; with `BLESS=1`, writes it there.
#[track_caller]
pub(crate) fn check(exported: &Exported, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/spans/trees/{name}.txt"));
    let found = exported.tree();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "found:\n{found}\nexpected:\n{expected}\nhelp: `BLESS=1` writes the new one");
}

#[tokio::test]
async fn a_command_is_loaded_decided_and_appended() {
    let exported = Exported::start();
    let app = App::new(Traced::new(MemoryStore::new()));
    app.execute(define("maths", 3)).await.unwrap();
    check(&exported, "command");
    assert_eq!(exported.collector.service().as_deref(), Some("campus"));
}

#[tokio::test]
async fn a_conflict_is_read_and_decided_again() {
    let exported = Exported::start();
    let app = App::new(Scripted::new()).with_retry(RetryPolicy::attempts(2));
    let course = eskit_tests::campus::CourseDefined { course: "maths".into(), capacity: 9 };
    app.store().append(Append::new(encode(course))).await.unwrap();
    app.store().script([rival(enrolled("maths", "bob"))]);
    app.execute(enrol("maths", "ada")).await.unwrap();
    check(&exported, "conflict");
}

#[tokio::test]
async fn a_refusal_is_no_error_and_an_unknown_outcome_is_one() {
    let exported = Exported::start();
    let app = App::new(Scripted::new()).with_retry(RetryPolicy::never());
    app.execute(define("maths", 9)).await.unwrap();
    app.execute(define("maths", 9)).await.unwrap_err();
    app.store().script([Step::LoseAnswer]);
    app.execute(enrol("maths", "ada")).await.unwrap_err();
    app.store().script([Step::Fail(StoreErrorKind::Full)]);
    app.execute(enrol("maths", "bob")).await.unwrap_err();
    check(&exported, "refused_and_failed");
}
