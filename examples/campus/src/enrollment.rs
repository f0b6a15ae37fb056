use eskit::prelude::*;

use crate::{COURSES_PER_STUDENT_MAX, CampusError, CourseId, Schedule, Seats, StudentId};

/// A student took a seat in a course. Carries both tags: it counts for the course and for the student.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct StudentEnrolled {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student.
    #[tag("student")]
    pub student: StudentId,
}

/// A student gave up a seat in a course.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct StudentLeft {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student.
    #[tag("student")]
    pub student: StudentId,
}

/// Take a seat in a course.
#[derive(Command, Clone, Debug)]
pub struct Enroll {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student.
    #[tag("student")]
    pub student: StudentId,
}

/// Give up a seat in a course.
#[derive(Command, Clone, Debug)]
pub struct Leave {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student.
    #[tag("student")]
    pub student: StudentId,
}

/// Whether one student is in one course: folded from the events that carry both tags.
#[aggregate(tag("course", "student"), key = (CourseId, StudentId))]
#[derive(Default, Clone, PartialEq, Debug)]
pub struct Enrollment {
    is_enrolled: bool,
}

impl Enrollment {
    /// Whether the student is in the course.
    pub fn is_enrolled(&self) -> bool {
        self.is_enrolled
    }
}

#[decider]
impl Enrollment {
    #[evolve]
    fn enrolled(&mut self, _: &StudentEnrolled) {
        self.is_enrolled = true;
    }

    #[evolve]
    fn left(&mut self, _: &StudentLeft) {
        self.is_enrolled = false;
    }

    #[decide]
    fn leave(&self, command: &Leave) -> Result<StudentLeft, CampusError> {
        let Leave { course, student } = command.clone();
        if !self.is_enrolled {
            return Err(CampusError::NotEnrolled { student, course });
        }
        Ok(StudentLeft { course, student })
    }
}

/// Across boundaries: a pure function of the command and the models that it needs.
#[decider]
fn enroll(
    command: &Enroll,
    seats: &Seats,
    schedule: &Schedule,
    enrollment: &Enrollment,
) -> Result<StudentEnrolled, CampusError> {
    let Enroll { course, student } = command.clone();
    let capacity = seats.defined_capacity(&course)?;
    if enrollment.is_enrolled {
        return Err(CampusError::EnrolledAlready { student, course });
    }
    if seats.taken() >= capacity {
        return Err(CampusError::CourseFull { course, capacity });
    }
    if schedule.courses() >= COURSES_PER_STUDENT_MAX {
        return Err(CampusError::ScheduleFull { student, courses: schedule.courses() });
    }
    Ok(StudentEnrolled { course, student })
}
