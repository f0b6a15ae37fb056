//! States that are cached between commands: what is read for them, and what becomes of them when the log moves on.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use eskit::execute::DomainError;
use eskit::log::{Append, Condition, ExpectedVersion, Position, StreamChange, StreamId};
use eskit::model::Decide;
use eskit::prelude::*;
use eskit::{MemoryViews, RetryPolicy, SnapshotOptions};
use eskit_tests::bank::{
    Account, BankError, Deposited, MoneyReceived, MoneySent, Portfolio, deposit, open_account, send,
};
use eskit_tests::campus::{CampusError, Enrolment, Schedule, Seats, define, enrol, enrolled, leave};
use eskit_tests::scripted::{Scripted, Step, encode, log, rival};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// A program, and another on the same log that caches states.
fn plain_and_caching() -> (App<Arc<Scripted>>, App<Arc<Scripted>>) {
    let store = Arc::new(Scripted::new());
    let retry = RetryPolicy::attempts(4).with_delays(Duration::ZERO, Duration::ZERO);
    let app = || App::new(Arc::clone(&store)).with_retry(retry);
    (app(), caching(app(), 100))
}

fn caching<S: EventStore>(app: App<S>, states: usize) -> App<S> {
    app.with_state_cache::<Account>(states)
        .with_state_cache::<Seats>(states)
        .with_state_cache::<Schedule>(states)
        .with_state_cache::<Enrolment>(states)
}

/// The same with snapshots of each state, which many programs share.
fn snapshotting<S: EventStore>(app: App<S>, views: &MemoryViews) -> App<S> {
    let options = || SnapshotOptions::every(1).find_within(Duration::from_secs(60)).with_deletable_events();
    app.with_snapshots::<Account>(views.clone(), options())
        .with_snapshots::<Portfolio>(views.clone(), options())
        .with_snapshots::<Seats>(views.clone(), options())
        .with_snapshots::<Schedule>(views.clone(), options())
        .with_snapshots::<Enrolment>(views.clone(), options())
}

fn deposited(account: &str) -> Append {
    let mut events = encode(Deposited { cents: 5 });
    events[0].stream = Some(StreamId::new("account", account));
    Append::new(events)
}

#[tokio::test]
async fn what_is_cached_is_not_read_again() {
    let (_, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.store().take_reads();
    for deposits in 1..=3 {
        let executed = app.execute(deposit("a", 5)).await.unwrap();
        assert_eq!(executed.state, Account { open: true, cents: 5 * deposits });
        assert_eq!((executed.attempts, executed.events[0].position.get()), (1, 1 + deposits));
    }
    assert_eq!(app.store().take_reads(), []);
    // A clone has them too.
    app.clone().execute(deposit("a", 5)).await.unwrap();
    assert_eq!(app.store().take_reads(), []);
}

#[tokio::test]
async fn a_load_reads_on_from_what_is_cached() {
    let (plain, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(deposit("a", 5)).await.unwrap();
    plain.execute(deposit("a", 7)).await.unwrap();
    app.store().take_reads();
    let loaded = app.load::<Account>("a").await.unwrap();
    assert_eq!((loaded.cents, loaded.version, loaded.last.position), (12, 3, Position::new(3)));
    // The last event that is held is read again: it tells whether the stream is still there.
    let reads = app.store().take_reads();
    assert_eq!(reads.iter().map(|read| read.after.get()).collect::<Vec<_>>(), [1]);
    app.load::<Account>("a").await.unwrap();
    assert_eq!(app.store().take_reads()[0].after.get(), 2);
}

#[tokio::test]
async fn an_old_state_is_no_conflict() {
    let (plain, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    plain.execute(deposit("a", 5)).await.unwrap();
    plain.execute(deposit("a", 5)).await.unwrap();
    app.store().take_reads();

    let executed = app.execute(deposit("a", 7)).retry(RetryPolicy::never()).await.unwrap();

    assert_eq!((executed.attempts, executed.state.cents), (1, 17));
    assert_eq!(app.store().take_reads().len(), 1);
}

#[tokio::test]
async fn a_conflict_after_a_look_at_the_log_is_one() {
    let (_, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    let rivals = || [Step::Rival(deposited("a")), Step::Rival(deposited("a"))];

    app.store().script(rivals());
    let error = app.execute(deposit("a", 7)).retry(RetryPolicy::never()).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Conflict { attempts: 1, .. }), "{error:?}");
    assert_eq!(app.store().steps_left(), 0);

    app.store().script(rivals());
    let executed = app.execute(deposit("a", 7)).await.unwrap();
    assert_eq!((executed.attempts, executed.state.cents), (2, 27));
}

#[tokio::test]
async fn a_refusal_is_believed_of_the_log_as_it_is() {
    let (plain, app) = plain_and_caching();
    app.execute(define("maths", 1)).await.unwrap();
    app.execute(enrol("maths", "ada")).await.unwrap();
    // The seat is free again, which this program has not seen.
    plain.execute(leave("maths", "ada")).await.unwrap();
    let executed = app.execute(enrol("maths", "bob")).await.unwrap();
    assert_eq!((executed.attempts, executed.state.0.taken), (1, 1));

    app.store().take_reads();
    let error = app.execute(enrol("maths", "ada")).await.unwrap_err();
    assert_eq!(error.domain(), Some(&CampusError::CourseFull));
    assert!(!app.store().take_reads().is_empty());
}

#[tokio::test]
async fn no_event_is_believed_of_the_log_as_it_is() {
    let (plain, app) = plain_and_caching();
    app.execute(define("maths", 9)).await.unwrap();
    app.execute(enrol("maths", "ada")).await.unwrap();
    app.execute(leave("maths", "ada")).await.unwrap();
    plain.execute(enrol("maths", "ada")).await.unwrap();
    let executed = app.execute(leave("maths", "ada")).await.unwrap();
    assert_eq!(executed.events.len(), 1);
}

#[tokio::test]
async fn models_are_of_one_moment_when_a_refusal_is_believed() {
    // A rival moves the money on while the models are looked at one by one: between the two reads, of which neither shows
    // enough. Together they never held less than 100.
    let (plain, app) = plain_and_caching();
    for account in ["a", "b"] {
        app.execute(open_account(account, account)).await.unwrap();
    }
    app.execute(deposit("b", 100)).await.unwrap();
    let mut move_on = encode((
        MoneySent { account: "b".into(), to: "a".into(), cents: 100 },
        MoneyReceived { account: "a".into(), from: "b".into(), cents: 100 },
    ));
    for (event, account) in move_on.iter_mut().zip(["b", "a"]) {
        event.stream = Some(StreamId::new("account", account));
    }
    plain.store().script_reads([None, Some(Append::new(move_on))]);
    // From `a`, which holds nothing until the rival comes.
    let executed = app.execute(send("a", "b", 100)).await.unwrap();
    assert_eq!((executed.state.0.cents, executed.state.1.cents), (0, 100));
    assert_eq!(plain.store().steps_left(), 0);
}

#[tokio::test]
async fn models_that_are_never_quiet_are_read_together() {
    let (plain, app) = plain_and_caching();
    for account in ["a", "b"] {
        app.execute(open_account(account, account)).await.unwrap();
    }
    // Before each of the first looks somebody deposits, never enough.
    plain.store().script_reads((0..6).map(|_| Some(deposited("b"))));
    plain.store().take_reads();
    let error = app.execute(send("a", "b", 100)).await.unwrap_err();
    assert_eq!(error.domain(), Some(&BankError::Short { cents: 0 }));
    let reads = plain.store().take_reads();
    assert_eq!((reads.len(), reads[6].after), (7, Position::START));
}

#[tokio::test]
async fn what_is_not_cached_is_read_beside_what_is() {
    let (plain, app) = plain_and_caching();
    for account in ["a", "b"] {
        plain.execute(open_account(account, account)).await.unwrap();
    }
    app.execute(deposit("a", 100)).await.unwrap();
    plain.execute(deposit("b", 100)).await.unwrap();
    app.store().take_reads();

    let executed = app.execute(send("a", "b", 60)).await.unwrap();

    assert_eq!((executed.state.0.cents, executed.state.1.cents), (40, 160));
    let reads = app.store().take_reads();
    assert_eq!(reads.iter().map(|read| read.after).collect::<Vec<_>>(), [Position::START]);
    app.execute(send("b", "a", 60)).await.unwrap();
    assert_eq!(app.store().take_reads(), []);
}

#[tokio::test]
async fn each_cached_model_guards_the_append_from_where_it_stands() {
    let (_, app) = plain_and_caching();
    app.execute(define("maths", 9)).await.unwrap();
    app.execute(define("art", 9)).await.unwrap();
    app.execute(enrol("maths", "ada")).await.unwrap();
    app.execute(enrol("art", "bob")).await.unwrap();
    app.store().take_appends();
    app.execute(enrol("art", "ada")).await.unwrap();
    let appends = app.store().take_appends();
    let from = |condition: &Condition| match condition {
        Condition::Holds(place) => (0, place.position.get()),
        Condition::NoEvents { query, after } => (query.items().len(), after.get()),
        other => panic!("{other:?}"),
    };
    // The schedule of ada, behind the head of then; and the seats of art, and whether ada takes part in art, which was read now.
    let expected = [(0, 4), (0, 3), (1, 3), (2, 4)];
    assert_eq!(appends[0].conditions.iter().map(from).collect::<Vec<_>>(), expected);

    for event in [enrolled("art", "eve"), enrolled("music", "bob"), enrolled("maths", "bob")] {
        let (_, app) = plain_and_caching();
        app.execute(define("maths", 9)).await.unwrap();
        app.execute(define("art", 9)).await.unwrap();
        app.execute(enrol("art", "bob")).await.unwrap();
        app.execute(leave("art", "bob")).await.unwrap();
        app.store().script([rival(event.clone())]);
        app.store().take_appends();
        app.execute(enrol("art", "bob")).await.unwrap();
        // The rival's event concerns the seats, or the schedule.
        assert_eq!(app.store().take_appends().len(), 2, "{event:?}");
    }
}

#[tokio::test]
async fn an_expected_version_is_compared_with_the_log_as_it_is() {
    let (plain, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    plain.execute(deposit("a", 5)).await.unwrap();
    let error = app.execute(deposit("a", 7)).expected_version(ExpectedVersion::Exact(1)).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Conflict { attempts: 1, .. }), "{error:?}");
    plain.execute(deposit("a", 5)).await.unwrap();
    let executed = app.execute(deposit("a", 7)).expected_version(ExpectedVersion::Exact(3)).await.unwrap();
    assert_eq!(executed.state.cents, 17);
}

#[tokio::test]
async fn without_condition_the_log_is_looked_at_first() {
    let (plain, app) = plain_and_caching();
    app.execute(define("maths", 1)).await.unwrap();
    plain.execute(enrol("maths", "ada")).await.unwrap();
    let error = app.execute(enrol("maths", "bob")).without_condition().await.unwrap_err();
    assert_eq!(error.domain(), Some(&CampusError::CourseFull));
}

/// Its events stand behind some that its models lack.
#[tokio::test]
async fn nothing_is_cached_of_an_append_without_condition() {
    let (_, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.store().script([Step::Rival(deposited("a"))]);
    app.execute(deposit("a", 1)).without_condition().await.unwrap();
    assert_eq!(app.execute(deposit("a", 1)).await.unwrap().state.cents, 7);
}

/// A model without events asks after the head as of its read, not after 0: only newer events are looked through.
#[tokio::test]
async fn a_condition_begins_at_the_head_as_of_the_read() {
    for app in [plain_and_caching().0, plain_and_caching().1] {
        for owner in ["ada", "bob"] {
            app.execute(open_account(owner, owner)).await.unwrap();
        }
        app.store().take_appends();
        app.execute(define("maths", 9)).await.unwrap();
        let conditions = app.store().take_appends().remove(0).conditions;
        let head = log(app.store()).await.unwrap()[1].place();
        assert!(conditions.contains(&Condition::Holds(head)), "{conditions:?}");
        let from = conditions.iter().find_map(|condition| match condition {
            Condition::NoEvents { after, .. } => Some(*after),
            _ => None,
        });
        assert_eq!(from, Some(head.position));
    }
}

async fn delete<S: EventStore>(app: &App<S>, account: &str) {
    let reason = "asked for".to_owned();
    app.store().change_stream(&StreamId::new("account", account), StreamChange::Delete { reason }).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_was_deleted_is_not_remembered() {
    let (_, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(deposit("a", 5)).await.unwrap();
    delete(&app, "a").await;

    let error = app.execute(deposit("a", 5)).await.unwrap_err();
    assert!(matches!(error, ExecuteError::StreamClosed(_)), "{error:?}");
    assert!(app.load::<Account>("a").await.unwrap().is_new());
    // From now on it is one without events, for which nothing is decided, and of which nothing is cached.
    let error = app.execute(deposit("a", 5)).await.unwrap_err();
    assert_eq!(error.domain(), Some(&BankError::NotOpen));
    app.store().take_reads();
    assert!(app.load::<Account>("a").await.unwrap().is_new());
    assert_eq!(app.store().take_reads().iter().map(|read| read.after).collect::<Vec<_>>(), [Position::START]);
}

#[tokio::test]
async fn a_state_whose_last_event_was_deleted_is_read_again() {
    let (plain, app) = plain_and_caching();
    let app = app.with_state_cache::<Portfolio>(100);
    for account in ["a", "b"] {
        app.execute(open_account(account, "ada")).await.unwrap();
    }
    delete(&app, "b").await;
    plain.execute(open_account("c", "ada")).await.unwrap();
    assert_eq!(app.load::<Portfolio>("ada").await.unwrap().accounts, 2);
}

#[tokio::test]
async fn an_idempotent_call_finds_its_events() {
    let (plain, app) = plain_and_caching();
    app.execute(open_account("a", "ada")).await.unwrap();
    plain.execute(deposit("a", 5)).idempotency_key("k").await.unwrap();
    let executed = app.execute(deposit("a", 5)).idempotency_key("k").await.unwrap();
    assert_eq!((executed.repeated, executed.state.cents), (true, 5));
    app.store().script([Step::LoseAnswer]);
    let executed = app.execute(deposit("a", 5)).idempotency_key("l").await.unwrap();
    assert_eq!((executed.events.len(), executed.state.cents), (1, 10));
    assert_eq!(app.load::<Account>("a").await.unwrap().version, 3);
}

#[tokio::test]
async fn no_more_is_cached_than_was_asked_for() {
    for (states, reads) in [(0, 50), (7, 43), (usize::MAX, 0)] {
        let app = App::new(Scripted::new()).with_state_cache::<Account>(states);
        let accounts: Vec<String> = (0..50).map(|account| account.to_string()).collect();
        for account in &accounts {
            app.execute(open_account(account, account)).await.unwrap();
        }
        app.store().take_reads();
        // From the last to the first: the oldest are those that must go.
        for account in accounts.iter().rev() {
            app.execute(deposit(account, 1)).await.unwrap();
        }
        let found = app.store().take_reads().len();
        assert!((reads..=50).contains(&found) && (states == 0 || found < 50), "{found} reads with {states} states");
    }
}

/// One of the commands of a history.
#[derive(Clone, Debug)]
enum Any {
    Open(&'static str, &'static str),
    Deposit(&'static str),
    Send(&'static str, &'static str),
    Define(&'static str),
    Enrol(&'static str, &'static str),
    Leave(&'static str, &'static str),
}

/// What a command did, as one can see it.
async fn outcome<S: EventStore, C: Decide<State: Debug>>(app: &App<S>, command: C) -> String
where
    DomainError<C>: Debug,
{
    match app.execute(command).await {
        Ok(executed) => {
            let events = executed.events.iter();
            let events: Vec<_> = events
                .map(|event| (event.position, event.stream.clone(), event.name.clone(), &event.payload))
                .collect();
            format!("{events:?} {:?} {} {}", executed.state, executed.attempts, executed.repeated)
        }
        Err(error) => format!("{error:?}"),
    }
}

impl Any {
    async fn run<S: EventStore>(&self, app: &App<S>) -> String {
        match self {
            Any::Open(account, owner) => outcome(app, open_account(account, owner)).await,
            Any::Deposit(account) => outcome(app, deposit(account, 50)).await,
            Any::Send(from, to) => outcome(app, send(from, to, 40)).await,
            Any::Define(course) => outcome(app, define(course, 2)).await,
            Any::Enrol(course, student) => outcome(app, enrol(course, student)).await,
            Any::Leave(course, student) => outcome(app, leave(course, student)).await,
        }
    }
}

fn any_command() -> impl Strategy<Value = Any> {
    let account = || prop_oneof![Just("a"), Just("b"), Just("c")];
    let student = || prop_oneof![Just("ada"), Just("bob"), Just("eve")];
    let course = || prop_oneof![Just("maths"), Just("art")];
    prop_oneof![
        (account(), student()).prop_map(|(account, owner)| Any::Open(account, owner)),
        account().prop_map(Any::Deposit),
        (account(), account()).prop_map(|(from, to)| Any::Send(from, to)),
        course().prop_map(Any::Define),
        (course(), student()).prop_map(|(course, student)| Any::Enrol(course, student)),
        (course(), student()).prop_map(|(course, student)| Any::Leave(course, student)),
    ]
}

/// Whichever programs share a log, and however many states each of them caches or keeps as snapshots, every command does what it would have done
/// without them.
#[test]
fn caching_changes_nothing_but_the_reads() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let history = proptest::collection::vec((0..5_usize, any_command(), any::<bool>()), 1..60);
    let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(&history, |history| {
        runtime.block_on(async {
            let (twin, store) = (App::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
            let app = || App::new(Arc::clone(&store));
            let views = MemoryViews::new();
            let both = snapshotting(caching(app(), 2), &views);
            let apps = [app(), caching(app(), 2), caching(app(), 100), snapshotting(app(), &views), both];
            for (index, command, loads) in history {
                let (expected, found) = (command.run(&twin).await, command.run(&apps[index]).await);
                apps[index].snapshots_written().await;
                if expected != found {
                    return Err(TestCaseError::fail(format!("{command:?}: {found}, not {expected}")));
                }
                if loads {
                    let (expected, found) = (twin.load::<Account>("a").await, apps[index].load::<Account>("a").await);
                    // The two logs have events of their own, so their places differ.
                    let shown = |loaded: Loaded<Account>| (loaded.last.position, loaded.version, loaded.state);
                    assert_eq!(shown(expected.unwrap()), shown(found.unwrap()));
                }
            }
            let counts = apps[3].snapshots::<Account>().unwrap().counts();
            assert_eq!((counts.unreadable, counts.unanswered, counts.unwritten), (0, 0, 0));
            let expected: Vec<_> = log(twin.store()).await.unwrap().into_iter().map(|event| event.payload).collect();
            let found: Vec<_> = log(&store).await.unwrap().into_iter().map(|event| event.payload).collect();
            assert_eq!(expected, found);
            Ok(())
        })
    });
    result.unwrap();
}
