-- The log. `pos` is explicit and contiguous in commit order.
CREATE TABLE events (
    pos            INTEGER PRIMARY KEY,
    id             BLOB    NOT NULL,
    type           TEXT    NOT NULL,
    schema_version INTEGER NOT NULL,
    stream_type    TEXT,
    stream_id      TEXT,
    version        INTEGER,
    -- The index of the event within its append, from 0: where an append begins and ends.
    part           INTEGER NOT NULL,
    -- `key:value` pairs separated by NUL; NULL for none.
    tags           BLOB,
    -- JSON; NULL for none.
    metadata       TEXT,
    -- NULL for application/json.
    content_type   TEXT,
    -- Microseconds since 1970-01-01T00:00:00Z.
    recorded_at    INTEGER NOT NULL,
    payload        BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_id ON events (id);

CREATE UNIQUE INDEX events_stream ON events (stream_type, stream_id, version) WHERE stream_id IS NOT NULL;

-- One row for each tag of an event. With the type in the key, a condition on a tag and a type is one seek however many
-- events carry the tag.
CREATE TABLE tags (
    tag  TEXT    NOT NULL,
    type TEXT    NOT NULL,
    pos  INTEGER NOT NULL,
    PRIMARY KEY (tag, type, pos)
) STRICT, WITHOUT ROWID;

-- The last position of each wire name (kind 0) and each stream type (kind 1): bounds for scans that no tag, stream or id
-- narrows.
CREATE TABLE names (
    kind INTEGER NOT NULL,
    name TEXT    NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
