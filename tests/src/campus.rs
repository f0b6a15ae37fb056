//! Courses and students: decisions across boundaries, without streams.

use eskit::prelude::*;

/// A course takes place.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct CourseDefined {
    /// The course.
    #[tag]
    pub course: String,
    /// How many students it takes.
    pub capacity: u32,
}

/// A student takes part in a course.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct StudentEnrolled {
    /// The course.
    #[tag]
    pub course: String,
    /// The student.
    #[tag]
    pub student: String,
}

/// A student no longer takes part in a course.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct StudentLeft {
    /// The course.
    #[tag]
    pub course: String,
    /// The student.
    #[tag]
    pub student: String,
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum CampusError {
    /// The course is defined already.
    CourseExists,
    /// There is no such course.
    NoCourse,
    /// Every seat is taken.
    CourseFull,
    /// The student takes part already.
    Enrolled,
    /// The student takes part in as many courses as allowed.
    ScheduleFull,
}

impl std::fmt::Display for CampusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for CampusError {}

/// Define a course.
#[derive(Command, Clone, Debug)]
pub struct DefineCourse {
    /// The course.
    #[tag]
    pub course: String,
    /// How many students it takes.
    pub capacity: u32,
}

/// Enrol a student in a course.
#[derive(Command, Clone, Debug)]
pub struct Enroll {
    /// The course.
    #[tag]
    pub course: String,
    /// The student.
    #[tag]
    pub student: String,
}

/// Take a student out of a course; who is not in it is no mistake.
#[derive(Command, Clone, Debug)]
pub struct Leave {
    /// The course.
    #[tag]
    pub course: String,
    /// The student.
    #[tag]
    pub student: String,
}

/// Enrol a whole class in a course, or as much of it as there are seats.
#[derive(Command, Clone, Debug)]
pub struct EnrollClass {
    /// The course.
    #[tag]
    pub course: String,
    /// The students.
    pub students: Vec<String>,
}

/// The seats of one course.
#[aggregate(tag = "course")]
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Seats {
    /// How many students it takes; 0 for no course.
    pub capacity: u32,
    /// How many students take part.
    pub taken: u32,
}

#[decider]
impl Seats {
    #[evolve]
    fn defined(&mut self, event: &CourseDefined) {
        self.capacity = event.capacity;
    }

    #[evolve]
    fn enrolled(&mut self, _: &StudentEnrolled) {
        self.taken += 1;
    }

    #[evolve]
    fn left(&mut self, _: &StudentLeft) {
        self.taken -= 1;
    }

    #[decide]
    fn define(&self, command: &DefineCourse) -> Result<CourseDefined, CampusError> {
        if self.capacity > 0 {
            return Err(CampusError::CourseExists);
        }
        Ok(CourseDefined { course: command.course.clone(), capacity: command.capacity })
    }

    #[decide]
    fn enroll_class(&self, command: &EnrollClass) -> Vec<StudentEnrolled> {
        let free = self.capacity.saturating_sub(self.taken) as usize;
        let students = command.students.iter().take(free).cloned();
        students.map(|student| StudentEnrolled { course: command.course.clone(), student }).collect()
    }
}

/// The courses of one student.
#[aggregate(tag = "student")]
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Schedule {
    /// How many there are.
    pub courses: u32,
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

/// Whether one student takes part in one course: found by both tags.
#[aggregate(tag("course", "student"))]
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Enrolment {
    /// Whether the student takes part.
    pub active: bool,
}

#[decider]
impl Enrolment {
    #[evolve]
    fn enrolled(&mut self, _: &StudentEnrolled) {
        self.active = true;
    }

    #[evolve]
    fn left(&mut self, _: &StudentLeft) {
        self.active = false;
    }

    #[decide]
    fn leave(&self, command: &Leave) -> Option<StudentLeft> {
        self.active.then(|| StudentLeft { course: command.course.clone(), student: command.student.clone() })
    }
}

/// The most courses of one student.
pub const COURSES_MAX: u32 = 3;

#[decider]
fn enroll(
    command: &Enroll,
    seats: &Seats,
    schedule: &Schedule,
    enrolment: &Enrolment,
) -> Result<StudentEnrolled, CampusError> {
    if seats.capacity == 0 {
        return Err(CampusError::NoCourse);
    }
    if enrolment.active {
        return Err(CampusError::Enrolled);
    }
    if seats.taken >= seats.capacity {
        return Err(CampusError::CourseFull);
    }
    if schedule.courses >= COURSES_MAX {
        return Err(CampusError::ScheduleFull);
    }
    Ok(enrolled(&command.course, &command.student))
}

/// Short for a command.
pub fn define(course: &str, capacity: u32) -> DefineCourse {
    DefineCourse { course: course.into(), capacity }
}

/// Short for a command.
pub fn enrol(course: &str, student: &str) -> Enroll {
    Enroll { course: course.into(), student: student.into() }
}

/// Short for a command.
pub fn leave(course: &str, student: &str) -> Leave {
    Leave { course: course.into(), student: student.into() }
}

/// Short for an event.
pub fn defined(course: &str, capacity: u32) -> CourseDefined {
    CourseDefined { course: course.into(), capacity }
}

/// Short for an event.
pub fn enrolled(course: &str, student: &str) -> StudentEnrolled {
    StudentEnrolled { course: course.into(), student: student.into() }
}
