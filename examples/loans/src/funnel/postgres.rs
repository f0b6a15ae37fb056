use eskit::postgres::sqlx::{self, AssertSqlSafe};
use eskit::postgres::{PostgresViews, Tx};
use eskit::prelude::*;

use super::change::{self, Change};
use super::report::{FunnelReport, Week, WeekRow};
use super::{TABLES, TIMES, WEEKS};
use crate::{ApplicationEvent, OfferEvent};

/// How applications fare, in PostgreSQL.
pub struct PostgresFunnel;

#[projection(name = "postgres-funnel")]
impl PostgresFunnel {
    #[tables]
    const SQL: &str = TABLES;

    #[on]
    async fn application(&self, event: &ApplicationEvent, recorded: &RecordedEvent, tx: &mut Tx) -> sqlx::Result<()> {
        write(change::of_application(event, recorded), tx).await
    }

    #[on]
    async fn offer(&self, event: &OfferEvent, recorded: &RecordedEvent, tx: &mut Tx) -> sqlx::Result<()> {
        write(change::of_offer(event, recorded), tx).await
    }
}

async fn write(change: Option<Change>, tx: &mut Tx) -> sqlx::Result<()> {
    if let Some(Change { sql, values }) = change {
        values.into_iter().fold(sqlx::query(sql), |query, value| query.bind(value)).execute(&mut **tx).await?;
    }
    Ok(())
}

pub(super) async fn read(views: &PostgresViews) -> sqlx::Result<FunnelReport> {
    // From outside, a table is found in the schema that has the name of the projection.
    let weeks = AssertSqlSafe(WEEKS.replace("{cases}", "postgres_funnel.cases"));
    let times = AssertSqlSafe(TIMES.replace("{cases}", "postgres_funnel.cases"));
    let mut snapshot = views.pool().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let weeks: Vec<WeekRow> = sqlx::query_as(weeks).fetch_all(&mut *snapshot).await?;
    let times = sqlx::query_scalar(times).fetch_all(&mut *snapshot).await?;
    Ok(FunnelReport::new(weeks.into_iter().map(Week::from).collect(), times))
}
