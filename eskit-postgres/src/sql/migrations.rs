use eskit_runtime::StoreError;

use crate::sql::names::{DEFAULT_SCHEMA, Names};

/// The column type of payloads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum PayloadType {
    /// `bytea`: any format, byte for byte, and the fastest to read.
    #[default]
    Bytea,
    /// `json`: JSON payloads only, as text and byte for byte, open to SQL.
    Json,
    /// `jsonb`: JSON payloads only, open to SQL and to indexes. Reading costs about twice as much as with `bytea`.
    ///
    /// An event whose texts hold the NUL character is refused. Every number comes back with its value, but in PostgreSQL's own notation: `1e16` as
    /// `10000000000000000`, and `-0.0` as `0.0`, without its sign. That matters only to code that looks at the notation:
    /// `serde_json::Value` and untagged enums, which may take a float without a fraction for an integer. PostgreSQL also changes white
    /// space and the order of keys, and keeps the last of keys that repeat, which matters to maps that keep the order of insertion, and to
    /// `RawValue`.
    Jsonb,
}

impl PayloadType {
    /// The name of the type in SQL.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            PayloadType::Bytea => "bytea",
            PayloadType::Json => "json",
            PayloadType::Jsonb => "jsonb",
        }
    }

    /// The type with this name in SQL: `bytea`, `json` or `jsonb`.
    pub fn from_sql(name: &str) -> Option<PayloadType> {
        [PayloadType::Bytea, PayloadType::Json, PayloadType::Jsonb].into_iter().find(|known| known.sql() == name)
    }

    /// What the column of a deleted event holds.
    pub(crate) fn nothing(self) -> &'static str {
        match self {
            PayloadType::Bytea => "''::pg_catalog.bytea",
            PayloadType::Json => "'null'::pg_catalog.json",
            PayloadType::Jsonb => "'null'::pg_catalog.jsonb",
        }
    }

    /// The value for the column from an expression with the payload's bytes.
    fn encode(self, bytes: &str) -> String {
        match self {
            PayloadType::Bytea => bytes.to_owned(),
            PayloadType::Json => format!("convert_from({bytes}, 'UTF8')::json"),
            PayloadType::Jsonb => format!("convert_from({bytes}, 'UTF8')::jsonb"),
        }
    }

    /// The same in a statement, which is run with any search path.
    pub(crate) fn encode_in_statement(self, bytes: &str) -> String {
        match self {
            PayloadType::Bytea => bytes.to_owned(),
            PayloadType::Json | PayloadType::Jsonb => {
                format!("pg_catalog.convert_from({bytes}, 'UTF8')::pg_catalog.{}", self.sql())
            }
        }
    }

    /// The bytes that stand for the payload of a deleted event.
    pub(crate) fn nothing_bytes(self) -> &'static [u8] {
        match self {
            PayloadType::Bytea => b"",
            PayloadType::Json | PayloadType::Jsonb => b"null",
        }
    }

    /// The payload's bytes from an expression with the value of the column.
    pub(crate) fn decode(self, column: &str) -> String {
        match self {
            PayloadType::Bytea => column.to_owned(),
            PayloadType::Json | PayloadType::Jsonb => {
                format!("pg_catalog.convert_to({column}::pg_catalog.text, 'UTF8')")
            }
        }
    }
}

/// One step from an empty database to the tables and functions that this version needs.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// Counted from 1, without gaps. A published migration never changes.
    pub version: i32,
    /// What it adds, in one word.
    pub name: &'static str,
    /// The statements, to be run in one transaction. The last one records that the migration was applied.
    pub sql: String,
}

impl Migration {
    /// A file name for this migration: `0001_eskit_log.sql`.
    pub fn file_name(&self) -> String {
        format!("{:04}_eskit_{}.sql", self.version, self.name)
    }
}

/// Every migration, in order. `{..}` stands for what the options decide.
const TEMPLATES: [(&str, &str); 5] = [
    ("log", include_str!("../../migrations/0001_log.sql")),
    ("turn", include_str!("../../migrations/0002_turn.sql")),
    ("lookups", include_str!("../../migrations/0003_lookups.sql")),
    ("append", include_str!("../../migrations/0004_append.sql")),
    ("append_one", include_str!("../../migrations/0005_append_one.sql")),
];

/// The schema version that this program needs.
pub(crate) const SCHEMA_VERSION: i32 = TEMPLATES.len() as i32;

/// Entries of indexes that the check of one item of a condition may look at: others wait for the turn to append meanwhile.
pub(crate) const CONDITION_STEPS_MAX: usize = 10_000;

/// The migrations as SQL, to be run by other tools or other people.
///
/// ```
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
/// let migrations = eskit::postgres::migrations().schema("app").table_prefix("es_").sql()?;
/// assert_eq!(migrations[0].file_name(), "0001_eskit_log.sql");
/// assert!(migrations[0].sql.contains(r#"CREATE TABLE "app"."es_events""#));
/// # Ok::<(), eskit::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Migrations {
    schema: String,
    prefix: String,
    payload: PayloadType,
}

/// The migrations with the default names: schema `eskit`, no prefix, payloads as `bytea`.
pub fn migrations() -> Migrations {
    Migrations { schema: DEFAULT_SCHEMA.to_owned(), prefix: String::new(), payload: PayloadType::Bytea }
}

impl Migrations {
    /// The schema for the tables and functions; created if it does not exist.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Migrations {
        self.schema = schema.into();
        self
    }

    /// A prefix for the name of every table, index and function.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Migrations {
        self.prefix = prefix.into();
        self
    }

    /// The column type of payloads.
    #[must_use]
    pub fn payload_type(mut self, payload: PayloadType) -> Migrations {
        self.payload = payload;
        self
    }

    /// The migrations in order.
    ///
    /// # Errors
    /// `Invalid` for a schema or prefix that is not a plain name.
    pub fn sql(&self) -> Result<Vec<Migration>, StoreError> {
        let names = Names::new(&self.schema, &self.prefix)?;
        let mut all = all(&names, self.payload);
        for migration in &mut all {
            let begin = match migration.version {
                1 => beginning(&names),
                version => names.render(&EXPECT_PREDECESSOR.replace("{before}", &(version - 1).to_string())),
            };
            migration.sql = format!("{HOW_TO_RUN}{PIN_PATH}{begin}\n{}{RESTORE_PATH}", migration.sql);
        }
        Ok(all)
    }
}

/// Makes the table that notes which migrations were applied.
const CREATE_MIGRATIONS: &str = "\
-- Which migrations of eskit were applied.
CREATE TABLE IF NOT EXISTS {migrations} (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
";

/// The head of a migration that others run.
const HOW_TO_RUN: &str = "\
-- Run each file once, in order, and each in one transaction: psql -v ON_ERROR_STOP=1 --single-transaction -f <file>

";

/// Names mean what PostgreSQL means by them, whatever else the path of whoever runs a migration offers.
pub(crate) const PIN_PATH: &str = "\
SELECT pg_catalog.set_config('eskit.search_path', pg_catalog.current_setting('search_path'), true);
SET LOCAL search_path = pg_catalog, pg_temp;

";

const RESTORE_PATH: &str = "\
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('eskit.search_path'), true);
";

/// Fails when the migration before was not run.
const EXPECT_PREDECESSOR: &str = "\
DO $expect$
BEGIN
    IF NOT EXISTS (SELECT FROM {migrations} WHERE version = {before}) THEN
        RAISE EXCEPTION 'migration {before} of the log was not run';
    END IF;
END
$expect$;
";

/// Makes the schema, if it is missing, and the table of migrations. `IF NOT EXISTS` would ask for the right to make a schema also
/// where it is there.
pub(crate) fn beginning(names: &Names) -> String {
    format!(
        "DO $schema$\nBEGIN\n    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '{}') THEN\n        \
         CREATE SCHEMA {};\n    END IF;\nEND\n$schema$;\n\n{}",
        names.schema_name(),
        names.schema(),
        names.render(CREATE_MIGRATIONS)
    )
}

/// The migrations for a schema and a table of migrations that exist.
pub(crate) fn all(names: &Names, payload: PayloadType) -> Vec<Migration> {
    let rendered = |(version, (name, template)): (i32, (&'static str, &str))| {
        let sql = names.render(
            &template
                .replace("{payload_type}", payload.sql())
                .replace("{steps_max}", &CONDITION_STEPS_MAX.to_string())
                .replace("{payload_in}", &payload.encode("in_payload"))
                .replace("{payload_many}", &payload.encode("n.payload")),
        );
        let note = names.render("INSERT INTO {migrations} (version, name) VALUES");
        Migration { version, name, sql: format!("{sql}\n{note} ({version}, '{name}');\n") }
    };
    (1..).zip(TEMPLATES).map(rendered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_the_templates() {
        for payload in [PayloadType::Bytea, PayloadType::Json, PayloadType::Jsonb] {
            for migration in migrations().payload_type(payload).sql().unwrap() {
                assert!(!migration.sql.contains('{'), "{}", migration.sql);
            }
        }
    }

    #[test]
    fn names_that_are_no_names_are_refused() {
        assert!(migrations().schema("a\"; DROP").sql().is_err());
        assert!(migrations().table_prefix("-").sql().is_err());
    }
}
