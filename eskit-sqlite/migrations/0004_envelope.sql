-- An event is read as two values: its payload, and the envelope, which holds all else but its place. The other columns hold
-- again what it is found by, and what people look for.
CREATE TABLE events_next (
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
    -- Big-endian, texts in UTF-8: recorded_at (8 bytes), id (16), schema version (4); the lengths (4 each) of, and then: type,
    -- stream type, stream id, content type (empty for application/json), tags (`key:value`, separated by NUL), metadata (JSON;
    -- empty for none). Empty for a deleted event.
    envelope    BLOB    NOT NULL,
    payload     BLOB    NOT NULL
) STRICT;

INSERT INTO events_next
SELECT pos, id, type, stream_type, stream_id, version, part, recorded_at,
    CASE WHEN type = '' THEN x'' ELSE CAST(
        unhex(printf('%016x%s%08x%08x%08x%08x%08x%08x%08x', recorded_at, hex(id), schema_version,
            length(CAST(type AS BLOB)), length(CAST(coalesce(stream_type, '') AS BLOB)),
            length(CAST(coalesce(stream_id, '') AS BLOB)), length(CAST(coalesce(content_type, '') AS BLOB)),
            length(coalesce(tags, x'')), length(CAST(coalesce(metadata, '') AS BLOB))))
        || type || coalesce(stream_type, '') || coalesce(stream_id, '') || coalesce(content_type, '')
        || coalesce(tags, '') || coalesce(metadata, '')
    AS BLOB) END,
    payload
FROM events ORDER BY pos;

DROP TABLE events;

ALTER TABLE events_next RENAME TO events;

CREATE UNIQUE INDEX events_id ON events (id);
