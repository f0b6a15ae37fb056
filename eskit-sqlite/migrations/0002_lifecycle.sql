-- Streams that take no events. A stream without a row here is open.
--
-- A deleted event keeps its row in `events`, so that its position and its id stay taken and a repeat of its append is
-- recognised: `pos`, `id`, `version`, `part` and `recorded_at` stay, `type` becomes '' (which no other event has), and
-- everything else becomes NULL or empty.
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
