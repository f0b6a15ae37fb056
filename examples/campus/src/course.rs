use std::fmt;

use eskit::prelude::*;

use crate::{CampusError, StudentEnrolled, StudentLeft};

/// Names a course.
#[derive(TagValue, Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct CourseId(String);

impl CourseId {
    /// The course with this name.
    pub fn new(name: impl Into<String>) -> CourseId {
        CourseId(name.into())
    }
}

impl fmt::Display for CourseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A course is on offer.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct CourseDefined {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// How many students may enroll.
    pub capacity: u32,
}

/// A course has another number of seats from now on.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct CapacityChanged {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// How many students may enroll.
    pub capacity: u32,
}

/// Put a course on offer.
#[derive(Command, Clone, Debug)]
pub struct DefineCourse {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// How many students may enroll.
    pub capacity: u32,
}

/// Give a course another number of seats.
#[derive(Command, Clone, Debug)]
pub struct ChangeCapacity {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// How many students may enroll.
    pub capacity: u32,
}

/// The seats of one course: folded from the events that carry its `course` tag. Those of all courses are kept as rows, which
/// can be sorted by the seats that are taken.
#[aggregate(tag = "course", key = CourseId, index("taken"))]
#[derive(Serialize, Deserialize, Default, Clone, PartialEq, Debug)]
pub struct Seats {
    /// `None` until the course is defined.
    capacity: Option<u32>,
    taken: u32,
}

impl Seats {
    /// How many seats the course has; 0 when there is no such course.
    pub fn capacity(&self) -> u32 {
        self.capacity.unwrap_or_default()
    }

    /// How many seats are taken.
    pub fn taken(&self) -> u32 {
        self.taken
    }

    /// The capacity of a course that somebody defined.
    pub(crate) fn defined_capacity(&self, course: &CourseId) -> Result<u32, CampusError> {
        self.capacity.ok_or_else(|| CampusError::CourseUnknown { course: course.clone() })
    }
}

#[decider]
impl Seats {
    #[evolve]
    fn defined(&mut self, event: &CourseDefined) {
        self.capacity = Some(event.capacity);
    }

    #[evolve]
    fn capacity_changed(&mut self, event: &CapacityChanged) {
        self.capacity = Some(event.capacity);
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
        let DefineCourse { course, capacity } = command.clone();
        if self.capacity.is_some() {
            return Err(CampusError::CourseExists { course });
        }
        Ok(CourseDefined { course, capacity })
    }

    #[decide]
    fn change_capacity(&self, command: &ChangeCapacity) -> Result<CapacityChanged, CampusError> {
        let ChangeCapacity { course, capacity } = command.clone();
        if self.defined_capacity(&course)? == capacity {
            return Err(CampusError::CapacityUnchanged { capacity });
        }
        if self.taken > capacity {
            return Err(CampusError::CapacityBelowTaken { capacity, taken: self.taken });
        }
        Ok(CapacityChanged { course, capacity })
    }
}
