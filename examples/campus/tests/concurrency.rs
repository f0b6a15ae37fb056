//! Limits hold however many commands run at once.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::sync::Arc;

use campus::{CampusError, CourseId, DefineCourse, Enroll, Schedule, Seats, StudentId};
use eskit::RetryPolicy;
use eskit::execute::DomainError;
use eskit::prelude::*;
use tokio::task::JoinSet;

const STUDENTS: usize = 40;
const SEATS: u32 = 7;

async fn app() -> Arc<App<SqliteStore>> {
    let path = format!("{}/campus-{}.db", env!("CARGO_TARGET_TMPDIR"), eskit::log::EventId::new());
    let store = SqliteStore::open(path).await.unwrap();
    // Each winner sends all others back.
    Arc::new(App::new(store).with_retry(RetryPolicy::attempts(100)))
}

type Outcome = Result<u32, ExecuteError<DomainError<Enroll>>>;

/// Executes all commands at once: the attempts that each needed, or why it did not go through.
async fn execute_all(app: &Arc<App<SqliteStore>>, commands: impl IntoIterator<Item = Enroll>) -> Vec<Outcome> {
    let mut tasks = JoinSet::new();
    for command in commands {
        let app = Arc::clone(app);
        tasks.spawn(async move { app.execute(command).await.map(|executed| executed.attempts) });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_course_is_never_overbooked() {
    let app = app().await;
    let course = CourseId::new("maths");
    app.execute(DefineCourse { course: course.clone(), capacity: SEATS }).await.unwrap();
    let students = (0..STUDENTS).map(|number| StudentId::new(format!("student-{number}")));
    let outcomes = execute_all(&app, students.map(|student| Enroll { course: course.clone(), student })).await;

    let enrolled: Vec<u32> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
    assert_eq!(enrolled.len(), SEATS as usize);
    assert!(enrolled.iter().any(|attempts| *attempts > 1), "nobody met a conflict: {enrolled:?}");
    let full = Some(&CampusError::CourseFull { course: course.clone(), capacity: SEATS });
    assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|error| error.domain() == full));
    assert_eq!(app.load::<Seats>(course).await.unwrap().taken(), SEATS);
}

#[tokio::test]
async fn a_student_never_takes_more_than_five_courses() {
    let app = app().await;
    let courses: Vec<CourseId> = (0..STUDENTS).map(|number| CourseId::new(format!("course-{number}"))).collect();
    for course in &courses {
        app.execute(DefineCourse { course: course.clone(), capacity: 30 }).await.unwrap();
    }
    let ada = StudentId::new("ada");
    let outcomes = execute_all(&app, courses.into_iter().map(|course| Enroll { course, student: ada.clone() })).await;

    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    assert_eq!(app.load::<Schedule>(ada).await.unwrap().courses(), 5);
}
