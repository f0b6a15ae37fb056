//! The store fails, or loses sight of a commit.

use eskit::log::{Append, AppendError, Appended, EventId, Position, StoreErrorKind};
use eskit::prelude::*;
use eskit::{EventStore, delegate_store};
use eskit_tests::bank::open_account;
use eskit_tests::campus::{CampusError, Seats, define, enrol, enrolled};
use eskit_tests::scripted::{Scripted, Step, log, rival};

use crate::scripted;

fn ids(app: &App<Scripted>) -> Vec<Vec<EventId>> {
    let appends = app.store().take_appends();
    appends.iter().map(|append| append.events.iter().map(|event| event.id).collect()).collect()
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_the_same_ids() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().take_appends();
    app.store().script([Step::LoseAnswer]);

    let executed = app.execute(enrol("maths", "ada")).await.unwrap();

    // The decision was made once, and appended twice with the same ids; the log holds it once.
    assert_eq!((executed.attempts, executed.repeated), (1, false));
    let ids = ids(&app);
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    let log = log(app.store()).await.unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(executed.events, [log[1].clone()]);
    assert_eq!(executed.state.0, Seats { capacity: 5, taken: 1 });
}

#[tokio::test]
async fn a_lost_request_is_sent_again() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([Step::LoseRequest, Step::LoseRequest]);

    let executed = app.execute(enrol("maths", "ada")).await.unwrap();

    assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(2)]);
    assert_eq!(executed.events, [log(app.store()).await.unwrap()[1].clone()]);
}

#[tokio::test]
async fn a_lost_request_that_a_rival_overtakes_is_decided_again() {
    let app = scripted();
    app.execute(define("maths", 1)).await.unwrap();
    app.store().take_appends();
    app.store().script([Step::LoseRequest, rival(enrolled("maths", "bob"))]);

    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();

    assert_eq!(error.domain(), Some(&CampusError::CourseFull));
    assert_eq!(app.store().take_appends().len(), 2);
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_an_error_of_its_own() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([Step::LoseAnswer, Step::LoseRequest, Step::LoseRequest, Step::LoseRequest]);

    let error = app.execute(enrol("maths", "ada")).idempotency_key("ada-1").await.unwrap_err();
    let ExecuteError::UnknownOutcome(_) = &error else { panic!("{error:?}") };
    assert_eq!(error.to_string(), "the outcome of the append is unknown: the connection broke");

    // The same key tells what became of it.
    let executed = app.execute(enrol("maths", "ada")).idempotency_key("ada-1").await.unwrap();
    assert!(executed.repeated);
    assert_eq!(executed.positions().collect::<Vec<_>>(), [Position::new(2)]);
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_failure_behind_a_lost_answer_leaves_the_outcome_unknown() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([
        Step::LoseAnswer,
        Step::Fail(StoreErrorKind::Busy),
        Step::Fail(StoreErrorKind::Busy),
        Step::Fail(StoreErrorKind::Busy),
    ]);

    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();

    // The events are in the log: "the store failed, nothing was appended" would be a lie.
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
    assert!(matches!(error, ExecuteError::UnknownOutcome(_)), "{error:?}");
}

/// A read that fails, since its rival cannot append nothing.
fn failing_read() -> Option<Append> {
    Some(Append::default())
}

#[tokio::test]
async fn a_lost_answer_that_was_found_again_needs_no_further_read() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([Step::LoseAnswer]);
    app.store().script_reads([None, failing_read()]);

    let executed = app.execute(enrol("maths", "ada")).await.unwrap();

    assert_eq!(executed.state.0, Seats { capacity: 5, taken: 1 });
}

#[tokio::test]
async fn a_read_that_fails_behind_a_lost_answer_leaves_the_outcome_unknown() {
    let app = scripted();
    app.execute(define("maths", 5)).await.unwrap();
    app.store().script([Step::LoseAnswer]);
    app.store().script_reads([None, None, failing_read()]);

    let error = app.execute(enrol("maths", "ada")).idempotency_key("ada-1").await.unwrap_err();

    assert_eq!(log(app.store()).await.unwrap().len(), 2);
    assert!(matches!(error, ExecuteError::UnknownOutcome(_)), "{error:?}");
}

#[tokio::test]
async fn a_failure_of_the_store_is_passed_on() {
    let app = scripted();
    app.store().script([Step::Fail(StoreErrorKind::Full)]);

    let error = app.execute(define("maths", 5)).await.unwrap_err();

    let ExecuteError::Store(error) = &error else { panic!("{error:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert!(log(app.store()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_decision_without_events_appends_nothing() {
    let app = scripted();
    let leave = eskit_tests::campus::Leave { course: "maths".into(), student: "ada".into() };

    let executed = app.execute(leave).await.unwrap();

    assert!(executed.events.is_empty());
    assert!(app.store().take_appends().is_empty());
}

/// A page was taken out of a folder or put into it.
#[derive(Event, Serialize, Deserialize)]
struct PageMoved {
    #[tag]
    folder: String,
    pages: i64,
}

/// Moves a page from one of two folders, both found by tag.
#[derive(Command)]
struct MovePage {
    #[tag]
    folder: String,
    to: String,
}

#[aggregate(tag = "folder")]
#[derive(Default, Clone, Debug, PartialEq)]
struct Folder {
    pages: i64,
}

#[decider]
impl Folder {
    #[evolve]
    fn moved(&mut self, event: &PageMoved) {
        self.pages += event.pages;
    }

    #[decide]
    fn move_page(&self, command: &MovePage) -> [PageMoved; 2] {
        let MovePage { folder, to } = command;
        [PageMoved { folder: folder.clone(), pages: -1 }, PageMoved { folder: to.clone(), pages: 1 }]
    }
}

/// A page was taken out of a box or put into it.
#[derive(Event, Serialize, Deserialize)]
struct BoxChanged {
    #[tag("box")]
    id: String,
    pages: i64,
}

/// Moves a page from one box to another, one stream each.
#[derive(Command)]
struct MoveToBox {
    #[tag("box")]
    id: String,
    to: String,
}

#[aggregate(stream = "box")]
#[derive(Default, Clone, Debug, PartialEq)]
struct PaperBox {
    pages: i64,
}

#[decider]
impl PaperBox {
    #[evolve]
    fn changed(&mut self, event: &BoxChanged) {
        self.pages += event.pages;
    }

    #[decide]
    fn move_page(&self, command: &MoveToBox) -> [BoxChanged; 2] {
        let MoveToBox { id, to } = command;
        [BoxChanged { id: id.clone(), pages: -1 }, BoxChanged { id: to.clone(), pages: 1 }]
    }
}

#[tokio::test]
async fn an_event_of_another_instance_leaves_the_only_model_alone() {
    for app in [scripted(), scripted().with_state_cache::<Folder>(9).with_state_cache::<PaperBox>(9)] {
        for moved in 1..3 {
            let executed = app.execute(MovePage { folder: "a".into(), to: "b".into() }).await.unwrap();
            assert_eq!((executed.events.len(), executed.state), (2, Folder { pages: -moved }));
            assert_eq!(app.load::<Folder>("a").await.unwrap().pages, -moved);
            assert_eq!(app.load::<Folder>("b").await.unwrap().pages, moved);
            let executed = app.execute(MoveToBox { id: "a".into(), to: "b".into() }).await.unwrap();
            assert_eq!((executed.events.len(), executed.state), (2, PaperBox { pages: -moved }));
            assert_eq!(app.load::<PaperBox>("a").await.unwrap().pages, -moved);
            assert_eq!(app.load::<PaperBox>("b").await.unwrap().pages, moved);
        }
    }
}

/// A layer whose answer holds other events than it was given, which nobody can read.
struct Garbling(MemoryStore);

impl EventStore for Garbling {
    delegate_store!(|layer| &layer.0, except append);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut appended = self.0.append(append.clone()).await?;
        let mut recorded = appended.record(append.events);
        recorded.iter_mut().for_each(|event| event.payload = b"{".to_vec());
        appended.recorded = Some(recorded);
        Ok(appended)
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_read_after_the_append_does_not_say_that_nothing_was_appended() {
    let app = App::new(Garbling(MemoryStore::new()));
    let error = app.execute(open_account("a", "ada")).await.unwrap_err();
    assert!(matches!(error, ExecuteError::UnknownOutcome(_)), "{error:?}");
    assert_eq!(app.store().0.head().await.unwrap().position.get(), 1);
}
