-- Which version of each projection readers see.
CREATE TABLE eskit_active (
    name TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
