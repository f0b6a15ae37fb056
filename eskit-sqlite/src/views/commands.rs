//! A log of commands, in a file of its own.

use eskit_runtime::command_log::{
    CommandEntry, CommandPage, CommandQuery, CommandRow, CommandValue, RemoveCommands, conditions,
};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

pub(super) fn add(conn: &Connection, rows: Vec<CommandRow>) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO eskit_commands (command, began_at, outcome, correlation, first_pos, last_pos, rest) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for CommandRow { command, began_at, outcome, correlation_id, first, last, rest } in rows {
        statement.execute((command, began_at, outcome, correlation_id, first, last, rest))?;
    }
    Ok(())
}

pub(super) fn find(conn: &Connection, query: &CommandQuery) -> rusqlite::Result<CommandPage> {
    let mut sql =
        "SELECT id, command, began_at, outcome, correlation, first_pos, last_pos, rest FROM eskit_commands WHERE true"
            .to_owned();
    let mut values: Vec<Value> = Vec::new();
    for (column, operator, value) in conditions(query) {
        values.push(match value {
            CommandValue::Text(text) => Value::Text(text),
            CommandValue::Number(number) => Value::Integer(number),
        });
        sql.push_str(&format!(" AND {column} {operator} ?{}", values.len()));
    }
    values.push(Value::Integer(query.limit.into()));
    sql.push_str(&format!(" ORDER BY id DESC LIMIT ?{}", values.len()));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), kept)?;
    Ok(CommandPage::new(query, rows.collect::<rusqlite::Result<_>>()?))
}

fn kept(row: &Row<'_>) -> rusqlite::Result<(u64, Option<CommandEntry>)> {
    let id = row.get::<_, i64>(0)?.cast_unsigned();
    let row = CommandRow {
        command: row.get(1)?,
        began_at: row.get(2)?,
        outcome: row.get(3)?,
        correlation_id: row.get(4)?,
        first: row.get(5)?,
        last: row.get(6)?,
        rest: row.get(7)?,
    };
    Ok((id, row.into_entry()))
}

/// Removes entries. Returns how many there were.
pub(super) fn remove(conn: &Connection, which: RemoveCommands) -> rusqlite::Result<u64> {
    let (sql, value) = match which {
        RemoveCommands::BeganBefore(time) => (
            "DELETE FROM eskit_commands WHERE id IN \
             (SELECT id FROM eskit_commands WHERE began_at < ?1 ORDER BY began_at LIMIT ?2)",
            time.as_micros(),
        ),
        RemoveCommands::AllButNewest(count) => (
            "DELETE FROM eskit_commands WHERE id IN \
             (SELECT id FROM eskit_commands WHERE id <= (SELECT id FROM eskit_commands ORDER BY id DESC LIMIT 1 OFFSET ?1) \
              ORDER BY id LIMIT ?2)",
            i64::try_from(count).unwrap_or(i64::MAX),
        ),
    };
    let removed = conn.prepare_cached(sql)?.execute((value, RemoveCommands::ONCE_MAX))?;
    Ok(removed as u64)
}
