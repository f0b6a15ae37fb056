//! Who is in which course: a read model with tables of its own.

use eskit::prelude::*;
use eskit::sqlite::{self, rusqlite};

use crate::{StudentEnrolled, StudentLeft};

const TABLE: &str = "CREATE TABLE enrollments (course TEXT, student TEXT, PRIMARY KEY (course, student))";
const ADD: &str = "INSERT INTO enrollments VALUES ($1, $2)";
const REMOVE: &str = "DELETE FROM enrollments WHERE course = $1 AND student = $2";

/// Who is in which course: a read model with tables of its own, in SQLite.
pub struct Rosters;

#[projection(name = "rosters")]
impl Rosters {
    #[tables]
    const SQL: &str = TABLE;

    /// Lists the courses whose names match a pattern, each with its students.
    pub const LIST: &str = "SELECT course, string_agg(student, ', ' ORDER BY student) FROM enrollments \
                            WHERE course LIKE $1 GROUP BY course ORDER BY course";

    #[on]
    fn enrolled(&self, event: &StudentEnrolled, tx: &mut sqlite::Tx) -> rusqlite::Result<()> {
        tx.execute(ADD, [event.course.to_string(), event.student.to_string()])?;
        Ok(())
    }

    #[on]
    fn left(&self, event: &StudentLeft, tx: &mut sqlite::Tx) -> rusqlite::Result<()> {
        tx.execute(REMOVE, [event.course.to_string(), event.student.to_string()])?;
        Ok(())
    }
}

/// As [`Rosters`], in PostgreSQL, with `async` methods.
#[cfg(feature = "postgres")]
pub mod postgres {
    use eskit::postgres::{self, sqlx};
    use eskit::prelude::*;

    use super::{ADD, REMOVE, TABLE};
    use crate::{CourseId, StudentEnrolled, StudentId, StudentLeft};

    /// Who is in which course.
    pub struct Rosters;

    #[projection(name = "postgres-rosters")]
    impl Rosters {
        #[tables]
        const SQL: &str = TABLE;

        /// As that of SQLite. From outside, a table is found in the schema that has the name of the projection.
        pub const LIST: &str = "SELECT course, string_agg(student, ', ' ORDER BY student) \
                                FROM postgres_rosters.enrollments WHERE course LIKE $1 GROUP BY course ORDER BY course";

        #[on]
        async fn enrolled(&self, event: &StudentEnrolled, tx: &mut postgres::Tx) -> sqlx::Result<()> {
            execute(ADD, &event.course, &event.student, tx).await
        }

        #[on]
        async fn left(&self, event: &StudentLeft, tx: &mut postgres::Tx) -> sqlx::Result<()> {
            execute(REMOVE, &event.course, &event.student, tx).await
        }
    }

    async fn execute(
        sql: &'static str,
        course: &CourseId,
        student: &StudentId,
        tx: &mut postgres::Tx,
    ) -> sqlx::Result<()> {
        sqlx::query(sql).bind(course.to_string()).bind(student.to_string()).execute(&mut **tx).await?;
        Ok(())
    }
}
