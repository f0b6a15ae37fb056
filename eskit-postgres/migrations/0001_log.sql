-- The log's id, in one row. A log that is restored from a backup keeps it; a new one has another.
CREATE TABLE {log} (
    is_only   boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    id        uuid    NOT NULL,
    -- Since when the log takes no writes, in microseconds since 1970-01-01T00:00:00Z; NULL for one that does.
    sealed_at bigint
);

INSERT INTO {log} (id) VALUES (gen_random_uuid());

-- The events. `pos` is explicit and contiguous in commit order: an append has the turn ({take_turn_v1}) until its commit.
CREATE TABLE {events} (
    pos         bigint   PRIMARY KEY,
    id          uuid     NOT NULL,
    type        text     COLLATE "C" NOT NULL,
    stream_type text     COLLATE "C",
    stream_id   text     COLLATE "C",
    version     bigint,
    -- The index of the event within its append, from 0: where an append begins and ends.
    part        integer  NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z.
    recorded_at bigint   NOT NULL,
    -- All of the event but its payload, once more: what is read. `pos` and `version` (0 for none), 8 bytes each; the format, 1 (1);
    -- time (8, as above); `id` (16); schema version (4); `part`, and the number of events of the append (2 each); the lengths
    -- (4 each) of, and then, in UTF-8: `type`, `stream_type`, `stream_id`, content type (empty for application/json), tags
    -- (`key:value`, separated by NUL), metadata (JSON; empty for none). Numbers are big-endian.
    envelope    bytea    NOT NULL,
    payload     {payload_type} NOT NULL
);

CREATE UNIQUE INDEX {index:events_id} ON {events} (id);

CREATE UNIQUE INDEX {index:events_stream} ON {events} (stream_type, stream_id, version) WHERE stream_id IS NOT NULL;

CREATE INDEX {index:events_type} ON {events} (type, pos);

CREATE INDEX {index:events_stream_type} ON {events} (stream_type, pos) WHERE stream_type IS NOT NULL;

-- One row for each tag of an event. With the type in the key, a condition on a tag and a type is one seek however many
-- events carry the tag.
CREATE TABLE {tags} (
    tag  text   COLLATE "C" NOT NULL,
    type text   COLLATE "C" NOT NULL,
    pos  bigint NOT NULL,
    PRIMARY KEY (tag, type, pos)
);

-- Streams that take no events. A stream without a row here is open.
--
-- A deleted event keeps its row in {events}, so that its position and its id stay taken and a repeat of its append is
-- recognised: `pos`, `id`, `version`, `part` and `recorded_at` stay, `type` becomes '' (which no other event has), and
-- everything else becomes NULL or empty.
CREATE TABLE {closed_streams} (
    stream_type text     COLLATE "C" NOT NULL,
    stream_id   text     COLLATE "C" NOT NULL,
    -- 1 archived, 2 tombstoned, 3 deleted.
    status      integer  NOT NULL,
    -- Microseconds since 1970-01-01T00:00:00Z.
    closed_at   bigint   NOT NULL,
    -- NULL for an archived stream.
    reason      text,
    -- The version of the stream's last event.
    version     bigint   NOT NULL,
    PRIMARY KEY (stream_type, stream_id)
);
