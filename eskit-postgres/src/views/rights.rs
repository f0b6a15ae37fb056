use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use sqlx::PgConnection;

use crate::error::Fault;

use super::schema::quoted;

/// Who wants to create a schema, and where.
pub(crate) struct Rights {
    database: String,
    pub(crate) role: String,
}

impl Rights {
    pub(crate) async fn of(conn: &mut PgConnection) -> Result<Rights, Fault> {
        let sql = "SELECT pg_catalog.current_database()::pg_catalog.text, CURRENT_USER::pg_catalog.text";
        let (database, role) = sqlx::query_as(sql).fetch_one(conn).await?;
        Ok(Rights { database, role })
    }

    /// Why a schema could not be created.
    pub(crate) fn explain(&self, fault: Fault, to_do: &str) -> StoreError {
        if fault.code() != "42501" {
            return fault.into_failure(to_do);
        }
        let grant = format!("GRANT CREATE ON DATABASE {} TO {}", quoted(&self.database), quoted(&self.role));
        refused(&fault, to_do, &grant)
    }

    /// Why the tables of the views cannot be used, or a schema of a read model.
    pub(crate) fn explain_use(&self, fault: &Fault, to_do: &str, schema: &str) -> StoreError {
        let (quoted_schema, role) = (quoted(schema), quoted(&self.role));
        let grant = format!(
            "GRANT USAGE ON SCHEMA {quoted_schema} TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \
             {quoted_schema} TO {role}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA {quoted_schema} TO {role}; and let {role} own the schemas of the read models"
        );
        refused(fault, to_do, &grant)
    }
}

/// The role lacks a right, which this statement grants.
pub(crate) fn refused(fault: &Fault, to_do: &str, grant: &str) -> StoreError {
    let text = format!("cannot {to_do}: {fault}\nhelp: run as the owner: {grant}");
    StoreError::new(StoreErrorKind::Denied, text)
}
