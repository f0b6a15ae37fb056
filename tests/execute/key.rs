//! From a command's tags to the instances of its models.

use eskit::prelude::*;
use eskit::testing::given;
use eskit_tests::campus::{CampusError, Enrolment, Leave, Schedule, Seats, define, enrol};

use crate::scripted;

#[tokio::test]
async fn several_tags_select_in_and() {
    let app = scripted();
    app.execute(define("maths", 9)).await.unwrap();
    app.execute(define("art", 9)).await.unwrap();
    for (course, student) in [("maths", "ada"), ("maths", "bob"), ("art", "ada")] {
        app.execute(enrol(course, student)).await.unwrap();
    }
    let leave = Leave { course: "maths".into(), student: "ada".into() };
    assert_eq!(app.execute(leave).await.unwrap().events.len(), 1);

    for (course, student, active) in
        [("maths", "ada", false), ("maths", "bob", true), ("art", "ada", true), ("art", "bob", false)]
    {
        let enrolment = app.load::<Enrolment>((course, student)).await.unwrap();
        assert_eq!(enrolment.active, active, "{course} {student}");
    }
    let course = "maths".to_owned();
    assert_eq!(app.load::<Seats>(&course).await.unwrap().taken, 1);
    assert_eq!(app.load::<Enrolment>((&course, "bob")).await.unwrap().version, 1);
    assert_eq!(app.load::<Schedule>("ada").await.unwrap().courses, 1);
    let again = app.execute(enrol("art", "bob")).await.unwrap();
    assert_eq!(again.state.2, Enrolment { active: true });
    assert_eq!(app.execute(enrol("art", "bob")).await.unwrap_err().domain(), Some(&CampusError::Enrolled));
}

#[derive(Event, Serialize, Deserialize)]
struct TicketClosed {
    #[tag]
    ticket: u64,
}

#[aggregate(tag = "ticket")]
#[derive(Default)]
struct Ticket {
    closed: bool,
}

#[decider]
impl Ticket {
    #[evolve]
    fn closed(&mut self, _: &TicketClosed) {
        self.closed = true;
    }
}

#[derive(Command)]
struct CloseTicket {
    #[tag]
    ticket: u64,
}

#[decider]
fn close(command: &CloseTicket, ticket: &Ticket) -> Option<TicketClosed> {
    (!ticket.closed).then_some(TicketClosed { ticket: command.ticket })
}

#[tokio::test]
async fn a_value_is_a_text_whatever_its_type() {
    let app = scripted();
    app.execute(CloseTicket { ticket: 7 }).await.unwrap();
    assert!(app.load::<Ticket>(7_u64).await.unwrap().closed);
    assert!(app.load::<Ticket>("7").await.unwrap().closed);
    assert!(!app.load::<Ticket>(8_u64).await.unwrap().closed);
    assert!(app.execute(CloseTicket { ticket: 7 }).await.unwrap().events.is_empty());
}

/// Says that it is one value, and yields others.
struct Claimed(Vec<u64>);

impl TagValue for Claimed {
    fn each_value(&self, each: &mut dyn FnMut(&dyn std::fmt::Display)) {
        self.0.each_value(each);
    }
}

/// The compiler refuses an `Option` and a `Vec`.
#[tokio::test]
async fn a_key_selects_exactly_one_instance() {
    let app = scripted();
    for tickets in [vec![], vec![1_u64, 2]] {
        let given = tickets.len();
        let error = app.load::<Ticket>(Claimed(tickets)).await.err().unwrap();
        let text = format!(
            "`Ticket` is found by exactly one value for `ticket`, but {given} were given\nhelp: pass one value for each key, in their order"
        );
        assert_eq!(error.to_string(), text);
    }
    assert!(app.load::<Ticket>(Claimed(vec![1])).await.is_ok());
}

/// The second ticket repeats the first.
#[derive(Command)]
struct CloseRepeated(#[tag("ticket")] u64, #[tag("ticket")] u64);

#[decider]
fn close_repeated(
    command: &CloseRepeated,
    #[key(ticket = 1)] repeated: &Ticket,
    #[key(0)] first: &Ticket,
) -> Option<TicketClosed> {
    (first.closed && !repeated.closed).then_some(TicketClosed { ticket: command.1 })
}

#[tokio::test]
async fn fields_without_names_select_by_their_numbers() {
    let app = scripted();
    app.execute(CloseTicket { ticket: 1 }).await.unwrap();
    assert_eq!(app.execute(CloseRepeated(2, 1)).await.unwrap().events.len(), 0);
    let done = app.execute(CloseRepeated(1, 2)).await.unwrap();
    assert_eq!(done.events.len(), 1);
    assert!(done.state.0.closed);
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "each")]
struct Joined {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[aggregate(tag("course", "student"))]
#[derive(Default)]
struct Membership {
    joined: bool,
}

#[decider]
impl Membership {
    #[evolve]
    fn joined(&mut self, _: &Joined) {
        self.joined = true;
    }
}

#[derive(Command)]
struct Join {
    #[tag]
    student: String,
    #[tag("course")]
    courses: Vec<String>,
    #[tag("course")]
    substitute: Option<String>,
}

/// Joins the courses of which the student is no member.
#[decider]
fn join(
    command: &Join,
    #[key(course = courses)] memberships: &Each<Membership>,
    #[key(course = substitute)] substitute: &Each<Membership>,
) -> Vec<Joined> {
    let joins = |course: &&String| !memberships[(*course, &command.student)].joined;
    let new: Vec<&String> = command.courses.iter().filter(joins).collect();
    let substitute = command.substitute.iter().filter(|_| new.is_empty() && substitute.iter().all(|one| !one.joined));
    let joined = |course: &String| Joined { course: course.clone(), student: command.student.clone() };
    new.iter().copied().chain(substitute).map(joined).collect()
}

#[test]
fn one_of_several_keys_may_have_any_number_of_values() {
    let joined = |course: &str, student: &str| Joined { course: course.into(), student: student.into() };
    let join = |courses: &[&str], substitute: Option<&str>| Join {
        student: "ada".into(),
        courses: courses.iter().map(|course| (*course).to_owned()).collect(),
        substitute: substitute.map(str::to_owned),
    };
    let given = || given([joined("art", "ada"), joined("maths", "bob")]);
    given().when(join(&["art", "maths"], None)).then(joined("maths", "ada"));
    given().when(join(&["art"], Some("music"))).then(joined("music", "ada"));
    given().when(join(&["art"], Some("art"))).then(());
}
