//! Knows eskit as `events`.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

use events::prelude::*;

events::lock!();

/// The id of a course.
#[derive(TagValue, events::Shape, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[tag_value(crate = events)]
#[shape(crate = events)]
pub struct CourseId(pub u32);

/// A course was defined.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(crate = events)]
pub struct CourseDefined {
    /// The course.
    #[tag]
    pub course: CourseId,
    /// How many seats it has.
    pub capacity: u32,
}

/// A seat was taken.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(version = 3, from = SeatTakenV2, crate = events)]
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
#[event(name = "hygiene-renamed.SeatTaken", version = 2, upcast(1 = add_student), crate = events)]
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

fn add_student(value: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    Ok(value)
}

/// The course was closed.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(alias = "hygiene-renamed.CourseEnded", crate = events)]
pub struct CourseClosed(
    /// The course.
    #[tag("course")]
    pub CourseId,
);

/// What may happen to a course later.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = events)]
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
#[command(stored, version = 2, upcast(1 = add_student), crate = events)]
pub struct DefineCourse {
    /// The course.
    #[tag]
    pub course: CourseId,
    /// How many seats it has.
    pub capacity: u32,
}

/// Any command that is kept.
#[derive(Command, Debug)]
#[command(stored, crate = events)]
pub enum Kept {
    /// To define a course.
    Define(DefineCourse),
}

/// Takes a seat.
#[derive(Command, Debug)]
#[command(crate = events)]
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

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refusal::Full => "there is no seat left",
            Refusal::Defined => "the course was defined before",
        })
    }
}

/// The seats of one course.
#[aggregate(tag = "course", crate = events)]
#[derive(Default, Debug)]
pub struct Seats {
    /// How many there are.
    pub capacity: u32,
    /// How many are taken.
    pub taken: u32,
}

#[decider(crate = events)]
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
        Ok(CourseDefined { course: Clone::clone(&command.course), capacity: command.capacity })
    }
}

/// A student's seat in a course.
#[aggregate(tag("course", "student"), crate = events)]
#[derive(Default, Debug)]
pub struct Enrolment {
    /// Whether the student is enrolled.
    pub enrolled: bool,
}

#[decider(crate = events)]
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
#[decider(crate = events)]
pub fn take(command: &TakeSeat<'_>, seats: &Seats, enrolment: &Enrolment) -> Result<Option<SeatTaken>, Refusal> {
    if enrolment.enrolled {
        return Ok(None);
    }
    if seats.taken >= seats.capacity {
        return Err(Refusal::Full);
    }
    Ok(Some(SeatTaken { course: Clone::clone(&command.course), student: command.student }))
}

/// Money was paid in.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(crate = events)]
pub struct Deposited {
    /// Where to.
    #[tag]
    pub account: u32,
    /// How much.
    pub amount: u64,
}

/// Money was paid out.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[event(crate = events)]
pub struct Withdrawn {
    /// Where from.
    #[tag]
    pub account: u32,
    /// How much.
    pub amount: u64,
}

/// Moves money.
#[derive(Command, Debug)]
#[command(crate = events)]
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
#[aggregate(stream = "account", crate = events)]
#[derive(Default, Debug)]
pub struct Account {
    /// What it holds.
    pub balance: u64,
}

#[decider(crate = events)]
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

#[decider(crate = events)]
fn transfer(command: &Transfer, #[key(from)] from: &Account, #[key(to)] _: &Account) -> Option<(Withdrawn, Deposited)> {
    if from.balance < command.amount {
        return None;
    }
    let withdrawn = Withdrawn { account: command.from, amount: command.amount };
    Some((withdrawn, Deposited { account: command.to, amount: command.amount }))
}

/// How many courses there are.
#[derive(Default, Debug)]
pub struct Count {
    courses: u32,
}

#[projection(name = "count", memory, crate = events)]
impl Count {
    #[on]
    fn defined(&mut self, _: &CourseDefined) {
        self.courses += 1;
    }
}

/// It defines courses again.
#[derive(Debug)]
pub struct Opening;

#[processor(name = "opening", from = "now", crate = events)]
impl Opening {
    #[on(refused = "skip")]
    async fn defined(&self, event: &CourseDefined, cx: &mut events::processor::Effect<'_>) -> Vec<DefineCourse> {
        let _ = cx.key();
        vec![DefineCourse { course: event.course.clone(), capacity: event.capacity }]
    }
}
