//! A log of commands, in a table beside the checkpoints.

use eskit_runtime::command_log::{
    CommandEntry, CommandPage, CommandQuery, CommandRow, CommandValue, RemoveCommands, conditions,
};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::Fault;

use super::inner::Inner;

/// Adds entries in one statement.
pub(crate) async fn add(inner: &Inner, entries: Vec<CommandEntry>) -> Result<(), Fault> {
    let count = entries.len();
    let (mut commands, mut times, mut outcomes) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut correlations, mut firsts, mut lasts, mut rests) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    for entry in entries {
        let CommandRow { command, began_at, outcome, correlation_id, first, last, rest } = CommandRow::new(entry);
        commands.push(command);
        times.push(began_at);
        outcomes.push(outcome);
        correlations.push(correlation_id);
        firsts.push(first);
        lasts.push(last);
        rests.push(rest);
    }
    let query = sqlx::query(inner.statements.add_commands.safe())
        .bind(commands)
        .bind(times)
        .bind(outcomes)
        .bind(correlations)
        .bind(firsts)
        .bind(lasts)
        .bind(rests);
    let mut transaction = inner.begin().await?;
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(crate) async fn find(inner: &Inner, query: CommandQuery) -> Result<CommandPage, Fault> {
    let mut sql = "SELECT c.id, c.command, c.began_at, c.outcome, c.correlation, c.first_pos, c.last_pos, c.rest \
                   FROM {commands} c WHERE true"
        .to_owned();
    let conditions = conditions(&query);
    for (at, (column, operator, _)) in (1..).zip(&conditions) {
        sql.push_str(&format!(" AND c.{column} OPERATOR(pg_catalog.{operator}) ${at}"));
    }
    sql.push_str(&format!(" ORDER BY c.id DESC LIMIT ${}", conditions.len() + 1));
    let sql = inner.tables.sql(&sql);
    let mut select = sqlx::query(sql.safe());
    for (_, _, value) in conditions {
        select = match value {
            CommandValue::Text(text) => select.bind(text),
            CommandValue::Number(number) => select.bind(number),
        };
    }
    let select = select.bind(i64::from(query.limit));
    let rows = select.fetch_all(&inner.pool).await?;
    Ok(CommandPage::new(&query, rows.iter().map(kept).collect::<sqlx::Result<_>>()?))
}

fn kept(row: &PgRow) -> sqlx::Result<(u64, Option<CommandEntry>)> {
    let id = row.try_get::<i64, _>(0)?.cast_unsigned();
    let row = CommandRow {
        command: row.try_get(1)?,
        began_at: row.try_get(2)?,
        outcome: row.try_get(3)?,
        correlation_id: row.try_get(4)?,
        first: row.try_get(5)?,
        last: row.try_get(6)?,
        rest: row.try_get(7)?,
    };
    Ok((id, row.into_entry()))
}

/// Removes entries. Returns how many there were.
pub(crate) async fn remove(inner: &Inner, which: RemoveCommands) -> Result<u64, Fault> {
    let statements = &inner.statements;
    let (sql, value) = match which {
        RemoveCommands::BeganBefore(time) => (&statements.remove_old_commands, time.as_micros()),
        RemoveCommands::AllButNewest(count) => {
            (&statements.remove_surplus_commands, i64::try_from(count).unwrap_or(i64::MAX))
        }
    };
    let query = sqlx::query(sql.safe()).bind(value).bind(i64::from(RemoveCommands::ONCE_MAX));
    let mut transaction = inner.begin().await?;
    let removed = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(removed)
}
