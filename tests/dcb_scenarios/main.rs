//! The cases of the example pages of dcb.events, as published there: given events, a command, an event or an error.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod course;
mod table;
mod username;
mod username_retention;

use std::process::ExitCode;

use libtest_mimic::{Failed, Trial};
use table::{Case, Entry, EventDefinition};

fn main() -> ExitCode {
    eskit_tests::data::run("dcb-scenarios.json", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let entries: Vec<Entry> = serde_json::from_str(&text).unwrap();
        trials(entries)
    })
}

/// One trial for each case. Entries continue one another, so the last domain serves the earlier ones; only where a later
/// entry changes a rule has it a domain of its own.
fn trials(entries: Vec<Entry>) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut definitions = Vec::new();
    for entry in entries {
        definitions.extend(entry.event_definitions);
        let run: fn(&Case, &[EventDefinition]) -> Result<(), Failed> = match entry.meta.id.as_str() {
            "course_subscription_01" | "course_subscription_02" | "course_subscription_03" => course::run,
            "unique_username_01" | "unique_username_02" | "unique_username_03" => username::run,
            "unique_username_04" => username_retention::run,
            _ => |_, _| Err("no domain is written for this entry".into()),
        };
        assert!(!entry.test_cases.is_empty(), "{} has no cases", entry.meta.id);
        for case in entry.test_cases {
            let (name, known) = (format!("{}: {}", entry.meta.id, case.description), definitions.clone());
            trials.push(Trial::test(name, move || run(&case, &known)));
        }
    }
    trials
}
