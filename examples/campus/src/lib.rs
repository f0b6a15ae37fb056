//! Students enroll in courses. A course has so many seats, and a student takes at most five courses.
//!
//! No single entity can guard both limits: one belongs to the course, the other to the student. So events are not locked
//! up in streams; they carry tags, and each decision reads exactly what it depends on:
//!
//! | command | reads | appends |
//! |---|---|---|
//! | [`DefineCourse`] | [`Seats`] of the course | [`CourseDefined`] |
//! | [`ChangeCapacity`] | [`Seats`] of the course | [`CapacityChanged`] |
//! | [`Enroll`] | [`Seats`] of the course, [`Schedule`] of the student, [`Enrollment`] of both | [`StudentEnrolled`] |
//! | [`Leave`] | [`Enrollment`] of both | [`StudentLeft`] |
//! | [`RegisterStudent`] | [`Profile`] of the student | [`StudentRegistered`] |
//! | [`AwaitSeat`] | [`Seats`] and [`WaitingList`] of the course, [`Enrollment`] of both | [`SeatAwaited`] |
//!
//! The append goes through only if nothing that the decision read has changed meanwhile; otherwise eskit reads and
//! decides again. Enrollments in different courses by different students never get in each other's way.
//!
//! When a seat becomes free, a processor, [`SeatGiver`], enrolls who waits for it.
//!
//! The name in [`StudentRegistered`] is personal data. It is sealed in the log, and can be forgotten: seats and schedules go on to count.
//!
//! What is shown in lists follows the log: the courses as rows of [`Seats`], and the [`Rosters`] in tables of their own.

mod course;
mod enrollment;
mod error;
mod profile;
pub mod rosters;
mod student;
mod waiting_list;

pub use course::{CapacityChanged, ChangeCapacity, CourseDefined, CourseId, DefineCourse, Seats};
pub use enrollment::{Enroll, Enrollment, Leave, StudentEnrolled, StudentLeft};
pub use error::CampusError;
pub use profile::{Profile, RegisterStudent, StudentRegistered};
pub use rosters::Rosters;
pub use student::{COURSES_PER_STUDENT_MAX, Schedule, StudentId};
pub use waiting_list::{AwaitSeat, SeatAwaited, SeatGiver, WaitingList};
