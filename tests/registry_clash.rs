//! Two crates of one program that claim the same wire names: every clash in one error, before the first command.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use eskit::StartError;
use eskit::model::Registry;
use eskit::prelude::*;
use eskit_tests::campus::{define, defined};
use eskit_tests::scripted::encode;

/// The name that the crate of the shared domains gives to its own event.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "eskit-tests.CourseDefined")]
struct Course {
    title: String,
}

/// A former name that is another event's present one.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "clash.Gone", alias = "eskit-tests.StudentLeft")]
struct Gone;

/// A later version of an event that does not say that it comes from it.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "eskit-tests.StudentEnrolled", version = 2, upcast(1 = unchanged))]
struct EnrolledAgain;

/// A former name that only a later version has, and that is another event's present one: the compiler does not see it.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "clash.Moved", version = 2, from = MovedV1, alias = "clash.Still")]
struct Moved;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "clash.Moved")]
struct MovedV1;

impl From<MovedV1> for Moved {
    fn from(MovedV1: MovedV1) -> Moved {
        Moved
    }
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "clash.Still")]
struct Still;

fn unchanged(payload: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    Ok(payload)
}

#[test]
fn every_clash_stands_in_one_error() {
    let error = Registry::collect().check().unwrap_err();
    let clashes = error.clashes();
    assert_eq!(clashes.len(), 4, "{error}");
    for (clash, name, own) in [
        (&clashes[1], "eskit-tests.CourseDefined", "registry_clash::Course"),
        (&clashes[2], "eskit-tests.StudentEnrolled", "registry_clash::EnrolledAgain"),
        (&clashes[3], "eskit-tests.StudentLeft", "registry_clash::Gone"),
    ] {
        assert!(clash.starts_with(&format!("`{name}` is claimed by `")), "{clash}");
        assert!(clash.contains(own) && clash.contains("eskit_tests::campus::"), "{clash}");
        assert!(clash.contains("registry_clash.rs:") && clash.contains("campus.rs:"), "{clash}");
    }
    assert!(clashes[0].starts_with("`clash.Still` is claimed by `"), "{}", clashes[0]);
    assert!(clashes[0].contains("::Moved` version 2") && clashes[0].contains("::Still` version 1"), "{}", clashes[0]);
    let text = error.to_string();
    assert!(text.starts_with("event types clash:\n  `"), "{text}");
    assert!(text.contains("\nhelp: give one of each pair another name with `#[event(name = \"..\")]`"), "{text}");
    assert!(text.ends_with("what an older program wrote is written in a test with `NewEvent::json`"), "{text}");
}

#[tokio::test]
async fn no_command_is_executed_while_names_clash() {
    let app = App::new(MemoryStore::new());
    let error = app.execute(define("maths", 3)).await.unwrap_err();
    let ExecuteError::Registry(error) = error else { panic!("{error:?}") };
    assert_eq!(error.clashes().len(), 4);
    assert_eq!(app.store().head().await.unwrap().position.get(), 0);
    // Both names are in use, so neither type was left out by the linker.
    assert_eq!(encode(defined("maths", 3))[0].name, encode(Course { title: "maths".into() })[0].name);
}

#[tokio::test]
async fn no_app_starts_while_names_clash() {
    let error = App::new(MemoryStore::new()).start().await.err().unwrap();
    let StartError::Registry(error) = error else { panic!("{error:?}") };
    assert_eq!(error.clashes().len(), 4);
}
