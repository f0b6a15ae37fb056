use std::fmt;

use eskit::prelude::*;

use crate::{StudentEnrolled, StudentLeft};

/// How many courses one student may take at a time.
pub const COURSES_PER_STUDENT_MAX: u32 = 5;

/// Names a student.
#[derive(TagValue, Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct StudentId(String);

impl StudentId {
    /// The student with this name.
    pub fn new(name: impl Into<String>) -> StudentId {
        StudentId(name.into())
    }
}

impl fmt::Display for StudentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many courses one student takes: folded from the events that carry the student's tag, in whatever course.
#[aggregate(tag = "student", key = StudentId)]
#[derive(Default, Clone, PartialEq, Debug)]
pub struct Schedule {
    courses: u32,
}

impl Schedule {
    /// How many courses the student takes.
    pub fn courses(&self) -> u32 {
        self.courses
    }
}

#[decider]
impl Schedule {
    #[evolve]
    fn enrolled(&mut self, _: &StudentEnrolled) {
        self.courses += 1;
    }

    #[evolve]
    fn left(&mut self, _: &StudentLeft) {
        self.courses -= 1;
    }
}
