//! Every case of the suite is shown to fail on a store that is broken on purpose.
//!
//! A *row* is a broken store and the cases that must fail on it. The tables hold one row for each mistake that somebody
//! made or could make; together they must reach every case.

#[path = "broken/conditions.rs"]
mod conditions;
#[path = "broken/contents.rs"]
mod contents;
#[path = "broken/deletion.rs"]
mod deletion;
#[path = "broken/durable.rs"]
mod durable;
#[path = "broken/faulty.rs"]
mod faulty;
#[path = "broken/ids.rs"]
mod ids;
#[path = "broken/lifecycle.rs"]
mod lifecycle;
#[path = "broken/limits.rs"]
mod limits;
#[path = "broken/racy.rs"]
mod racy;
#[path = "broken/reads.rs"]
mod reads;
#[path = "broken/replaced.rs"]
mod replaced;
#[path = "broken/retag.rs"]
mod retag;
#[path = "broken/shared.rs"]
mod shared;
#[path = "broken/sound.rs"]
mod sound;
#[path = "broken/stream_list.rs"]
mod stream_list;
#[path = "broken/table.rs"]
mod table;
#[path = "broken/told.rs"]
mod told;
#[path = "broken/transfer.rs"]
mod transfer;
#[path = "broken/waiting.rs"]
mod waiting;

use std::collections::BTreeSet;
use std::time::Duration;

use eskit_conformance::Suite;
use sound::Sound;
use table::Row;

#[test]
fn a_sound_store_passes() {
    let suites = [
        table::volatile(Sound::default),
        table::durable(shared::opener(|shared, _| shared)),
        replaced::sound(),
        faulty::sound(),
        transfer::sound(),
    ];
    for suite in suites {
        // It hangs nowhere, but other programs may keep the machine busy.
        let report = suite.patience(Duration::from_secs(60)).run();
        assert!(report.is_success(), "{report}");
    }
}

#[test]
fn broken_contents_fail() {
    table::check(contents::rows);
}

#[test]
fn broken_conditions_fail() {
    table::check(conditions::rows);
}

#[test]
fn broken_reads_fail() {
    table::check(reads::rows);
}

#[test]
fn broken_limits_fail() {
    table::check(limits::rows);
}

#[test]
fn broken_lifecycles_fail() {
    table::check(lifecycle::rows);
}

#[test]
fn broken_deletions_fail() {
    table::check(deletion::rows);
}

#[test]
fn streams_listed_wrongly_fail() {
    table::check(stream_list::rows);
}

#[test]
fn tags_added_wrongly_fail() {
    table::check(retag::rows);
}

#[test]
fn broken_transfers_fail() {
    table::check(transfer::rows);
}

#[test]
fn broken_ids_fail() {
    table::check(ids::rows);
}

#[test]
fn broken_waiting_fails() {
    table::check(waiting::rows);
}

#[test]
fn stores_that_do_not_notice_a_replaced_log_fail() {
    table::check(replaced::rows);
}

#[test]
fn broken_concurrency_fails() {
    table::check(racy::rows);
}

#[test]
fn broken_handles_fail() {
    table::check(shared::rows);
}

#[test]
fn broken_behaviour_on_failing_disks_fails() {
    table::check(faulty::rows);
}

#[test]
fn confirmed_before_it_is_written_fails() {
    table::check(|| vec![durable::confirms_early(concat!(module_path!(), "::confirmed_before_it_is_written_fails"))]);
}

#[test]
fn a_deletion_that_is_confirmed_early_fails() {
    table::check(|| vec![durable::deletes_late(concat!(module_path!(), "::a_deletion_that_is_confirmed_early_fails"))]);
}

#[test]
fn written_by_halves_fails() {
    table::check(|| vec![durable::writes_by_halves(concat!(module_path!(), "::written_by_halves_fails"))]);
}

#[test]
fn every_case_is_shown_to_fail() {
    let tables = [
        contents::rows(),
        conditions::rows(),
        reads::rows(),
        limits::rows(),
        lifecycle::rows(),
        deletion::rows(),
        retag::rows(),
        stream_list::rows(),
        ids::rows(),
        waiting::rows(),
        replaced::rows(),
        transfer::rows(),
        racy::rows(),
        shared::rows(),
        faulty::rows(),
        vec![durable::confirms_early(""), durable::deletes_late("")],
    ];
    let shown: BTreeSet<_> = tables.iter().flatten().flat_map(Row::cases).collect();
    let all: BTreeSet<_> = Suite::case_names().collect();
    let missing: Vec<_> = all.difference(&shown).collect();
    assert!(missing.is_empty(), "no broken store fails these cases: {missing:#?}");
    let unknown: Vec<_> = shown.difference(&all).collect();
    assert!(unknown.is_empty(), "these are no cases: {unknown:#?}");
}
