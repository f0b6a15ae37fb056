-- The id of this log, a UUID, in one row: made with the log, and kept by each copy of it.
CREATE TABLE log (
    id BLOB NOT NULL
) STRICT;
