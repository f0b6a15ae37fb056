//! From events to the state of a case, and from cases to figures.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use eskit::Timestamp;
use eskit::log::NewEvent;
use eskit::prelude::*;
use eskit::testing::given;
use loans::{ApplicationEvent, ApplicationSubmitted, CaseId, Figures, Loan, LogFile, OfferEvent, WorkEvent};
use serde_json::Value;

#[test]
fn a_case_is_folded_from_its_stream() {
    let submitted = ApplicationEvent::Submitted(ApplicationSubmitted { amount_requested: 20_000 });
    let case = CaseId::new(7);
    given(())
        .and_in(case.stream(), submitted)
        .at(Timestamp::from_micros(1))
        .and_in(case.stream(), (WorkEvent::OfferCallScheduled, WorkEvent::OfferCallStarted))
        .and_in(case.stream(), (OfferEvent::Created, OfferEvent::Created, OfferEvent::Accepted))
        .and_in(CaseId::new(8).stream(), ApplicationEvent::Declined)
        .and_in(case.stream(), ApplicationEvent::Approved)
        .at(Timestamp::from_micros(9))
        .then_state_of::<Loan>(case, |loan| {
            assert_eq!(loan.amount_requested, 20_000);
            assert_eq!(loan.submitted_at, Some(Timestamp::from_micros(1)));
            assert_eq!(loan.last_at, Some(Timestamp::from_micros(9)));
            assert_eq!((loan.offers.created, loan.offers.accepted), (2, 1));
            assert_eq!((loan.work.scheduled, loan.work.started, loan.work.completed), (1, 1, 0));
            assert_eq!((loan.application.approved, loan.application.declined), (1, 0));
            assert_eq!(loan.kinds.len(), 6);
        });
}

#[tokio::test]
async fn the_figures_are_those_of_the_file() {
    let lines = support::made_up_log(5_000, 1);
    let app = App::new(MemoryStore::new());
    let mut file = LogFile::open(&support::write_log(&lines)).unwrap();
    loans::import(app.store(), &mut file, |_| {}).await.unwrap();
    // What is not in a loan stream does not count.
    let other = NewEvent::json("application.Submitted", r#"{"amount_requested":1}"#);
    app.store().append(eskit::log::Append::new(vec![other])).await.unwrap();

    let figures = loans::replay(&app, |_| {}).await.unwrap();
    let rows: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |activity: &str| rows.iter().filter(|row| row["activity"] == activity).count() as u64;
    for (name, found) in figures.rows() {
        let expected = match name {
            "events" => 5_000,
            "cases" => count("A_SUBMITTED"),
            "kinds of event" => 36,
            activity => count(activity),
        };
        assert_eq!(found, expected, "{name}");
        assert!(found > 0, "{name}");
    }
}

#[test]
fn figures_that_differ_are_told() {
    let figures = Figures { approved: 2_245, ..Figures::PUBLISHED };
    let differing: Vec<_> = figures.compare(&Figures::PUBLISHED).into_iter().filter(|row| !row.is_equal()).collect();
    let [row] = differing.as_slice() else { panic!("{differing:?}") };
    assert_eq!((row.name, row.found, row.expected), ("A_APPROVED", 2_245, 2_246));
}
