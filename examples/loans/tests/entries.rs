//! From a line to an event.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use std::collections::BTreeSet;

use eskit::model::{Emit, Emitter};
use loans::{ApplicationEvent, ApplicationSubmitted, CaseId, Entry, LoanEvent};
use serde_json::json;

fn line(activity: &str, lifecycle: &str) -> String {
    json!({ "case": "173688", "activity": activity, "lifecycle": lifecycle, "resource": null,
            "at": "2011-10-01T00:38:44.546+02:00" })
    .to_string()
}

fn error(line: &str) -> String {
    Entry::parse(line.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_line_keeps_its_case_time_and_resource() {
    let text = r#"{"case": "173688", "activity": "A_SUBMITTED", "lifecycle": "COMPLETE", "resource": "112",
                   "at": "2011-10-01T00:38:44.546+02:00", "amount_requested": 20000}"#;
    let entry = Entry::parse(text.as_bytes()).unwrap();
    let submitted = ApplicationEvent::Submitted(ApplicationSubmitted { amount_requested: 20_000 });
    assert_eq!((entry.case, entry.event), (CaseId::new(173_688), LoanEvent::Application(submitted)));
    assert_eq!(entry.resource.as_deref(), Some("112"));
    assert_eq!(entry.at.to_string(), "2011-09-30T22:38:44.546000Z");
}

#[test]
fn each_of_the_36_pairs_has_an_event_type_of_its_own() {
    let mut names = BTreeSet::new();
    for (activity, lifecycle) in support::activities().into_iter().skip(1) {
        let entry = Entry::parse(line(activity, lifecycle).as_bytes()).unwrap();
        let mut emitter = Emitter::new();
        entry.event.emit(&mut emitter).unwrap();
        names.insert(emitter.into_events()[0].name.to_string());
    }
    names.insert("application.Submitted".to_owned());
    assert_eq!(names.len(), 36, "{names:?}");
    let mut declared = Vec::new();
    <LoanEvent as Emit>::EMITS.for_each(&mut |event| declared.push(event.name.to_owned()));
    assert_eq!(names, declared.into_iter().collect());
}

#[test]
fn what_the_log_does_not_have_is_refused() {
    assert_eq!(
        error(&line("A_LOST", "COMPLETE")),
        r#"the loan log has no activity "A_LOST" with the life cycle "COMPLETE""#
    );
    assert_eq!(
        error(&line("W_Wijzigen contractgegevens", "START")),
        r#"the loan log has no activity "W_Wijzigen contractgegevens" with the life cycle "START""#
    );
    assert_eq!(error(&line("A_SUBMITTED", "COMPLETE")), "an A_SUBMITTED without `amount_requested`");
    let amount = line("A_APPROVED", "COMPLETE").replace('}', r#","amount_requested":1}"#);
    assert_eq!(error(&amount), "an A_APPROVED with `amount_requested`");
    let case = line("A_APPROVED", "COMPLETE").replace("173688", "x");
    assert_eq!(error(&case), r#"the case "x" is not a number"#);
    for foreign in ["", "{}", "[1]", r#"{"event":"push","action":null}"#, &line("A", "B").replace("2011", "then")] {
        assert!(error(foreign).starts_with("not an entry of the loan log: "), "{foreign}");
    }
}
