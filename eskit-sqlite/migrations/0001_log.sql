-- The log. `pos` is explicit and contiguous in commit order.
--
-- An event is read as two values: its payload, and the envelope, which holds all else but its place. The other columns hold
-- again what it is found by, and what people look for.
--
-- A deleted event keeps its row, so that its position and its id stay taken and a repeat of its append is recognised: `pos`,
-- `id`, `version`, `part` and `recorded_at` stay, `type` becomes '' (which no other event has), and everything else becomes
-- NULL or empty.
CREATE TABLE events (
    pos         INTEGER PRIMARY KEY,
    id          BLOB    NOT NULL,
    type        TEXT    NOT NULL,
    stream_type TEXT,
    stream_id   TEXT,
    version     INTEGER,
    -- The index of the event within its append, from 0: where an append begins and ends.
    part        INTEGER NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z.
    recorded_at INTEGER NOT NULL,
    -- Big-endian, texts in UTF-8: the format, 1 (1 byte), recorded_at (8), id (16), schema version (4), `part` and the number of
    -- events of the append (2 each); the lengths (4 each) of, and then: type, stream type, stream id, content type (empty for
    -- application/json), tags (`key:value`, separated by NUL), metadata (JSON; empty for none). Empty for a deleted event.
    envelope    BLOB    NOT NULL,
    payload     BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_id ON events (id);

-- Events are found by stream and by tag in two tables each. New entries go into the small one (`.._recent`), whose few pages
-- every commit writes anyway; from time to time all of them are moved to the large one, where each would else have cost a
-- page of its own in every commit. So whatever is recent lies behind all that is settled.
CREATE TABLE streams (
    stream_type TEXT    NOT NULL,
    stream_id   TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    pos         INTEGER NOT NULL,
    PRIMARY KEY (stream_type, stream_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE streams_recent (
    stream_type TEXT    NOT NULL,
    stream_id   TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    pos         INTEGER NOT NULL,
    PRIMARY KEY (stream_type, stream_id, version)
) STRICT, WITHOUT ROWID;

-- One row for each tag of an event, and one for the empty tag, which no event carries: by that one it is found by its type
-- alone. With the type in the key, a condition on a tag and a type is one seek however many events carry the tag.
CREATE TABLE tags (
    tag  TEXT    NOT NULL,
    type TEXT    NOT NULL,
    pos  INTEGER NOT NULL,
    PRIMARY KEY (tag, type, pos)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags_recent (
    tag  TEXT    NOT NULL,
    type TEXT    NOT NULL,
    pos  INTEGER NOT NULL,
    PRIMARY KEY (tag, type, pos)
) STRICT, WITHOUT ROWID;

-- The position up to which entries are settled, in one row.
CREATE TABLE settled (
    pos INTEGER NOT NULL
) STRICT;

INSERT INTO settled VALUES (0);

-- The position of the last settled event of each type of stream: bounds for walks over the log that nothing narrows.
CREATE TABLE stream_types (
    name TEXT    NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Streams that take no events. A stream without a row here is open.
CREATE TABLE closed_streams (
    stream_type TEXT    NOT NULL,
    stream_id   TEXT    NOT NULL,
    -- 1 archived, 2 tombstoned, 3 deleted.
    status      INTEGER NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z.
    closed_at   INTEGER NOT NULL,
    -- NULL for an archived stream.
    reason      TEXT,
    -- The version of the stream's last event.
    version     INTEGER NOT NULL,
    PRIMARY KEY (stream_type, stream_id)
) STRICT, WITHOUT ROWID;

-- The id of this log, a UUID, in one row: made with the log, and kept by each copy of it.
CREATE TABLE log (
    id        BLOB NOT NULL,
    -- Since when the log takes no writes, in microseconds since 1970-01-01T00:00:00Z; NULL for one that does.
    sealed_at INTEGER
) STRICT;

-- By these two numbers a file that was overwritten is told from one that a checkpoint wrote: see `mark.rs`. They follow each
-- other, and the file without its write-ahead log holds the same two, or those of one step before. They begin anywhere
-- beyond 2^60, so that two logs have none in common.
CREATE TABLE mark_even (
    number INTEGER NOT NULL
) STRICT;

CREATE TABLE mark_odd (
    number INTEGER NOT NULL
) STRICT;

INSERT INTO mark_even SELECT (1 << 60) + abs(random() >> 6) * 2;

INSERT INTO mark_odd SELECT number + 1 FROM mark_even;
