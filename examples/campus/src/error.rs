use std::error::Error;
use std::fmt;

use crate::{CourseId, StudentId};

/// Why the campus refuses a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CampusError {
    /// Nobody defined the course.
    CourseUnknown {
        /// The course that was asked for.
        course: CourseId,
    },
    /// The course exists already.
    CourseExists {
        /// The course that was to be defined.
        course: CourseId,
    },
    /// The course has this capacity already.
    CapacityUnchanged {
        /// The capacity, in seats.
        capacity: u32,
    },
    /// More seats are taken than the new capacity has.
    CapacityBelowTaken {
        /// The capacity that was asked for, in seats.
        capacity: u32,
        /// How many seats are taken.
        taken: u32,
    },
    /// Every seat of the course is taken.
    CourseFull {
        /// The course.
        course: CourseId,
        /// Its capacity, in seats.
        capacity: u32,
    },
    /// The student takes as many courses as one may.
    ScheduleFull {
        /// The student.
        student: StudentId,
        /// How many courses the student takes.
        courses: u32,
    },
    /// The student is in the course already.
    EnrolledAlready {
        /// The student.
        student: StudentId,
        /// The course.
        course: CourseId,
    },
    /// There are free seats in the course, so nobody waits for one.
    SeatsFree {
        /// The course.
        course: CourseId,
    },
    /// The student waits for a seat in the course already.
    WaitsAlready {
        /// The student.
        student: StudentId,
        /// The course.
        course: CourseId,
    },
    /// The student is not in the course.
    NotEnrolled {
        /// The student.
        student: StudentId,
        /// The course.
        course: CourseId,
    },
}

impl fmt::Display for CampusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CampusError::CourseUnknown { course } => write!(f, "there is no course `{course}`"),
            CampusError::CourseExists { course } => write!(f, "there is a course `{course}` already"),
            CampusError::CapacityUnchanged { capacity } => write!(f, "the course has {capacity} seats already"),
            CampusError::CapacityBelowTaken { capacity, taken } => {
                write!(f, "{taken} seats are taken, more than {capacity}")
            }
            CampusError::CourseFull { course, capacity } => {
                write!(f, "course `{course}` is full: all {capacity} seats are taken")
            }
            CampusError::ScheduleFull { student, courses } => {
                write!(f, "student `{student}` takes {courses} courses already")
            }
            CampusError::EnrolledAlready { student, course } => {
                write!(f, "student `{student}` is in course `{course}` already")
            }
            CampusError::SeatsFree { course } => write!(f, "course `{course}` has free seats: enroll"),
            CampusError::WaitsAlready { student, course } => {
                write!(f, "student `{student}` waits for a seat in course `{course}` already")
            }
            CampusError::NotEnrolled { student, course } => {
                write!(f, "student `{student}` is not in course `{course}`")
            }
        }
    }
}

impl Error for CampusError {}
