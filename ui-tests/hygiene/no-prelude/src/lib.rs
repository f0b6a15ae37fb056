//! Has no prelude, neither the standard library's nor that of its macros.

#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

use ::core::clone::Clone;
use ::core::cmp::{Eq, PartialEq};
use ::core::default::Default;
use ::core::fmt::Debug;
use ::core::prelude::v1::derive;
use ::eskit::{Command, Event, RecordedEvent, TagValue, UpcastError, aggregate, decider, processor, projection};
use ::serde::{Deserialize, Serialize};

::eskit::lock!();

/// The id of a course.
#[derive(TagValue, ::eskit::Shape, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct CourseId(pub u32);

/// A course was defined.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct CourseDefined {
    /// The course.
    #[tag]
    pub course: CourseId,
    /// How many seats it has.
    pub capacity: u32,
}

/// A seat was taken.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(version = 3, from = SeatTakenV2)]
pub struct SeatTaken {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student.
    #[tag]
    pub student: u64,
}

/// A seat was taken, as it was recorded before.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(name = "hygiene-no-prelude.SeatTaken", version = 2, upcast(1 = add_student))]
pub struct SeatTakenV2 {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student, if known.
    #[tag]
    pub student: ::core::option::Option<u64>,
}

impl ::core::convert::From<SeatTakenV2> for SeatTaken {
    fn from(old: SeatTakenV2) -> Self {
        Self { course: old.course, student: old.student.unwrap_or_default() }
    }
}

fn add_student(value: ::serde_json::Value) -> ::core::result::Result<::serde_json::Value, UpcastError> {
    ::core::result::Result::Ok(value)
}

/// The course was closed.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(alias = "hygiene-no-prelude.CourseEnded")]
pub struct CourseClosed(
    /// The course.
    #[tag("course")]
    pub CourseId,
);

/// What may happen to a course later.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub enum Later {
    /// It was closed.
    Closed(CourseClosed),
    /// It was renamed.
    Renamed {
        /// The course.
        #[tag("course")]
        course: CourseId,
        /// The new title.
        #[serde(default, skip_serializing_if = "::core::option::Option::is_none")]
        title: ::core::option::Option<::std::string::String>,
    },
    /// The term ended, for all courses of a faculty.
    Ended {
        /// The courses.
        #[tag("course")]
        courses: ::std::vec::Vec<u32>,
    },
}

/// Defines a course.
#[derive(Command, Serialize, Deserialize, Debug)]
#[command(stored, version = 2, upcast(1 = add_student))]
pub struct DefineCourse {
    /// The course.
    #[tag]
    pub course: CourseId,
    /// How many seats it has.
    pub capacity: u32,
}

/// Any command that is kept.
#[derive(Command, Debug)]
#[command(stored)]
pub enum Kept {
    /// To define a course.
    Define(DefineCourse),
}

/// Takes a seat.
#[derive(Command, Debug)]
pub struct TakeSeat<'a> {
    /// The course.
    #[tag]
    pub course: CourseId,
    /// The student.
    #[tag]
    pub student: u64,
    /// Who asks for it.
    #[tag("clerk")]
    pub clerk: &'a str,
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no seat left.
    Full,
    /// The course was defined before.
    Defined,
}

impl ::core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(match self {
            Refusal::Full => "there is no seat left",
            Refusal::Defined => "the course was defined before",
        })
    }
}

/// The seats of one course.
#[aggregate(tag = "course")]
#[derive(Default, Debug)]
pub struct Seats {
    /// How many there are.
    pub capacity: u32,
    /// How many are taken.
    pub taken: u32,
}

#[decider]
impl Seats {
    #[evolve]
    fn defined(&mut self, event: &CourseDefined) {
        self.capacity = event.capacity;
    }

    #[evolve]
    fn taken(&mut self, _: &SeatTaken, _recorded: &RecordedEvent) {
        self.taken += 1;
    }

    #[evolve]
    fn later(&mut self, _: &Later) {
        self.capacity = self.taken;
    }

    #[decide]
    fn define(&self, command: &DefineCourse) -> ::core::result::Result<CourseDefined, Refusal> {
        if self.capacity > 0 {
            return ::core::result::Result::Err(Refusal::Defined);
        }
        ::core::result::Result::Ok(CourseDefined { course: Clone::clone(&command.course), capacity: command.capacity })
    }
}

/// A student's seat in a course.
#[aggregate(tag("course", "student"))]
#[derive(Default, Debug)]
pub struct Enrolment {
    /// Whether the student is enrolled.
    pub enrolled: bool,
}

#[decider]
impl Enrolment {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.enrolled = true;
    }
}

/// Takes a seat, once, where there is one.
///
/// # Errors
/// There is none.
#[decider]
pub fn take(
    command: &TakeSeat<'_>,
    seats: &Seats,
    enrolment: &Enrolment,
) -> ::core::result::Result<::core::option::Option<SeatTaken>, Refusal> {
    if enrolment.enrolled {
        return ::core::result::Result::Ok(::core::option::Option::None);
    }
    if seats.taken >= seats.capacity {
        return ::core::result::Result::Err(Refusal::Full);
    }
    ::core::result::Result::Ok(::core::option::Option::Some(SeatTaken {
        course: Clone::clone(&command.course),
        student: command.student,
    }))
}

/// Money was paid in.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Deposited {
    /// Where to.
    #[tag]
    pub account: u32,
    /// How much.
    pub amount: u64,
}

/// Money was paid out.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// Where from.
    #[tag]
    pub account: u32,
    /// How much.
    pub amount: u64,
}

/// Moves money.
#[derive(Command, Debug)]
pub struct Transfer {
    /// Where from.
    #[tag("account")]
    pub from: u32,
    /// Where to.
    #[tag("account")]
    pub to: u32,
    /// How much.
    pub amount: u64,
}

/// An account.
#[aggregate(stream = "account")]
#[derive(Default, Debug)]
pub struct Account {
    /// What it holds.
    pub balance: u64,
}

#[decider]
impl Account {
    #[evolve]
    const fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    #[evolve]
    const fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }
}

#[decider]
fn transfer(
    command: &Transfer,
    #[key(from)] from: &Account,
    #[key(to)] _: &Account,
) -> ::core::option::Option<(Withdrawn, Deposited)> {
    if from.balance < command.amount {
        return ::core::option::Option::None;
    }
    let withdrawn = Withdrawn { account: command.from, amount: command.amount };
    ::core::option::Option::Some((withdrawn, Deposited { account: command.to, amount: command.amount }))
}

/// The courses, in views.
#[derive(Debug)]
pub struct CourseList;

#[projection(name = "course-list", version = 2, by = "course", on_error = "park")]
impl CourseList {
    #[tables]
    const SQL: &str = "CREATE TABLE courses (id INT PRIMARY KEY)";

    #[on]
    fn defined(
        &self,
        event: &CourseDefined,
        recorded: &RecordedEvent,
        tx: &mut ::eskit::MemoryTx,
    ) -> ::core::result::Result<(), ::core::fmt::Error> {
        let _ = (event, recorded, tx.is_live());
        ::core::result::Result::Ok(())
    }

    #[on]
    fn anything(&self, _: &RecordedEvent, _: &mut ::eskit::MemoryTx) {}

    #[caught_up]
    fn ready(&self) {}
}

/// A transaction that is waited for.
#[derive(Debug)]
pub struct Waited;

/// The courses that were closed.
#[derive(Debug)]
pub struct Closed;

#[projection(name = "closed")]
impl Closed {
    #[on]
    async fn later(&self, _: &Later, _: &mut Waited) -> ::core::result::Result<(), ::core::fmt::Error> {
        ::core::result::Result::Ok(())
    }
}

/// How many seats are taken.
#[derive(Default, Debug)]
pub struct Taken {
    count: u32,
}

#[projection(name = "taken", memory)]
impl Taken {
    #[on]
    fn taken(&mut self, _: &SeatTaken) {
        self.count += 1;
    }
}

/// It defines courses again.
#[derive(Debug)]
pub struct Opening;

#[processor(name = "opening", from = "now")]
impl Opening {
    #[on(refused = "fail")]
    fn defined(&self, event: &CourseDefined) -> ::core::option::Option<DefineCourse> {
        ::core::option::Option::Some(DefineCourse {
            course: ::core::clone::Clone::clone(&event.course),
            capacity: event.capacity,
        })
    }

    #[on]
    async fn anything(
        &self,
        _: &RecordedEvent,
        cx: &mut ::eskit::processor::Effect<'_>,
    ) -> ::core::result::Result<(), ::core::fmt::Error> {
        let _ = cx.key();
        ::core::result::Result::Ok(())
    }
}

/// It keeps a to-do list.
#[derive(Debug)]
pub struct Planning;

#[processor(name = "planning", from = "now")]
impl Planning {
    #[todo]
    fn defined(&self, event: &CourseDefined) -> ::eskit::work::Todo<u32, ::core::option::Option<u32>> {
        ::eskit::work::Todo::new(event.capacity, ::core::option::Option::None)
    }

    #[done]
    fn defined_again(&self, event: &CourseDefined) -> ::core::option::Option<u32> {
        ::core::option::Option::Some(event.capacity)
    }

    #[work(attempts = 2)]
    async fn plan(
        &self,
        _: &::core::option::Option<u32>,
        cx: &mut ::eskit::processor::Effect<'_>,
    ) -> ::core::result::Result<(), ::core::fmt::Error> {
        let _ = cx.key();
        ::core::result::Result::Ok(())
    }

    #[every("0 0 1 1 *")]
    async fn yearly(&self, _: &::eskit::Timestamp) {}
}
