//! What each command does, given what happened before.

use campus::{
    AwaitSeat, CampusError, CapacityChanged, ChangeCapacity, CourseDefined, CourseId, DefineCourse, Enroll, Enrollment,
    Leave, Schedule, SeatAwaited, Seats, StudentEnrolled, StudentId, StudentLeft,
};
use eskit::testing::given;

fn course(name: &str) -> CourseId {
    CourseId::new(name)
}

fn student(name: &str) -> StudentId {
    StudentId::new(name)
}

fn defined(name: &str, capacity: u32) -> CourseDefined {
    CourseDefined { course: course(name), capacity }
}

fn enrolled(student_name: &str, course_name: &str) -> StudentEnrolled {
    StudentEnrolled { course: course(course_name), student: student(student_name) }
}

fn left(student_name: &str, course_name: &str) -> StudentLeft {
    StudentLeft { course: course(course_name), student: student(student_name) }
}

fn enroll(student_name: &str, course_name: &str) -> Enroll {
    Enroll { course: course(course_name), student: student(student_name) }
}

#[test]
fn a_course_is_defined_once() {
    let define = DefineCourse { course: course("maths"), capacity: 2 };
    given(()).when(define.clone()).then(defined("maths", 2));
    given(defined("art", 2)).when(define.clone()).then(defined("maths", 2));
    given(defined("maths", 9)).when(define).then_error(CampusError::CourseExists { course: course("maths") });
}

#[test]
fn a_course_without_seats_is_still_defined() {
    given(defined("maths", 0))
        .when(DefineCourse { course: course("maths"), capacity: 2 })
        .then_error(CampusError::CourseExists { course: course("maths") });
}

#[test]
fn the_capacity_changes_but_not_below_the_seats_taken() {
    let change = |capacity| ChangeCapacity { course: course("maths"), capacity };
    let history = (defined("maths", 3), enrolled("ada", "maths"), enrolled("bob", "maths"));
    given(history.clone())
        .when(change(2))
        .then(CapacityChanged { course: course("maths"), capacity: 2 })
        .then_state(|seats| assert_eq!((seats.taken(), seats.capacity()), (2, 2)));
    given(history.clone()).when(change(3)).then_error(CampusError::CapacityUnchanged { capacity: 3 });
    given(history).when(change(1)).then_error(CampusError::CapacityBelowTaken { capacity: 1, taken: 2 });
    given(()).when(change(1)).then_error(CampusError::CourseUnknown { course: course("maths") });
}

#[test]
fn a_student_enrolls_while_there_are_seats() {
    let full = CampusError::CourseFull { course: course("maths"), capacity: 2 };
    let history = (defined("maths", 2), enrolled("ada", "maths"));
    given(history.clone()).when(enroll("bob", "maths")).then(enrolled("bob", "maths"));
    given(history.clone()).and(enrolled("eve", "maths")).when(enroll("bob", "maths")).then_error(full.clone());
    given(()).when(enroll("bob", "maths")).then_error(CampusError::CourseUnknown { course: course("maths") });
    // A seat that is given up, and one that is added, can be taken.
    given(history.clone())
        .and((enrolled("eve", "maths"), left("ada", "maths")))
        .when(enroll("bob", "maths"))
        .then(enrolled("bob", "maths"));
    given(history)
        .and((enrolled("eve", "maths"), CapacityChanged { course: course("maths"), capacity: 3 }))
        .when(enroll("bob", "maths"))
        .then(enrolled("bob", "maths"));
}

#[test]
fn a_student_enrolls_in_a_course_once_at_a_time() {
    let already = CampusError::EnrolledAlready { student: student("ada"), course: course("maths") };
    let history = (defined("maths", 1), enrolled("ada", "maths"));
    // Said before the lack of seats: the student has one of them.
    given(history.clone()).when(enroll("ada", "maths")).then_error(already);
    given(history).and(left("ada", "maths")).when(enroll("ada", "maths")).then(enrolled("ada", "maths"));
}

#[test]
fn a_student_takes_five_courses_at_most() {
    let names = ["art", "chess", "drama", "latin", "music"];
    let history = given(defined("maths", 30)).and(names.map(|name| enrolled("ada", name)));
    history
        .clone()
        .when(enroll("ada", "maths"))
        .then_error(CampusError::ScheduleFull { student: student("ada"), courses: 5 });
    history.clone().when(enroll("bob", "maths")).then(enrolled("bob", "maths"));
    history
        .and(left("ada", "chess"))
        .when(enroll("ada", "maths"))
        .then(enrolled("ada", "maths"))
        .then_state_of::<Schedule>(student("ada"), |schedule| assert_eq!(schedule.courses(), 5));
}

#[test]
fn only_who_is_enrolled_can_leave() {
    let leave = Leave { course: course("maths"), student: student("ada") };
    let not_enrolled = CampusError::NotEnrolled { student: student("ada"), course: course("maths") };
    let history = (defined("maths", 2), enrolled("ada", "maths"), enrolled("bob", "maths"));
    given(history.clone())
        .when(leave.clone())
        .then(left("ada", "maths"))
        .then_state_eq(Enrollment::default())
        .then_state_of::<Seats>(course("maths"), |seats| assert_eq!(seats.taken(), 1));
    given(history).and(left("ada", "maths")).when(leave.clone()).then_error(not_enrolled.clone());
    // The seat of another student, or in another course, does not count.
    given((defined("maths", 2), enrolled("bob", "maths"), enrolled("ada", "art"))).when(leave).then_error(not_enrolled);
}

#[test]
fn a_student_waits_for_a_seat_in_a_full_course() {
    let awaits = AwaitSeat { course: course("maths"), student: student("eve") };
    let awaited = SeatAwaited { course: course("maths"), student: student("eve") };
    let full = (defined("maths", 1), enrolled("ada", "maths"));
    given(full.clone()).when(awaits.clone()).then(awaited.clone());
    given(defined("maths", 1)).when(awaits.clone()).then_error(CampusError::SeatsFree { course: course("maths") });
    given((full, awaited))
        .when(awaits)
        .then_error(CampusError::WaitsAlready { student: student("eve"), course: course("maths") });
    given((defined("maths", 1), enrolled("eve", "maths")))
        .when(AwaitSeat { course: course("maths"), student: student("eve") })
        .then_error(CampusError::EnrolledAlready { student: student("eve"), course: course("maths") });
}

#[test]
fn refusals_say_why() {
    let full = CampusError::CourseFull { course: course("maths"), capacity: 2 };
    assert_eq!(full.to_string(), "course `maths` is full: all 2 seats are taken");
}
