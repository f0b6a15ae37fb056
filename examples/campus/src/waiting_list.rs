//! Who waits for a seat in a full course, and how the next free seat finds them.

use eskit::LoadError;
use eskit::prelude::*;
use eskit::processor::Effect;

use crate::{
    CampusError, CapacityChanged, CourseId, Enroll, Enrollment, Seats, StudentEnrolled, StudentId, StudentLeft,
};

/// A student waits for a seat in a full course.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct SeatAwaited {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student.
    #[tag("student")]
    pub student: StudentId,
}

/// Wait for a seat in a full course.
#[derive(Command, Clone, Debug)]
pub struct AwaitSeat {
    /// The course.
    #[tag("course")]
    pub course: CourseId,
    /// The student.
    #[tag("student")]
    pub student: StudentId,
}

/// The students who wait for a seat in one course, the first of them first.
#[aggregate(tag = "course", key = CourseId)]
#[derive(Default, Clone, PartialEq, Debug)]
pub struct WaitingList {
    students: Vec<StudentId>,
}

impl WaitingList {
    /// Who waits, the first of them first.
    pub fn students(&self) -> &[StudentId] {
        &self.students
    }
}

#[decider]
impl WaitingList {
    #[evolve]
    fn awaited(&mut self, event: &SeatAwaited) {
        self.students.push(event.student.clone());
    }

    #[evolve]
    fn enrolled(&mut self, event: &StudentEnrolled) {
        self.students.retain(|student| *student != event.student);
    }
}

#[decider]
fn await_seat(
    command: &AwaitSeat,
    seats: &Seats,
    list: &WaitingList,
    enrollment: &Enrollment,
) -> Result<SeatAwaited, CampusError> {
    let AwaitSeat { course, student } = command.clone();
    let capacity = seats.defined_capacity(&course)?;
    if enrollment.is_enrolled() {
        return Err(CampusError::EnrolledAlready { student, course });
    }
    if seats.taken() < capacity {
        return Err(CampusError::SeatsFree { course });
    }
    if list.students.contains(&student) {
        return Err(CampusError::WaitsAlready { student, course });
    }
    Ok(SeatAwaited { course, student })
}

/// Gives free seats to those who wait. A student who has five courses by now is passed over, and waits on.
pub struct SeatGiver;

#[processor(name = "seat-giver", from = "beginning")]
impl SeatGiver {
    #[on(refused = "skip")]
    async fn left(&self, event: &StudentLeft, cx: &mut Effect<'_>) -> Result<Vec<Enroll>, LoadError> {
        enroll_all(&event.course, cx).await
    }

    #[on(refused = "skip")]
    async fn capacity_changed(&self, event: &CapacityChanged, cx: &mut Effect<'_>) -> Result<Vec<Enroll>, LoadError> {
        enroll_all(&event.course, cx).await
    }
}

/// Asks for a seat for each who waits. The decider gives out those that are there, in this order.
async fn enroll_all(course: &CourseId, cx: &mut Effect<'_>) -> Result<Vec<Enroll>, LoadError> {
    let list = cx.load::<WaitingList>(course).await?;
    let enroll = |student: &StudentId| Enroll { course: course.clone(), student: student.clone() };
    Ok(list.students.iter().map(enroll).collect())
}
