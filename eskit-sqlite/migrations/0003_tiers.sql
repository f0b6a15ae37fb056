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

INSERT INTO streams SELECT stream_type, stream_id, version, pos FROM events WHERE stream_id IS NOT NULL ORDER BY 1, 2, 3;

DROP INDEX events_stream;

CREATE TABLE streams_recent (
    stream_type TEXT    NOT NULL,
    stream_id   TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    pos         INTEGER NOT NULL,
    PRIMARY KEY (stream_type, stream_id, version)
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

INSERT INTO settled SELECT coalesce(max(pos), 0) FROM events;
