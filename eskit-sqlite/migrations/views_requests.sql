-- What was asked last of each version of a subscription, from outside of the programs that run it. Times are microseconds since
-- 1970-01-01T00:00:00Z. Catalogues of earlier versions have no such table until something is asked.
CREATE TABLE IF NOT EXISTS eskit_requests (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    asked TEXT NOT NULL,
    argument TEXT,
    asked_at INTEGER NOT NULL,
    -- Since when it is paused, whatever was asked since.
    paused_at INTEGER,
    -- What came of it.
    ended_at INTEGER,
    is_done INTEGER,
    text TEXT,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
