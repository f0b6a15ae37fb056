use std::sync::Arc;

use sqlx::AssertSqlSafe;

/// A statement with names and operators put in: what is in it are templates and validated names.
#[derive(Clone, Debug)]
pub(crate) struct Sql(Arc<str>);

impl Sql {
    pub(crate) fn new(text: String) -> Sql {
        Sql(text.into())
    }

    /// For a query of sqlx.
    pub(crate) fn safe(&self) -> AssertSqlSafe<Arc<str>> {
        AssertSqlSafe(Arc::clone(&self.0))
    }
}
