use eskit_runtime::{Direction, Interner, Page, Query, ReadOptions};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::error::Fault;
use crate::record::{self, column};
use crate::select::Sources;
use crate::statements::Statements;

/// The positions and the versions that a read may return, and in which order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    /// Only positions greater than this one.
    pub(crate) after: i64,
    /// Only positions up to and including this one.
    pub(crate) until: i64,
    /// Only these versions, the first and the last.
    pub(crate) versions: Option<(i64, i64)>,
    pub(crate) direction: Direction,
}

impl Range {
    fn of(options: &ReadOptions) -> Range {
        let version = |version: u64| i64::try_from(version).unwrap_or(i64::MAX);
        Range {
            after: column(options.after),
            until: options.until.map_or(i64::MAX, column),
            versions: options.versions().map(|(first, last)| (version(first), version(last))),
            direction: options.direction,
        }
    }

    fn is_empty(self) -> bool {
        self.after >= self.until || self.versions.is_some_and(|(first, last)| first > last)
    }
}

/// Reads one page.
pub(crate) async fn read(
    conn: &mut PgConnection,
    statements: &Statements,
    query: &Query,
    options: &ReadOptions,
) -> Result<Page, Fault> {
    let mut range = Range::of(options);
    if range.is_empty() || query.items().is_empty() {
        return Ok(Page::default());
    }
    let page_len = options.page_len();
    let sources = Sources::of(conn, statements, query, &mut range).await?;
    // One row more than the page holds tells whether there are more.
    let limit = i64::try_from(page_len + 1).unwrap_or(i64::MAX);
    let select = sources.statement(statements, range, limit)?;
    if select.sql.is_empty() {
        return Ok(Page::default());
    }
    // Each row is decoded as it comes, while the server still sends: all of them together would not stay in the caches.
    let mut rows = sqlx::query_with(AssertSqlSafe(select.sql), select.arguments).fetch(conn);
    let (mut names, mut events, mut more) = (Interner::new(), Vec::new(), false);
    while let Some(row) = rows.try_next().await? {
        more = events.len() == page_len;
        if !more {
            events.push(record::event(&row, &mut names)?);
        }
    }
    Ok(Page::new(events, more))
}
