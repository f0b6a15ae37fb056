//! `given`, `when`, `then`: what holds passes, what does not fails with a text that says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod processors;
mod random_commands;
mod views;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use eskit::Timestamp;
use eskit::execute::ExecuteOptions;
use eskit::log::{ExpectedVersion, NewEvent, SchemaVersion, StreamId};
use eskit::prelude::*;
use eskit::testing::{Given, given};
use eskit_tests::bank::{
    Account, AccountOpened, BankError, Deposited, MoneyReceived, MoneySent, Portfolio, deposit, open_account, opened,
    send,
};
use eskit_tests::campus::{
    CampusError, EnrollClass, Enrolment, Schedule, Seats, StudentLeft, define, defined, enrol, enrolled, leave,
};

thread_local! {
    /// The file that the last panic of this thread named.
    static PANICKED_IN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The text with which an expectation fails, after a look that the failure points here and not into the library.
fn failure(test: impl FnOnce()) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let file = info.location().map(|location| location.file().to_owned());
            PANICKED_IN.set(file.unwrap_or_default());
            eprintln!("{info}");
        }));
    });
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("the expectation holds");
    assert_eq!(Path::new(&PANICKED_IN.take()).parent(), Path::new(file!()).parent());
    payload.downcast_ref::<String>().expect("the panic has a text").clone()
}

#[test]
fn an_aggregate_is_given_events_a_command_and_an_expectation() {
    given(()).when(define("maths", 3)).then(defined("maths", 3));
    given(defined("maths", 3)).when(define("maths", 4)).then_error(CampusError::CourseExists);
    given(enrolled("maths", "ada")).when(leave("maths", "bob")).then_nothing();
    given([defined("maths", 3), defined("art", 1)])
        .and(enrolled("maths", "ada"))
        .when(EnrollClass { course: "maths".into(), students: vec!["bob".into(), "eve".into(), "joe".into()] })
        .then([enrolled("maths", "bob"), enrolled("maths", "eve")])
        .then_state_eq(Seats { capacity: 3, taken: 3 });
}

#[test]
fn a_free_decider_sees_the_events_of_each_of_its_models() {
    given((defined("maths", 2), enrolled("maths", "bob"), enrolled("art", "ada")))
        .when(enrol("maths", "ada"))
        .then(enrolled("maths", "ada"))
        .then_state_eq((Seats { capacity: 2, taken: 2 }, Schedule { courses: 2 }, Enrolment { active: true }));
    // Three courses of another student, and a full course elsewhere, are not seen.
    given((defined("maths", 1), defined("art", 1), enrolled("art", "bob"), enrolled("music", "bob")))
        .when(enrol("maths", "ada"))
        .then(enrolled("maths", "ada"));
    given((defined("maths", 9), vec![enrolled("a", "ada"), enrolled("b", "ada"), enrolled("c", "ada")]))
        .when(enrol("maths", "ada"))
        .then_error(CampusError::ScheduleFull)
        .then_state_of::<Seats>("maths", |seats| assert_eq!(seats.taken, 0));
}

#[test]
fn given_events_lie_in_the_stream_of_the_model_that_evolves_them() {
    // `Deposited` has no tag of its own; `AccountOpened` names the stream itself, and is found by its owner too.
    given((opened("a", "ada"), Deposited { cents: 5 }, opened("b", "bob")))
        .when(deposit("a", 7))
        .then(Deposited { cents: 7 })
        .then_state_eq(Account { open: true, cents: 12 })
        .then_state_of::<Account>("b", |account| assert_eq!(account.cents, 0));
    given([opened("a", "ada"), opened("b", "ada")]).when(open_account("c", "ada")).then_error(BankError::TooMany);
    given(opened("a", "ada")).then_state_of::<Portfolio>("ada", |portfolio| assert_eq!(portfolio.accounts, 1));
    // An event of no model of the command lies outside its stream.
    given((defined("maths", 1), opened("a", "ada"))).when(deposit("a", 1)).then(Deposited { cents: 1 });
}

#[test]
fn an_event_that_may_belong_to_two_streams_needs_to_say_which() {
    let text = failure(|| {
        let _ = given((opened("a", "ada"), opened("b", "bob"), Deposited { cents: 9 })).when(send("a", "b", 4));
    });
    assert_eq!(
        text,
        "the given event `eskit-tests.Deposited` may belong to stream `account:a` or to stream `account:b`\nhelp: say \
         which with `.and_in(StreamId::of::<Account>(\"a\"), ..)`"
    );
    given((opened("a", "ada"), opened("b", "bob")))
        .and_in(StreamId::of::<Account>("a"), Deposited { cents: 9 })
        .when(send("a", "b", 4))
        .then((
            MoneySent { account: "a".into(), to: "b".into(), cents: 4 },
            MoneyReceived { account: "b".into(), from: "a".into(), cents: 4 },
        ))
        .then_state(|(from, to)| assert_eq!((from.cents, to.cents), (5, 4)));
    // With one account on both sides there is no doubt.
    given((opened("a", "ada"), Deposited { cents: 9 })).when(send("a", "a", 4)).then_state(|(from, _)| {
        assert_eq!(from.cents, 9);
    });
}

#[test]
fn a_history_may_be_made_by_commands() {
    given(())
        .and_command(define("maths", 2))
        .and_command(enrol("maths", "ada"))
        .and_command(leave("maths", "ada"))
        .when(enrol("maths", "ada"))
        .then(enrolled("maths", "ada"))
        .then_state_of::<Enrolment>(("maths", "ada"), |enrolment| assert!(enrolment.active));
    let text = failure(|| {
        let _ = given(()).and_command(enrol("maths", "ada"));
    });
    assert_eq!(text, "`Enroll` was refused with `NoCourse`\n");
}

#[test]
fn other_events_than_expected_fail_with_their_difference() {
    let text = failure(|| {
        given((defined("maths", 9), defined("art", 1)))
            .when(EnrollClass { course: "maths".into(), students: vec!["ada".into(), "bob".into()] })
            .then([enrolled("maths", "ada"), enrolled("maths", "eve")]);
    });
    assert_eq!(
        text,
        "`EnrollClass` emitted other events than expected (- expected, + emitted):

  eskit-tests.StudentEnrolled version 1 [course:maths, student:ada]
  {
    \"course\": \"maths\",
    \"student\": \"ada\"
  }
- eskit-tests.StudentEnrolled version 1 [course:maths, student:eve]
+ eskit-tests.StudentEnrolled version 1 [course:maths, student:bob]
  {
    \"course\": \"maths\",
-   \"student\": \"eve\"
+   \"student\": \"bob\"
  }

given, but seen by no model of `EnrollClass`:
  eskit-tests.CourseDefined version 1 [course:art]
"
    );
}

#[test]
fn the_order_the_number_and_the_type_of_events_count() {
    let class = || EnrollClass { course: "maths".into(), students: vec!["ada".into(), "bob".into()] };
    let [ada, bob] = [enrolled("maths", "ada"), enrolled("maths", "bob")];
    let maths = || given(defined("maths", 9));
    maths().when(class()).then([ada.clone(), bob.clone()]);
    failure(|| {
        maths().when(class()).then([bob.clone(), ada.clone()]);
    });
    failure(|| {
        maths().when(class()).then(ada.clone());
    });
    failure(|| {
        maths().when(class()).then([ada.clone(), bob.clone(), bob.clone()]);
    });
    let other_type = StudentLeft { course: "maths".into(), student: "bob".into() };
    failure(|| {
        maths().when(class()).then((ada, other_type));
    });
    let nothing = failure(|| {
        maths().when(class()).then_nothing();
    });
    assert!(nothing.starts_with("`EnrollClass` was expected to emit nothing, but emitted:\n\neskit-tests.StudentEnr"));
}

#[test]
fn a_refusal_where_events_were_expected_fails_and_so_the_reverse() {
    let text = failure(|| {
        given(()).when(enrol("maths", "ada")).then(enrolled("maths", "ada"));
    });
    assert!(
        text.starts_with("`Enroll` was refused with `NoCourse`:\n\neskit-tests.StudentEnrolled version 1"),
        "{text}"
    );
    let text = failure(|| {
        given(()).when(enrol("maths", "ada")).then_nothing();
    });
    assert_eq!(text, "`Enroll` was refused with `NoCourse`\n");
    let text = failure(|| {
        given(()).when(enrol("maths", "ada")).then_state(|_| {});
    });
    assert_eq!(text, "`Enroll` was refused with `NoCourse`\n");
    let text = failure(|| {
        given(()).when(enrol("maths", "ada")).then_error(CampusError::CourseFull);
    });
    assert_eq!(
        text,
        "`Enroll` was refused with another error than expected (- expected, + found):\n\n- CourseFull\n+ NoCourse\n"
    );
    let text = failure(|| {
        given(()).when(define("maths", 1)).then_error(CampusError::CourseExists);
    });
    assert!(
        text.starts_with("`DefineCourse` was expected to be refused, but emitted:\n\neskit-tests.CourseD"),
        "{text}"
    );
    let text = failure(|| {
        given(()).when(leave("maths", "ada")).then_error_matches(|_| true);
    });
    assert_eq!(text, "`Leave` was expected to be refused, but went through without an event\n");
}

#[test]
fn an_error_may_be_matched() {
    let short = || given((opened("a", "ada"), opened("b", "bob"))).when(send("a", "b", 4));
    short().then_error_matches(|error| matches!(error, BankError::Short { cents: 0 }));
    let text = failure(|| {
        short().then_error_matches(|error| *error == BankError::NotOpen);
    });
    assert_eq!(text, "`Transfer` was refused with another error than expected:\n\nShort {\n    cents: 0,\n}\n");
}

#[test]
fn another_state_than_expected_fails_with_the_difference() {
    let text = failure(|| {
        given(()).when(define("maths", 3)).then_state_eq(Seats { capacity: 3, taken: 1 });
    });
    assert_eq!(
        text,
        "`DefineCourse` led to another state than expected (- expected, + found):\n\n  Seats {\n      capacity: 3,\n-     \
         taken: 1,\n+     taken: 0,\n  }\n"
    );
    assert_eq!(
        failure(|| {
            given(()).when(define("m", 3)).then_state(|_| panic!("{}", "mine"));
        }),
        "mine"
    );
}

#[test]
fn what_is_no_refusal_of_the_domain_is_told_as_it_is() {
    let text = failure(|| {
        given(()).when(enrol("", "ada")).then_error(CampusError::NoCourse);
    });
    assert_eq!(text, "the tag value of `course` is empty");
    let newer = NewEvent::json("eskit-tests.Deposited", "{}")
        .with_schema_version(SchemaVersion::new(2).unwrap())
        .with_stream(StreamId::new("account", "a"));
    let text = failure(|| {
        given(()).and_encoded([newer]).when(deposit("a", 1)).then_error(BankError::NotOpen);
    });
    assert_eq!(
        text,
        "`Deposit` did not go through: event `eskit-tests.Deposited` version 2 at position 1 is newer than version 1, \
         the newest that this program knows\nhelp: update the program\n"
    );
    let wrong = |options: &mut ExecuteOptions| options.expected_version = Some(ExpectedVersion::Any);
    let text = failure(|| {
        given(()).when_with(define("maths", 1), wrong).then_nothing();
    });
    assert!(text.starts_with("`DefineCourse` did not go through: `expected_version` needs"), "{text}");
}

#[derive(Event, Serialize, Deserialize, Clone, Copy)]
struct BadgeUsed {
    #[tag]
    badge: u32,
}

#[derive(Command)]
struct UseBadge {
    #[tag]
    badge: u32,
}

/// Who used a badge when: state that stands in the envelope, not in the payload.
#[aggregate(tag = "badge")]
#[derive(Default, Debug, PartialEq)]
struct Badge {
    uses: Vec<(String, Timestamp)>,
}

#[decider]
impl Badge {
    #[evolve]
    fn used(&mut self, _: &BadgeUsed, recorded: &RecordedEvent) {
        let door = recorded.metadata.get("door").unwrap_or("none").to_owned();
        self.uses.push((door, recorded.recorded_at));
    }

    #[decide]
    fn use_badge(&self, command: &UseBadge) -> Option<BadgeUsed> {
        (self.uses.len() < 3).then_some(BadgeUsed { badge: command.badge })
    }
}

#[test]
fn given_events_have_a_time_and_metadata_of_their_own() {
    let at = Timestamp::from_micros;
    let door = |name: &str| Metadata::new().with("door", name);
    given(BadgeUsed { badge: 1 })
        .at(at(1))
        .with_metadata(door("east"))
        .and(BadgeUsed { badge: 1 })
        .with_metadata(door("west"))
        .at(at(2))
        .and(BadgeUsed { badge: 2 })
        .when_with(UseBadge { badge: 1 }, |options| {
            options.metadata = door("south");
            options.recorded_at = Some(at(3));
        })
        .then(BadgeUsed { badge: 1 })
        .then_state_eq(Badge { uses: vec![("east".into(), at(1)), ("west".into(), at(2)), ("south".into(), at(3))] })
        .then_state_of::<Badge>(2, |badge| assert_eq!(badge.uses[0].0, "none"));
}

#[test]
fn given_events_without_a_time_happened_before_the_command() {
    const SECOND: Duration = Duration::from_secs(1);
    let now = Timestamp::from_micros(1_000_000_000);
    let times = |given: Given| {
        let mut times = Vec::new();
        given
            .when_with(UseBadge { badge: 1 }, |options| options.recorded_at = Some(now))
            .then_state(|badge| times.extend(badge.uses.iter().map(|(_, time)| *time)));
        times
    };
    let used = BadgeUsed { badge: 1 };
    assert_eq!(times(given([used, used])), [now - 2 * SECOND, now - SECOND, now]);
    // Between times that were given: no event happens before an earlier one.
    let between = given(used).at(now - 5 * SECOND).and(used).and(used).at(now - 4 * SECOND);
    assert_eq!(times(between), [now - 5 * SECOND, now - 5 * SECOND, now - 4 * SECOND]);
    // A clock that is ahead moves no event beyond the command.
    let early = given(used).at(now + SECOND).and(used);
    assert_eq!(times(early), [now + SECOND, now, now]);
}

#[test]
fn encoded_events_are_read_as_a_log_would_be() {
    let old = NewEvent::json("eskit-tests.AccountOpened", "{}").with_tags(given_tags("account", "a"));
    let text = failure(|| {
        given(()).and_encoded([old.clone()]).when(deposit("a", 1)).then_nothing();
    });
    assert!(text.contains("`eskit-tests.AccountOpened` version 1 at position 1 has a payload that does not"), "{text}");
    let fits = old.with_payload(br#"{"account":"a","owner":"ada"}"#.to_vec());
    given(()).and_encoded([fits]).when(deposit("a", 1)).then(Deposited { cents: 1 });
}

fn given_tags(key: &str, value: &str) -> eskit::log::Tags {
    let mut tags = eskit::log::Tags::new();
    tags.push(key, value);
    tags
}

#[test]
fn a_given_history_may_be_longer_than_one_append() {
    given(vec![BadgeUsed { badge: 1 }; 10_001]).then_state_of::<Badge>(1, |badge| assert_eq!(badge.uses.len(), 10_001));
}

#[test]
fn a_decision_that_needs_an_open_account_sees_none() {
    given(AccountOpened { account: "b".into(), owner: "ada".into() })
        .when(deposit("a", 1))
        .then_error(BankError::NotOpen);
}
