-- Projections that commit with the append, and how far each version of them has handled the log. `id` is that of the event at `pos`;
-- `events` is a JSON array of wire names, and `tables` one of the tables and views that were created for the version.
CREATE TABLE IF NOT EXISTS eskit_projections (
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    pos     INTEGER NOT NULL,
    id      BLOB,
    events  TEXT    NOT NULL,
    tables  TEXT    NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
