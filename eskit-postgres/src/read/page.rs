use eskit_runtime::RecordedEvent;
use eskit_runtime::log::limits::PAGE_BYTES;
use eskit_runtime::log::{Direction, Page, Place, Position, Query, ReadOptions};
use eskit_runtime::store_kit::Interner;
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::error::Fault;
use crate::read::range::Range;
use crate::read::select::Sources;
use crate::sql::head::head_behind;
use crate::sql::record::{self, column};
use crate::sql::standbys::wait_for_standbys;
use crate::sql::statements::Statements;

/// A page, and whether the server has more to send than what it has room for.
pub(crate) struct Read {
    pub(crate) page: Page,
    pub(crate) is_cut: bool,
}

/// Reads one page.
pub(crate) async fn read(
    conn: &mut PgConnection,
    statements: &Statements,
    query: &Query,
    options: &ReadOptions,
) -> Result<Read, Fault> {
    let mut range = Range::of(options);
    let (sources, looked_up_at) = Sources::of(conn, statements, query, &mut range, options.holds).await?;
    // One row more than the page holds tells whether there are more.
    let limit = i64::try_from(options.page_len() + 1).unwrap_or(i64::MAX);
    let mut select = sources.statement(statements, range, limit)?;
    if range.is_empty() || select.sql.is_empty() {
        let head = match looked_up_at {
            Some(head) => head,
            None => head_behind(conn, statements, options.holds).await?,
        };
        return Ok(Read { page: Page::new(Vec::new(), false, head), is_cut: false });
    }
    // A log that still holds what was its head holds what it held then.
    let holds = looked_up_at.unwrap_or(options.holds);
    let held = select.bind(column(holds.position))?;
    let sql = format!("({}) UNION ALL ({})", statements.head_row.replace("{held}", &held), select.sql);
    let mut collector = Collector::new(holds, options);
    // Each row is decoded as it comes, while the server still sends: all of them together would not stay in the caches.
    let mut rows = sqlx::query_with(AssertSqlSafe(sql), select.arguments).fetch(&mut *conn);
    while !collector.is_cut
        && let Some(row) = rows.try_next().await?
    {
        collector.add(&row)?;
    }
    drop(rows);
    let Collector { events, head, more, is_cut, .. } = collector;
    if options.confirmed && !events.is_empty() {
        wait_for_standbys(conn).await?;
    }
    let head = head.ok_or_else(|| Fault::Damaged("the log has no head".to_owned()))?;
    Ok(Read { page: Page::new(events, more, looked_up_at.unwrap_or(head)), is_cut })
}

/// What comes of the rows of one page: the head first, then the events, in order.
struct Collector {
    /// The place that the log must hold.
    holds: Place,
    head: Option<Place>,
    names: Interner,
    events: Vec<RecordedEvent>,
    page_len: usize,
    direction: Direction,
    bytes: usize,
    more: bool,
    is_cut: bool,
}

impl Collector {
    fn new(holds: Place, options: &ReadOptions) -> Collector {
        Collector {
            holds,
            head: None,
            names: Interner::new(),
            events: Vec::new(),
            page_len: options.page_len(),
            direction: options.direction,
            bytes: 0,
            more: false,
            is_cut: false,
        }
    }

    fn add(&mut self, row: &PgRow) -> Result<(), Fault> {
        if self.head.is_none() {
            let (head, found) = record::head(row)?;
            if !self.holds.is_held(head.position, found) {
                return Err(Fault::Replaced(self.holds));
            }
            self.head = Some(head);
            return Ok(());
        }
        self.is_cut = self.bytes >= PAGE_BYTES;
        self.more = self.is_cut || self.events.len() == self.page_len;
        if !self.more {
            let event = record::event(row, &mut self.names)?;
            self.check_order(event.position)?;
            self.bytes += event.size_bytes();
            self.events.push(event);
        }
        Ok(())
    }

    /// A reader goes on behind the last event, so one in the wrong place would make it pass over others.
    fn check_order(&self, next: Position) -> Result<(), Fault> {
        let Some(last) = self.events.last().map(|event| event.position) else { return Ok(()) };
        let follows = match self.direction {
            Direction::Forward => next > last,
            Direction::Backward => next < last,
        };
        let wrong = || Fault::Damaged(format!("the server sent the event at position {next} behind that at {last}"));
        if follows { Ok(()) } else { Err(wrong()) }
    }
}
