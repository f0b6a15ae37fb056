-- Commands on their way into queues of the program, in a file of the program. `id`, `key`, `kind` and `payload` are those of a `QueueItem`;
-- the kind is the wire name and the version of the command, such as `shop.ShipOrder@1`.
-- `due` is in microseconds since 1970. A row is there until the queue has it.
CREATE TABLE IF NOT EXISTS eskit_outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT,
    due INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS eskit_outbox_by_queue ON eskit_outbox (queue, number);
