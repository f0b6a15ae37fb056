//! The registry: what the program knows of itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use eskit::model::Registry;
use eskit::prelude::*;
use eskit_tests::{bank, campus};
use serde_json::{Value, json};

#[derive(Event, Serialize, Deserialize)]
#[event(name = "lamps.Lit", version = 1, alias = "lamps.SwitchedOn")]
struct LitV1 {
    lamp: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "lamps.Lit", version = 2, from = LitV1, alias = "lamps.SwitchedOn")]
struct Lit {
    #[tag("lamp")]
    id: String,
    watts: Option<Vec<u8>>,
}

impl From<LitV1> for Lit {
    fn from(old: LitV1) -> Lit {
        Lit { id: old.lamp, watts: None }
    }
}

#[derive(Command)]
struct LightUp {
    #[tag("lamp")]
    id: String,
}

#[aggregate(tag = "lamp")]
#[derive(Default)]
struct Lamp;

#[decider]
impl Lamp {
    #[evolve]
    fn lit(&mut self, _: &Lit) {}

    #[decide]
    fn light_up(&self, command: &LightUp) -> Lit {
        Lit { id: command.id.clone(), watts: None }
    }
}

/// The entry of a list that has these values.
fn find<'a>(list: &'a Value, wanted: &[(&str, Value)]) -> &'a Value {
    let entries = list.as_array().unwrap();
    let mut found = entries.iter().filter(|entry| wanted.iter().all(|(key, value)| entry[*key] == *value));
    let entry = found.next().unwrap_or_else(|| panic!("no entry has {wanted:?}"));
    assert!(found.next().is_none(), "two entries have {wanted:?}");
    entry
}

/// An entry without its place in the source, which is checked to lie in this file.
fn without_source(entry: &Value) -> Value {
    let mut entry = entry.clone();
    let source = entry.as_object_mut().unwrap().remove("source").unwrap();
    assert!(source["file"].as_str().unwrap().ends_with("registry.rs"), "{source}");
    assert_eq!(source["module"], "registry");
    assert!(source["line"].as_u64().unwrap() > 1);
    entry
}

#[test]
fn events_are_listed_with_versions_names_tags_and_fields() {
    let json = Registry::collect().to_json();
    let lit = find(&json["events"], &[("name", "lamps.Lit".into()), ("version", 2.into())]);
    assert_eq!(
        without_source(lit),
        json!({
            "name": "lamps.Lit",
            "version": 2,
            "aliases": ["lamps.SwitchedOn"],
            "type": "Lit",
            "tags": [{ "key": "lamp", "field": "id" }],
            "fields": [{ "name": "id", "type": "String" }, { "name": "watts", "type": "Option<Vec<u8>>" }],
            "upcasts_from": "LitV1",
        })
    );
    let old = find(&json["events"], &[("name", "lamps.Lit".into()), ("version", 1.into())]);
    assert_eq!((&old["type"], &old["upcasts_from"]), (&"LitV1".into(), &Value::Null));
}

#[test]
fn aggregates_are_listed_with_their_keys_and_events() {
    let json = Registry::collect().to_json();
    let lamp = find(&json["aggregates"], &[("name", "Lamp".into())]);
    assert_eq!(
        without_source(lamp),
        json!({ "name": "Lamp", "key": { "tags": ["lamp"] }, "events": ["lamps.Lit", "lamps.SwitchedOn"] })
    );
    // Those of another crate too.
    let account = find(&json["aggregates"], &[("name", "Account".into())]);
    assert_eq!(account["key"], json!({ "stream": "account" }));
    let enrolment = find(&json["aggregates"], &[("name", "Enrolment".into())]);
    assert_eq!(enrolment["key"], json!({ "tags": ["course", "student"] }));
}

#[test]
fn commands_are_listed_with_their_decider_models_and_events() {
    let json = Registry::collect().to_json();
    let command = find(&json["commands"], &[("name", "LightUp".into())]);
    assert_eq!(
        without_source(command),
        json!({
            "name": "LightUp",
            "stored_as": null,
            "tags": [{ "key": "lamp", "field": "id" }],
            "fields": [{ "name": "id", "type": "String" }],
            "decider": "Lamp::light_up",
            "models": ["Lamp"],
            "emits": ["lamps.Lit", "lamps.SwitchedOn"],
        })
    );
    let transfer = find(&json["commands"], &[("name", "Transfer".into())]);
    assert_eq!(transfer["decider"], "transfer");
    assert_eq!(transfer["models"], json!(["Account", "Account"]));
    assert_eq!(transfer["emits"], json!(["eskit-tests.MoneySent", "eskit-tests.MoneyReceived"]));
    let enroll = find(&json["commands"], &[("name", "Enroll".into())]);
    assert_eq!(enroll["models"], json!(["Seats", "Schedule", "Enrolment"]));
}

#[test]
fn a_program_whose_names_differ_passes_the_check() {
    let registry = Registry::collect();
    registry.check().unwrap();
    // Sorted, so that two builds print the same.
    let names: Vec<_> = registry.events().iter().map(|event| (event.name, event.version)).collect();
    assert!(names.is_sorted(), "{names:?}");
    // The crate of the shared domains was linked, not only this file.
    for name in [bank::opened("a", "ada").account.as_str(), campus::defined("maths", 1).course.as_str()] {
        assert!(!name.is_empty());
    }
    for name in ["eskit-tests.AccountOpened", "eskit-tests.CourseDefined", "lamps.Lit"] {
        assert!(names.iter().any(|(found, _)| *found == name), "{name}");
    }
}
