-- The log. `pos` is explicit and contiguous in commit order: whoever appends holds the row of {head} until its commit.
CREATE TABLE {events} (
    pos            bigint   PRIMARY KEY,
    id             uuid     NOT NULL,
    type           text     COLLATE "C" NOT NULL,
    schema_version bigint   NOT NULL,
    stream_type    text     COLLATE "C",
    stream_id      text     COLLATE "C",
    version        bigint,
    -- The index of the event within its append, from 0: where an append begins and ends.
    part           integer  NOT NULL,
    -- `key:value` pairs in UTF-8, separated by NUL; NULL for none. {tags} holds them one by one.
    tags           bytea,
    -- JSON; NULL for none. As text, since `jsonb` refuses \u0000.
    metadata       text,
    -- NULL for application/json.
    content_type   text,
    -- Microseconds since 1970-01-01T00:00:00Z.
    recorded_at    bigint   NOT NULL,
    payload        {payload_type} NOT NULL
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

-- The position of the last event, in one row: its lock is the turn to append.
CREATE TABLE {head} (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    pos     bigint  NOT NULL
) WITH (fillfactor = 10);

INSERT INTO {head} (pos) VALUES (0);
