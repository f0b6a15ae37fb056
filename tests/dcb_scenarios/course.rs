//! Course subscriptions: limits on both sides, and no student twice in a course.

use std::fmt;

use eskit::prelude::*;
use libtest_mimic::Failed;

use crate::table::{Case, EventDefinition};

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb")]
#[serde(rename_all = "camelCase")]
struct CourseDefined {
    #[tag("course")]
    course_id: String,
    capacity: u32,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb")]
#[serde(rename_all = "camelCase")]
struct CourseCapacityChanged {
    #[tag("course")]
    course_id: String,
    new_capacity: u32,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb")]
#[serde(rename_all = "camelCase")]
struct StudentSubscribedToCourse {
    #[tag("student")]
    student_id: String,
    #[tag("course")]
    course_id: String,
}

#[derive(Event, Deserialize)]
#[serde(tag = "type", content = "data")]
enum CourseEvent {
    CourseDefined(CourseDefined),
    CourseCapacityChanged(CourseCapacityChanged),
    StudentSubscribedToCourse(StudentSubscribedToCourse),
}

#[derive(Command, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DefineCourse {
    #[tag("course")]
    course_id: String,
    capacity: u32,
}

#[derive(Command, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeCourseCapacity {
    #[tag("course")]
    course_id: String,
    new_capacity: u32,
}

#[derive(Command, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscribeStudentToCourse {
    #[tag("student")]
    student_id: String,
    #[tag("course")]
    course_id: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "camelCase")]
enum CourseCommand {
    DefineCourse(DefineCourse),
    ChangeCourseCapacity(ChangeCourseCapacity),
    SubscribeStudentToCourse(SubscribeStudentToCourse),
}

#[derive(Debug)]
enum CourseError {
    Exists(String),
    Missing(String),
    SameCapacity(u32),
    Full(String),
    AlreadySubscribed,
    TooManyCourses,
}

impl fmt::Display for CourseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CourseError::Exists(course) => write!(f, "Course with id \"{course}\" already exists"),
            CourseError::Missing(course) => write!(f, "Course \"{course}\" does not exist"),
            CourseError::SameCapacity(capacity) => {
                write!(f, "New capacity {capacity} is the same as the current capacity")
            }
            CourseError::Full(course) => write!(f, "Course \"{course}\" is already fully booked"),
            CourseError::AlreadySubscribed => f.write_str("Student already subscribed to this course"),
            CourseError::TooManyCourses => write!(f, "Student already subscribed to {COURSES_MAX} courses"),
        }
    }
}

/// The most courses of one student.
const COURSES_MAX: u32 = 5;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Course {
    capacity: Option<u32>,
    subscriptions: u32,
}

#[decider]
impl Course {
    #[evolve]
    fn defined(&mut self, event: &CourseDefined) {
        self.capacity = Some(event.capacity);
    }

    #[evolve]
    fn capacity_changed(&mut self, event: &CourseCapacityChanged) {
        self.capacity = Some(event.new_capacity);
    }

    #[evolve]
    fn subscribed(&mut self, _: &StudentSubscribedToCourse) {
        self.subscriptions += 1;
    }

    #[decide]
    fn define(&self, command: &DefineCourse) -> Result<CourseDefined, CourseError> {
        let course_id = command.course_id.clone();
        match self.capacity {
            Some(_) => Err(CourseError::Exists(course_id)),
            None => Ok(CourseDefined { course_id, capacity: command.capacity }),
        }
    }

    #[decide]
    fn change_capacity(&self, command: &ChangeCourseCapacity) -> Result<CourseCapacityChanged, CourseError> {
        let ChangeCourseCapacity { course_id, new_capacity } = command;
        match self.capacity {
            None => Err(CourseError::Missing(course_id.clone())),
            Some(capacity) if capacity == *new_capacity => Err(CourseError::SameCapacity(capacity)),
            Some(_) => Ok(CourseCapacityChanged { course_id: course_id.clone(), new_capacity: *new_capacity }),
        }
    }
}

#[aggregate(tag = "student")]
#[derive(Default)]
struct Student {
    subscriptions: u32,
}

#[decider]
impl Student {
    #[evolve]
    fn subscribed(&mut self, _: &StudentSubscribedToCourse) {
        self.subscriptions += 1;
    }
}

#[aggregate(tag("student", "course"))]
#[derive(Default)]
struct Subscription {
    active: bool,
}

#[decider]
impl Subscription {
    #[evolve]
    fn subscribed(&mut self, _: &StudentSubscribedToCourse) {
        self.active = true;
    }
}

#[decider]
fn subscribe(
    command: &SubscribeStudentToCourse,
    course: &Course,
    student: &Student,
    subscription: &Subscription,
) -> Result<StudentSubscribedToCourse, CourseError> {
    let SubscribeStudentToCourse { student_id, course_id } = command;
    let Some(capacity) = course.capacity else { return Err(CourseError::Missing(course_id.clone())) };
    if course.subscriptions >= capacity {
        return Err(CourseError::Full(course_id.clone()));
    }
    if subscription.active {
        return Err(CourseError::AlreadySubscribed);
    }
    if student.subscriptions >= COURSES_MAX {
        return Err(CourseError::TooManyCourses);
    }
    Ok(StudentSubscribedToCourse { student_id: student_id.clone(), course_id: course_id.clone() })
}

pub(crate) fn run(case: &Case, known: &[EventDefinition]) -> Result<(), Failed> {
    case.check_tags::<CourseEvent>(known)?;
    let given = case.given::<CourseEvent>()?;
    match case.command()? {
        CourseCommand::DefineCourse(command) => case.check::<CourseEvent>(&given.when(command)),
        CourseCommand::ChangeCourseCapacity(command) => case.check::<CourseEvent>(&given.when(command)),
        CourseCommand::SubscribeStudentToCourse(command) => case.check::<CourseEvent>(&given.when(command)),
    }
}
