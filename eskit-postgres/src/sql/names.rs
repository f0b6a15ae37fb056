use std::fmt::Write as _;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::store_kit::fnv1a;

/// The schema of a log unless another one is chosen.
pub(crate) const DEFAULT_SCHEMA: &str = "eskit";
/// Bytes that PostgreSQL keeps of an identifier.
const IDENTIFIER_BYTES_MAX: usize = 63;
/// Bytes of a table prefix: the longest name that follows it fits behind.
const PREFIX_BYTES_MAX: usize = 32;

/// What the templates name as `{..}`, and what stands for it behind the prefix.
const OBJECTS: [&str; 12] = [
    "log",
    "events",
    "tags",
    "closed_streams",
    "migrations",
    "take_turn_v1",
    "expect_v1",
    "log_v1",
    "newest_v1",
    "first_version_v1",
    "append_v1",
    "append_one_v1",
];

/// Operators of PostgreSQL itself. One that is written without its schema is looked for along the session's `search_path`,
/// where a schema of the user may offer another.
pub(crate) const EQ: &str = "OPERATOR(pg_catalog.=)";
pub(crate) const NE: &str = "OPERATOR(pg_catalog.<>)";
pub(crate) const LT: &str = "OPERATOR(pg_catalog.<)";
pub(crate) const LE: &str = "OPERATOR(pg_catalog.<=)";
pub(crate) const GT: &str = "OPERATOR(pg_catalog.>)";
pub(crate) const GE: &str = "OPERATOR(pg_catalog.>=)";

/// The operators as the templates of statements name them. Those of migrations run with a path of their own.
const OPERATORS: [(&str, &str); 6] =
    [("{EQ}", EQ), ("{NE}", NE), ("{LT}", LT), ("{LE}", LE), ("{GT}", GT), ("{GE}", GE)];

/// The names of one log's tables and functions: a schema, and a prefix for everything in it. Both were validated, and
/// every name is quoted where it enters SQL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Names {
    schema: String,
    prefix: String,
}

impl Names {
    /// Checks both parts.
    pub(crate) fn new(schema: &str, prefix: &str) -> Result<Names, StoreError> {
        check("schema", schema, IDENTIFIER_BYTES_MAX)?;
        if schema.starts_with("pg_") {
            return Err(invalid(format!("the schema `{schema}` begins with `pg_`, which PostgreSQL keeps for itself")));
        }
        if !prefix.is_empty() {
            check("table prefix", prefix, PREFIX_BYTES_MAX)?;
        }
        Ok(Names { schema: schema.to_owned(), prefix: prefix.to_owned() })
    }

    /// The schema as it is written in SQL.
    pub(crate) fn schema(&self) -> String {
        quoted(&self.schema)
    }

    /// The schema as the catalog holds it.
    pub(crate) fn schema_name(&self) -> &str {
        &self.schema
    }

    /// A table as the catalog holds it.
    pub(crate) fn table_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A table or function with its schema, as it is written in SQL.
    pub(crate) fn qualified(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table_name(name)))
    }

    /// Puts the names into a template: `{events}` becomes the quoted table with its schema, `{index:events_id}` the
    /// quoted name of an index, `{EQ}` the operator with its schema.
    pub(crate) fn render(&self, template: &str) -> String {
        let mut sql = template.to_owned();
        for (name, operator) in OPERATORS {
            sql = sql.replace(name, operator);
        }
        for name in OBJECTS {
            sql = sql.replace(&format!("{{{name}}}"), &self.qualified(name));
        }
        while let Some((before, rest)) = sql.split_once("{index:")
            && let Some((name, after)) = rest.split_once('}')
        {
            sql = format!("{before}{}{after}", quoted(&format!("{}{name}", self.prefix)));
        }
        sql
    }

    /// What the schemas of this log's read models begin with, so that those of two logs in one database are apart: nothing for the log that
    /// has the default schema and no prefix.
    pub(crate) fn of_read_models(&self) -> String {
        let schema = if self.schema == DEFAULT_SCHEMA { String::new() } else { format!("{}_", self.schema) };
        schema + &self.prefix
    }

    /// The channel on which commits are announced. Hashed, since a channel is no longer than an identifier.
    pub(crate) fn channel(&self) -> String {
        let mut channel = String::from("eskit_");
        let _ = write!(channel, "{:016x}", fnv1a(self.to_string().as_bytes()));
        channel
    }
}

/// As people write it: `eskit.events` is the table of events, `eskit.` what all names have in common.
impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}*", self.schema, self.prefix)
    }
}

fn check(what: &str, name: &str, max: usize) -> Result<(), StoreError> {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts_well = name.bytes().next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_');
    if starts_well && name.bytes().all(is_word) && name.len() <= max {
        return Ok(());
    }
    let shown: String = name.chars().take(64).collect();
    Err(invalid(format!(
        "the {what} {shown:?} is no name that can be used: write 1 to {max} of `a-z`, `0-9` and `_`, no digit first"
    )))
}

fn invalid(text: String) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, text)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_validated() {
        for bad in ["", "Events", "1st", "a b", "a\"b", "a;--", "pg_catalog", "ä", &"x".repeat(64)] {
            let error = Names::new(bad, "").unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{bad}");
        }
        for bad in ["A", "a-b", "a\0", &"x".repeat(33)] {
            assert!(Names::new("eskit", bad).unwrap_err().to_string().contains("table prefix"), "{bad}");
        }
        assert!(Names::new("_a1", "es_").is_ok());
    }

    #[test]
    fn templates_get_quoted_names() {
        let names = Names::new("app", "es_").unwrap();
        let sql = names.render("CREATE INDEX {index:events_id} ON {events} (id); SELECT '{}' FROM {log}");
        assert_eq!(sql, r#"CREATE INDEX "es_events_id" ON "app"."es_events" (id); SELECT '{}' FROM "app"."es_log""#);
        assert!(names.channel().len() < IDENTIFIER_BYTES_MAX);
        assert_ne!(names.channel(), Names::new("app", "").unwrap().channel());
    }
}
