-- The keys of subjects of personal data, each wrapped by a master key. A key that was destroyed keeps its row, without the key.
CREATE TABLE keys (
    id      BLOB NOT NULL PRIMARY KEY,
    log     BLOB NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    master  TEXT,
    wrapped BLOB,
    CHECK ((master IS NULL) = (wrapped IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX key_of_subject ON keys (log, kind, subject) WHERE wrapped IS NOT NULL;
CREATE INDEX keys_of_subject ON keys (log, kind, subject, id);

-- How many keys are destroyed.
CREATE TABLE destroyed (
    is_only INTEGER NOT NULL PRIMARY KEY CHECK (is_only = 1),
    keys    INTEGER NOT NULL
) STRICT;
INSERT INTO destroyed VALUES (1, 0);

-- Up to where each log was searched for records of forgotten subjects.
CREATE TABLE searched (
    log   BLOB NOT NULL,
    reader TEXT NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (log, reader)
) STRICT, WITHOUT ROWID;
