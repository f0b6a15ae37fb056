use eskit_runtime::StoreError;

use crate::sql::names::Names;
use crate::sql::safe::Sql;

/// The version of the tables below.
pub(crate) const FORMAT: i32 = 1;

/// The tables and sequences of the views.
const TABLES: [&str; 10] = [
    "format",
    "versions",
    "checkpoints",
    "parked",
    "snapshots",
    "work",
    "work_number",
    "commands",
    "steps",
    "requests",
];

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

-- Commands: who sent what, when, and what came of it. What is not looked for is JSON.
CREATE TABLE {commands} (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    command     text   COLLATE \"C\" NOT NULL,
    began_at    bigint NOT NULL,
    outcome     text   COLLATE \"C\" NOT NULL,
    correlation text   COLLATE \"C\",
    first_pos   bigint,
    last_pos    bigint,
    rest        text   NOT NULL
);
CREATE INDEX commands_by_name ON {commands} (command, id);
CREATE INDEX commands_by_age ON {commands} (began_at);
CREATE INDEX commands_by_correlation ON {commands} (correlation, id) WHERE correlation IS NOT NULL;
CREATE INDEX commands_by_position ON {commands} (last_pos) WHERE last_pos IS NOT NULL;

-- The numbers of items of work, and of their claims.
CREATE SEQUENCE {work_number};

-- Items of work, of all lists. A claim changes no indexed column. Times are microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE {work} (
    list      text    COLLATE \"C\" NOT NULL,
    number    bigint  NOT NULL,
    id        text    COLLATE \"C\" NOT NULL,
    key       text    COLLATE \"C\" NOT NULL,
    kind      text    COLLATE \"C\" NOT NULL,
    -- The event that opened it, if one did.
    pos       bigint,
    event_id  uuid,
    payload   text,
    due       bigint  NOT NULL,
    -- When it was due, or opened or changed if that was later: so items get in line at its end.
    ready     bigint  NOT NULL,
    -- Whether it stands in line: not after it was seen to wait behind another item of its key, or parked.
    in_line   boolean NOT NULL,
    is_parked boolean NOT NULL,
    attempts  bigint  NOT NULL,
    text      text    NOT NULL,
    epoch     bigint  NOT NULL,
    -- The end of its claim, by the clock of the server.
    until     bigint,
    opened_at bigint  NOT NULL,
    -- The transaction that opened it, or let it be tried again by hand.
    changed_by bigint NOT NULL,
    PRIMARY KEY (list, number),
    UNIQUE (list, id)
) WITH (fillfactor = 50);
CREATE INDEX work_by_key ON {work} (list, key, number);
CREATE INDEX work_in_line ON {work} (list, kind, ready, due, number) WHERE in_line;
CREATE INDEX work_changes ON {work} (list, changed_by);

-- Effects of items of work, and of events, that must not be repeated blindly.
CREATE TABLE {steps} (
    list     text   COLLATE \"C\" NOT NULL,
    -- The id of the item or of the event.
    owner    text   COLLATE \"C\" NOT NULL,
    name     text   COLLATE \"C\" NOT NULL,
    -- Where the event is, and which part of the subscription takes it.
    pos      bigint,
    part     bigint,
    -- How often it was begun, when first, and in which epoch last of its item or of the checkpoint; 0 for a parked event.
    begun    bigint NOT NULL,
    begun_at bigint NOT NULL,
    epoch    bigint NOT NULL,
    -- Once it has ended.
    result   text,
    PRIMARY KEY (list, owner, name)
);
CREATE INDEX steps_by_pos ON {steps} (list, pos) WHERE pos IS NOT NULL;

-- What was asked last of each version of a subscription, from outside of the programs that run it. Views that were made before there was
-- this table have none.
CREATE TABLE {requests} (
    name      text    COLLATE \"C\" NOT NULL,
    version   bigint  NOT NULL,
    number    bigint  NOT NULL,
    asked     text    COLLATE \"C\" NOT NULL,
    argument  text,
    -- Microseconds since 1970-01-01T00:00:00Z.
    asked_at  bigint  NOT NULL,
    -- Since when it is paused, whatever was asked since.
    paused_at bigint,
    -- What came of it.
    ended_at  bigint,
    is_done   boolean,
    text      text,
    PRIMARY KEY (name, version)
);
";

/// The names of the tables of the views, all in one schema.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    names: Names,
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
        Sql::new(format!("CREATE SCHEMA IF NOT EXISTS {}", self.names.schema()))
    }

    /// Puts names and operators into a template: `{parked}` becomes the quoted table with its schema.
    pub(crate) fn sql(&self, template: &str) -> Sql {
        let mut sql = self.names.render(template);
        for table in TABLES {
            sql = sql.replace(&format!("{{{table}}}"), &self.names.qualified(table));
        }
        Sql::new(sql)
    }
}
