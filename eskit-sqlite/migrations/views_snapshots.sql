-- States of aggregates, each with the place of its last event. Another fingerprint is that of another program. `written_at` is in
-- microseconds since 1970.
CREATE TABLE eskit_snapshots (
    log BLOB NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (log, name, key, fingerprint)
) STRICT;
CREATE INDEX eskit_snapshots_by_age ON eskit_snapshots (log, name, written_at, fingerprint);
