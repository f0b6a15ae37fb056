-- Commands: who sent what, when, and what came of it. `began_at` is in microseconds since 1970; `rest` is JSON.
CREATE TABLE eskit_commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    correlation TEXT,
    first_pos INTEGER,
    last_pos INTEGER,
    rest TEXT NOT NULL
) STRICT;
CREATE INDEX eskit_commands_by_name ON eskit_commands (command, id);
CREATE INDEX eskit_commands_by_age ON eskit_commands (began_at);
CREATE INDEX eskit_commands_by_correlation ON eskit_commands (correlation, id) WHERE correlation IS NOT NULL;
CREATE INDEX eskit_commands_by_position ON eskit_commands (last_pos) WHERE last_pos IS NOT NULL;
