//! Denies every lint that it can, with the exception of those that forbid to write what eskit asks for.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    unused,
    let_underscore_drop,
    meta_variable_misuse,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unreachable_pub,
    unused_crate_dependencies,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    clippy::panic,
    clippy::unwrap_used
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::missing_const_for_fn,
    clippy::missing_docs_in_private_items,
    reason = "of this crate's own code, not of generated code"
)]

use std::fmt;

use eskit::prelude::*;
use serde_json::Value;

eskit::lock!();

/// The id of a course.
#[derive(TagValue, Shape, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
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
#[event(name = "hygiene-strict.SeatTaken", version = 2, upcast(1 = add_student))]
pub struct SeatTakenV2 {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student, if known.
    #[tag]
    pub student: Option<u64>,
}

impl From<SeatTakenV2> for SeatTaken {
    fn from(old: SeatTakenV2) -> Self {
        Self { course: old.course, student: old.student.unwrap_or_default() }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of an upcaster")]
fn add_student(value: Value) -> Result<Value, UpcastError> {
    Ok(value)
}

/// The course was closed.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(alias = "hygiene-strict.CourseEnded")]
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// The term ended, for all courses of a faculty.
    Ended {
        /// The courses.
        #[tag("course")]
        courses: Vec<u32>,
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

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "there is no seat left",
            Self::Defined => "the course was defined before",
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
    fn define(&self, command: &DefineCourse) -> Result<CourseDefined, Refusal> {
        if self.capacity > 0 {
            return Err(Refusal::Defined);
        }
        Ok(CourseDefined { course: command.course.clone(), capacity: command.capacity })
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
pub fn take(command: &TakeSeat<'_>, seats: &Seats, enrolment: &Enrolment) -> Result<Option<SeatTaken>, Refusal> {
    if enrolment.enrolled {
        return Ok(None);
    }
    if seats.taken >= seats.capacity {
        return Err(Refusal::Full);
    }
    Ok(Some(SeatTaken { course: command.course.clone(), student: command.student }))
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
fn transfer(command: &Transfer, #[key(from)] from: &Account, #[key(to)] _: &Account) -> Option<(Withdrawn, Deposited)> {
    if from.balance < command.amount {
        return None;
    }
    let withdrawn = Withdrawn { account: command.from, amount: command.amount };
    Some((withdrawn, Deposited { account: command.to, amount: command.amount }))
}

/// An event that is no longer emitted.
#[derive(Event, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[deprecated(note = "read only")]
pub struct CourseAnnounced;

/// Ends the year.
#[derive(Command, Clone, Copy, Debug)]
pub struct EndYear {
    /// The year.
    #[tag]
    pub year: u16,
}

/// The year has ended.
#[derive(Event, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearEnded {
    /// The year.
    #[tag]
    pub year: u16,
}

/// A year, of which nothing needs to be known.
#[aggregate(tag = "year")]
#[derive(Default, Clone, Copy, Debug)]
pub struct Year;

#[decider]
impl Year {
    #[evolve]
    fn ended(&mut self, _: &YearEnded) {}

    #[decide]
    fn end(&self, command: &EndYear) -> YearEnded {
        YearEnded { year: command.year }
    }
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
        at: &Timestamp,
        recorded: &RecordedEvent,
        tx: &mut eskit::MemoryTx,
    ) -> Result<(), fmt::Error> {
        if *at == recorded.recorded_at {
            tx.put("courses", event.course.0.to_string(), event.capacity.into());
            return Ok(());
        }
        Err(fmt::Error)
    }

    #[on]
    fn anything(&self, _: &RecordedEvent, _: &mut eskit::MemoryTx) {}

    #[caught_up]
    fn ready(&self) {}
}

/// A transaction that is waited for.
#[derive(Debug)]
pub struct Waited;

/// The courses that were defined.
#[derive(Debug)]
pub struct Defined;

#[projection(name = "defined", by = "each", on_error = "skip")]
impl Defined {
    #[on]
    async fn defined(&self, _: &CourseDefined, _: &mut Waited) {}
}

/// It opens new courses, and closes the year.
#[derive(Debug)]
pub struct Opening;

#[processor(name = "opening", from = "now", by = "course", on_error = "park")]
impl Opening {
    #[on(refused = "skip")]
    fn defined(&self, event: &CourseDefined, at: &Timestamp) -> Result<Option<DefineCourse>, fmt::Error> {
        if at.as_micros() < 0 {
            return Err(fmt::Error);
        }
        Ok(Some(DefineCourse { course: event.course.clone(), capacity: event.capacity }))
    }

    #[on]
    async fn anything(&self, recorded: &RecordedEvent, cx: &mut processor::Effect<'_>) -> Result<(), fmt::Error> {
        if cx.key().is_empty() || recorded.tags.is_empty() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// It has a to-do list and schedules.
#[derive(Debug)]
pub struct Planning;

#[processor(name = "planning", from = "now", by = "course")]
impl Planning {
    #[todo]
    fn defined(&self, event: &CourseDefined, at: &Timestamp) -> Option<Todo<CourseId, u32>> {
        (event.capacity > 0).then(|| Todo::new(event.course.clone(), event.capacity).due(*at))
    }

    #[done]
    fn defined_again(&self, event: &CourseDefined) -> CourseId {
        event.course.clone()
    }

    #[work(workers = 2, attempts = 3, within = "1m", refused = "skip")]
    async fn plan(&self, seats: &u32, cx: &mut processor::Effect<'_>) -> Result<Option<DefineCourse>, fmt::Error> {
        if cx.key().is_empty() {
            return Err(fmt::Error);
        }
        Ok(Some(DefineCourse { course: CourseId(*seats), capacity: *seats }))
    }

    #[every("0 6 * * MON-FRI", refused = "fail")]
    fn weekdays(&self, at: &Timestamp) -> Option<DefineCourse> {
        (at.as_micros() > 0).then_some(DefineCourse { course: CourseId(1), capacity: 1 })
    }

    #[every("0 0 1 1 *")]
    async fn yearly(&self) {}
}

/// Its only to-do is done by commands alone.
#[derive(Debug)]
pub struct Reopening;

#[processor(name = "reopening", from = "now")]
impl Reopening {
    #[todo]
    fn ended(&self, event: &YearEnded) -> Vec<Todo<u32, u32>> {
        vec![Todo::new(u32::from(event.year > 0), 1)]
    }

    #[work]
    fn end(&self, _: &u32) {}
}

/// It does nothing.
#[derive(Debug)]
pub struct Idle;

#[processor(name = "idle", from = "beginning")]
impl Idle {
    #[on]
    fn defined(&self, _: &CourseDefined) {}

    #[on]
    fn ended(&self, event: &YearEnded) -> EndYear {
        EndYear { year: event.year.saturating_add(1) }
    }

    #[on]
    async fn anything(&self, _: &RecordedEvent) {}
}

/// How many courses there are.
#[derive(Default, Debug)]
pub struct Count {
    /// The number.
    courses: u32,
}

#[projection(name = "count", memory)]
impl Count {
    #[on]
    fn defined(&mut self, _: &CourseDefined) {
        self.courses = self.courses.saturating_add(1);
    }
}
