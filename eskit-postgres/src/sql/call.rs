use std::fmt::Write as _;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, PgConnection, Postgres, Type};

use crate::error::Fault;

/// A call of a function of the log, with each argument given by the name of its parameter.
pub(crate) struct Call {
    sql: String,
    arguments: PgArguments,
    /// Why the first argument that could not be encoded was not.
    failure: Option<BoxDynError>,
}

impl Call {
    /// A call of a function, by its name with its schema as it is written in SQL.
    pub(crate) fn of(function: &str) -> Call {
        let mut sql = String::with_capacity(1536);
        sql.push_str("SELECT * FROM ");
        sql.push_str(function);
        Call { sql, arguments: PgArguments::default(), failure: None }
    }

    /// Gives an argument.
    pub(crate) fn with<'t, T>(mut self, parameter: &'static str, value: T) -> Call
    where
        T: Encode<'t, Postgres> + Type<Postgres>,
    {
        let before = if self.arguments.len() == 0 { "(" } else { ", " };
        if let Err(error) = self.arguments.add(value) {
            self.failure.get_or_insert(error);
        }
        let _ = write!(self.sql, "{before}{parameter} => ${}", self.arguments.len());
        self
    }

    /// Calls the function, which returns one row.
    pub(crate) async fn run(mut self, conn: &mut PgConnection) -> Result<PgRow, Fault> {
        if let Some(error) = self.failure {
            return Err(sqlx::Error::Encode(error).into());
        }
        self.sql.push(')');
        let mut rows = sqlx::query_with(AssertSqlSafe(self.sql), self.arguments).fetch_all(conn).await?;
        match (rows.pop(), rows.len()) {
            (Some(row), 0) => Ok(row),
            (row, others) => {
                let found = others + usize::from(row.is_some());
                Err(Fault::Damaged(format!("a function of the log returned {found} rows instead of one")))
            }
        }
    }

    /// Fails unless this call gives each parameter of a function, and none that it does not have. The text is that of its migration.
    #[cfg(test)]
    pub(crate) fn assert_complete(&self, migration: &str) {
        let is_in = |line: &&str| line.starts_with("IN ");
        let parameters = migration.lines().map(str::trim).filter(is_in);
        let mut wanted: Vec<&str> = parameters.filter_map(|line| line.split_whitespace().nth(1)).collect();
        let (_, given) = self.sql.split_once('(').unwrap();
        let mut given: Vec<&str> = given.split(", ").filter_map(|argument| argument.split(" => ").next()).collect();
        assert!(!wanted.is_empty());
        wanted.sort_unstable();
        given.sort_unstable();
        assert_eq!(given, wanted);
    }
}
