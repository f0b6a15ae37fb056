use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use sqlx::{PgPool, PgTransaction};

use crate::error::Fault;
use crate::sql::names::Names;
use crate::sql::safe::Sql;
use crate::views::open::pin_path;
use crate::views::statements::BEGIN;

/// The version of the tables below.
const FORMAT: i32 = 1;

/// The names are those of a schema that was checked; everything else is looked for in `pg_catalog`.
const CREATE: &str = "\
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE {schema}.format (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version integer NOT NULL,
    -- How many keys are destroyed.
    destroyed bigint NOT NULL DEFAULT 0
);
INSERT INTO {schema}.format (version) VALUES (1);

-- The keys of subjects of personal data, each wrapped by a master key. A key that was destroyed keeps its row, without the key.
CREATE TABLE {schema}.keys (
    id      uuid  PRIMARY KEY,
    log     uuid  NOT NULL,
    kind    text  COLLATE \"C\" NOT NULL,
    subject text  COLLATE \"C\" NOT NULL,
    master  text  COLLATE \"C\",
    wrapped bytea,
    CHECK ((master IS NULL) = (wrapped IS NULL))
);
-- Statistics would hold copies of keys in another table, for as long as the table is not analyzed again.
ALTER TABLE {schema}.keys ALTER COLUMN wrapped SET STATISTICS 0;
CREATE UNIQUE INDEX key_of_subject ON {schema}.keys (log, kind, subject) WHERE wrapped IS NOT NULL;
CREATE INDEX keys_of_subject ON {schema}.keys (log, kind, subject, id);

-- Up to where each log was searched for records of forgotten subjects.
CREATE TABLE {schema}.searched (
    log   uuid NOT NULL,
    reader text COLLATE \"C\" NOT NULL,
    place text NOT NULL,
    PRIMARY KEY (log, reader)
);
";

/// Options for opening [`PostgresKeyStore`](crate::PostgresKeyStore).
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
/// # async fn example(pool: sqlx::PgPool) -> Result<(), eskit::StoreError> {
/// use eskit::postgres::PostgresKeyStore;
///
/// let keys = PostgresKeyStore::options().schema("shop_keys").open(pool).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostgresKeyStoreOptions {
    schema: String,
    create: bool,
}

impl Default for PostgresKeyStoreOptions {
    fn default() -> PostgresKeyStoreOptions {
        PostgresKeyStoreOptions { schema: "eskit_keys".to_owned(), create: true }
    }
}

impl PostgresKeyStoreOptions {
    /// The schema of the tables: `a-z`, `0-9` and `_`; `eskit_keys` without this.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> PostgresKeyStoreOptions {
        self.schema = schema.into();
        self
    }

    /// Whether to create the tables if they are missing. Otherwise that is an error.
    #[must_use]
    pub fn create(mut self, create: bool) -> PostgresKeyStoreOptions {
        self.create = create;
        self
    }

    /// Creates the tables if they are missing, and returns their schema: as it is, and quoted.
    pub(super) async fn prepare(self, pool: &PgPool) -> Result<(String, String), StoreError> {
        let names = Names::new(&self.schema, "")?;
        let schema = names.schema();
        let to_do = format!("open the keys `{}`", self.schema);
        let fail = |fault: Fault| fault.into_failure(&to_do);
        let mut transaction = begin(pool).await.map_err(fail)?;
        // Of several processes, one creates the tables.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("{} keys", names.channel()))
            .execute(&mut *transaction)
            .await
            .map_err(|error| fail(error.into()))?;
        if !has_tables(&mut transaction, &self.schema).await.map_err(fail)? {
            if !self.create {
                let text = format!(
                    "there are no keys in the schema `{}` of this database\nhelp: check the database and the schema",
                    self.schema
                );
                return Err(StoreError::new(StoreErrorKind::Unavailable, text));
            }
            let create = Sql::new(CREATE.replace("{schema}", &schema));
            sqlx::raw_sql(create.safe()).execute(&mut *transaction).await.map_err(|error| fail(error.into()))?;
        }
        let version = Sql::new(format!("SELECT version FROM {schema}.format"));
        let version: i32 = sqlx::query_scalar(version.safe())
            .fetch_one(&mut *transaction)
            .await
            .map_err(|error| fail(error.into()))?;
        if version > FORMAT {
            let text = format!(
                "the keys `{}` have version {version}, but this program knows versions up to {FORMAT}\nhelp: update the program",
                self.schema
            );
            return Err(StoreError::new(StoreErrorKind::Foreign, text));
        }
        transaction.commit().await.map_err(|error| fail(error.into()))?;
        Ok((self.schema, schema))
    }
}

/// A transaction in which names mean what PostgreSQL means by them.
pub(super) async fn begin(pool: &PgPool) -> Result<PgTransaction<'static>, Fault> {
    let mut transaction = pool.begin_with(BEGIN).await?;
    pin_path(&mut transaction).await?;
    Ok(transaction)
}

async fn has_tables(transaction: &mut PgTransaction<'static>, schema: &str) -> Result<bool, Fault> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relname = ANY ('{format,keys,searched}'::text[])",
    )
    .bind(schema)
    .fetch_one(&mut **transaction)
    .await?;
    match tables {
        0 => Ok(false),
        3 => Ok(true),
        _ => Err(Fault::Foreign(format!(
            "tables of another program stand in the schema `{schema}`, where those of the keys belong\nhelp: choose another schema with \
                 `PostgresKeyStore::options().schema(\"..\")`"
        ))),
    }
}
