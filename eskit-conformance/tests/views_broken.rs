//! Every case of the suite for views is shown to fail on views that are broken on purpose.

#[path = "views_broken/changes.rs"]
mod changes;
#[path = "views_broken/commands.rs"]
mod commands;
#[path = "views_broken/mistake.rs"]
mod mistake;
#[path = "views_broken/requests.rs"]
mod requests;
#[path = "views_broken/rows.rs"]
mod rows;
#[path = "views_broken/shown.rs"]
mod shown;
#[path = "views_broken/snapshots.rs"]
mod snapshots;
#[path = "views_broken/sound.rs"]
mod sound;
#[path = "views_broken/steps.rs"]
mod steps;
#[path = "views_broken/work.rs"]
mod work;

use std::collections::BTreeSet;
use std::time::Duration;

use eskit_conformance::ViewsSuite;
use mistake::Mistake;
use shown::ROWS;
use sound::Sound;

fn suite(mistake: Mistake) -> ViewsSuite<Sound> {
    ViewsSuite::durable(Sound::new(mistake))
        .with_rows()
        .with_changes()
        .with_snapshots()
        .with_commands()
        .with_work()
        .with_requests()
        .patience(Duration::from_secs(2))
        .quiet()
}

#[test]
fn sound_views_pass() {
    // They hang nowhere, but other programs may keep the machine busy.
    let report = suite(Mistake::None).patience(Duration::from_secs(60)).run();
    assert!(report.is_success(), "{report}");
}

/// How often broken views are tried at most: whether a race shows is a matter of chance, and less likely beside other programs.
const TRIES: usize = 5;

#[test]
fn broken_views_fail() {
    let fails = |(mistake, told, cases): &(Mistake, &'static str, &'static [&'static str])| {
        let tried = (0..TRIES).map(|_| try_mistake(*mistake, told, cases));
        tried.take_while(Option::is_some).nth(TRIES - 1).flatten()
    };
    let wrong: Vec<String> = ROWS.iter().filter_map(fails).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with how the cases fail that must.
fn try_mistake(mistake: Mistake, told: &str, cases: &[&'static str]) -> Option<String> {
    let suite = cases.iter().fold(suite(mistake), |suite, case| suite.only(*case));
    let report = suite.in_test(concat!(module_path!(), "::broken_views_fail")).run();
    cases.iter().find_map(|case| match report.failures().find(|(name, _)| name == case) {
        None => Some(format!("{mistake:?} passes {case}")),
        Some((_, failure)) if *case == cases[0] && !failure.to_string().contains(told) => {
            Some(format!("{mistake:?} fails {case} for another reason: {failure}"))
        }
        Some(_) => None,
    })
}

#[test]
fn every_case_is_shown_to_fail() {
    let shown: BTreeSet<_> = ROWS.iter().flat_map(|(_, _, cases)| cases.iter().copied()).collect();
    let suite = suite(Mistake::None);
    let all: BTreeSet<_> = suite.case_names().collect();
    let missing: Vec<_> = all.difference(&shown).collect();
    assert!(missing.is_empty(), "no broken views fail these cases: {missing:#?}");
    let unknown: Vec<_> = shown.difference(&all).collect();
    assert!(unknown.is_empty(), "these are no cases: {unknown:#?}");
}
