-- Of which projection the read model is, how often it was changed, and how often of that by adding items of work or retrying them by
-- hand. `last_number` is the highest number of an item of work, or of a claim of one. It begins at the time, so that it also goes on
-- ascending if the file was removed and created again.
CREATE TABLE eskit_view (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0,
    additions INTEGER NOT NULL DEFAULT 0,
    last_number INTEGER NOT NULL
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

-- Items of work of the list that has the name of this read model. The first one of its key is marked, and only that one is claimed.
-- `pos` and `event_id` are those of the event that opened it, if one did. `until` is the end of a claim. Times are microseconds since
-- 1970.
CREATE TABLE eskit_work (
    number INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    pos INTEGER,
    event_id BLOB,
    payload TEXT,
    due INTEGER NOT NULL,
    is_first INTEGER NOT NULL,
    is_parked INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL DEFAULT '',
    epoch INTEGER NOT NULL DEFAULT 0,
    until INTEGER,
    opened_at INTEGER NOT NULL
) STRICT;
CREATE INDEX eskit_work_by_key ON eskit_work (key, number);
CREATE INDEX eskit_work_by_due ON eskit_work (kind, due, number) WHERE is_first AND NOT is_parked;

-- Steps: effects of items of work, and of events (at `pos`, taken by this `part`), that must not be repeated blindly. One without a
-- result was begun and has not ended. `epoch` is that of the claim under which it was begun last, and 0 for a parked event.
CREATE TABLE eskit_steps (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    pos INTEGER,
    part INTEGER,
    epoch INTEGER NOT NULL,
    result TEXT,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX eskit_steps_by_pos ON eskit_steps (pos) WHERE pos IS NOT NULL;
