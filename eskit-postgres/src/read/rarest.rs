use sqlx::PgConnection;

use crate::error::Fault;
use crate::read::range::Range;
use crate::sql::statements::Statements;

/// How far to count a tag's events to find the rarest: a first try, by how much to go further, and where to stop.
const COUNT_FIRST: i64 = 64;
const COUNT_GROWTH: i64 = 16;
const COUNT_MAX: i64 = 1 << 16;

/// The index of the tag that the fewest events of these types in the range carry; `None` when some tag is on none.
///
/// Counts every tag up to a bound that grows until one tag stays below it, so the cost follows the rarest tag.
pub(crate) async fn rarest(
    conn: &mut PgConnection,
    statements: &Statements,
    tags: &[&str],
    types: &[&str],
    range: Range,
) -> Result<Option<usize>, Fault> {
    let mut bound = COUNT_FIRST;
    while bound <= COUNT_MAX {
        let counts: Vec<i64> = statements
            .query_scalar(&statements.counts)
            .bind(tags)
            .bind(types)
            .bind(range.after)
            .bind(range.until)
            .bind(bound)
            .fetch_all(&mut *conn)
            .await?;
        let least = counts.iter().enumerate().min_by_key(|(_, count)| **count);
        match least {
            Some((_, 0)) | None => return Ok(None),
            Some((index, count)) if *count < bound => return Ok(Some(index)),
            _ => bound *= COUNT_GROWTH,
        }
    }
    Ok(Some(0))
}
