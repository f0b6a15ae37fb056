use std::sync::Arc;

use eskit_runtime::StoreError;
use sqlx::AssertSqlSafe;

use crate::sql::names::Names;

/// The version of the tables below.
pub(crate) const FORMAT: i32 = 1;

/// The tables of the views.
const TABLES: [&str; 5] = ["format", "versions", "checkpoints", "parked", "snapshots"];

/// What the views need besides the schemas of the read models.
const CREATE: &str = "\
CREATE TABLE {format} (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version integer NOT NULL
);
INSERT INTO {format} (version) VALUES (1);

-- The versions of each read model, and the schema in which each lives.
CREATE TABLE {versions} (
    name      text    COLLATE \"C\" NOT NULL,
    version   bigint  NOT NULL,
    schema    text    COLLATE \"C\" NOT NULL UNIQUE,
    -- Whether readers see it.
    is_active boolean NOT NULL,
    PRIMARY KEY (name, version)
);

-- How far each subscription has come, one row for each of its parts.
CREATE TABLE {checkpoints} (
    name     text    COLLATE \"C\" NOT NULL,
    version  bigint  NOT NULL,
    part     bigint  NOT NULL,
    parts    bigint  NOT NULL,
    log      uuid    NOT NULL,
    pos      bigint  NOT NULL,
    event_id uuid,
    -- How often it was claimed.
    epoch    bigint  NOT NULL,
    events   text[]  NOT NULL,
    -- Whether this part of the read model is fit to be seen.
    is_ready boolean NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z.
    saved_at bigint  NOT NULL,
    -- How often handlers have changed the read model.
    changes  bigint  NOT NULL DEFAULT 0,
    -- The claim, and until when it holds if it is not renewed, by the clock of the server.
    owner    uuid,
    until    timestamptz,
    PRIMARY KEY (name, version, part),
    FOREIGN KEY (name, version) REFERENCES {versions} ON DELETE CASCADE
) WITH (fillfactor = 50);

-- Events that wait after their handler failed, or behind such an event with the same key.
CREATE TABLE {parked} (
    name      text    COLLATE \"C\" NOT NULL,
    version   bigint  NOT NULL,
    pos       bigint  NOT NULL,
    event_id  uuid    NOT NULL,
    key       text    COLLATE \"C\" NOT NULL,
    text      text    NOT NULL,
    attempts  bigint  NOT NULL,
    parked_at bigint  NOT NULL,
    PRIMARY KEY (name, version, pos)
);
CREATE INDEX parked_key ON {parked} (name, version, key);

-- States of aggregates, each with the place of its last event. Another fingerprint is that of another program.
CREATE TABLE {snapshots} (
    log         uuid   NOT NULL,
    name        text   COLLATE \"C\" NOT NULL,
    key         text   COLLATE \"C\" NOT NULL,
    fingerprint bigint NOT NULL,
    pos         bigint NOT NULL,
    event_id    uuid   NOT NULL,
    version     bigint NOT NULL,
    state       json   NOT NULL,
    written_at  bigint NOT NULL,
    PRIMARY KEY (log, name, key, fingerprint)
) WITH (fillfactor = 50);
CREATE INDEX snapshots_by_age ON {snapshots} (log, name, written_at, fingerprint);
";

/// The names of the tables of the views, all in one schema.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    names: Names,
}

/// A statement with names and operators put in.
#[derive(Clone, Debug)]
pub(crate) struct Sql(Arc<str>);

impl Sql {
    /// For a query of sqlx: what is in it are templates and validated names.
    pub(crate) fn safe(&self) -> AssertSqlSafe<Arc<str>> {
        AssertSqlSafe(Arc::clone(&self.0))
    }
}

impl Tables {
    /// Checks the name of the schema.
    pub(crate) fn new(schema: &str) -> Result<Tables, StoreError> {
        Ok(Tables { names: Names::new(schema, "")? })
    }

    /// The schema as the catalog holds it.
    pub(crate) fn schema_name(&self) -> &str {
        self.names.schema_name()
    }

    /// What no two processes do at the same time: the name of a lock.
    pub(crate) fn channel(&self) -> String {
        self.names.channel()
    }

    /// The statements that create the tables.
    pub(crate) fn create(&self) -> Sql {
        self.sql(CREATE)
    }

    /// The statement that creates their schema.
    pub(crate) fn create_schema(&self) -> Sql {
        Sql(format!("CREATE SCHEMA IF NOT EXISTS {}", self.names.schema()).into())
    }

    /// Puts names and operators into a template: `{parked}` becomes the quoted table with its schema.
    pub(crate) fn sql(&self, template: &str) -> Sql {
        let mut sql = self.names.render(template);
        for table in TABLES {
            sql = sql.replace(&format!("{{{table}}}"), &self.names.qualified(table));
        }
        Sql(sql.into())
    }
}
