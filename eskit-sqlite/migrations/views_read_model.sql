-- Of which projection the read model is, and how often handlers have changed it.
CREATE TABLE eskit_view (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A checkpoint for each part of the subscription. `id` is that of the event at `pos`; `events` is a JSON array of wire names; times
-- are microseconds since 1970. A part is ready when it has handled all that the log held.
CREATE TABLE eskit_checkpoints (
    part INTEGER NOT NULL PRIMARY KEY,
    parts INTEGER NOT NULL,
    log BLOB NOT NULL,
    pos INTEGER NOT NULL,
    id BLOB,
    epoch INTEGER NOT NULL,
    events TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    is_ready INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Events that wait: those whose handler failed, and those behind them with the same key.
CREATE TABLE eskit_parked (
    pos INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    parked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX eskit_parked_by_key ON eskit_parked (key);
