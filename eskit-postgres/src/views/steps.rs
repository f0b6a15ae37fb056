//! Steps of items of work and of events, in a table beside the checkpoints.

use eskit_runtime::work::{
    BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId, Steps, check_step, check_step_end,
};
use eskit_runtime::{StoreError, Timestamp};
use sqlx::Row;

use crate::error::Fault;
use crate::sql::record::column;
use crate::sql::standbys::wait_for_standbys;

use super::inner::Inner;
use super::postgres_views::PostgresViews;

async fn begin(inner: &Inner, list: &str, holder: &StepHolder, step: &str) -> Result<BegunStep, Fault> {
    let steps = &inner.work.steps;
    let sql = match holder {
        StepHolder::Item { .. } => &steps.begin_of_item,
        StepHolder::Event { .. } => &steps.begin_of_event,
        StepHolder::Parked { .. } => &steps.begin_of_parked,
    };
    let query = sqlx::query(sql.safe())
        .bind(list)
        .bind(holder.owner())
        .bind(step)
        .bind(holder.position().map(column))
        .bind(holder.part().map(i64::from))
        .bind(holder.epoch().cast_signed())
        .bind(Timestamp::now().as_micros());
    let mut transaction = inner.begin().await?;
    let Some(row) = query.fetch_optional(&mut *transaction).await? else { return Ok(BegunStep::Lost) };
    let begun = match (row.try_get::<Option<String>, _>(0)?, row.try_get::<i64, _>(1)?) {
        (Some(result), _) => BegunStep::Done(result),
        (None, 1) => BegunStep::First,
        (None, _) => BegunStep::Again,
    };
    // Of one that has ended too: the commit of its end may not have waited for standbys.
    transaction.commit().await?;
    Ok(begun)
}

async fn end(inner: &Inner, list: &str, step: &StepId, by: EndedBy, end: StepEnd) -> Result<bool, Fault> {
    let epoch = match by {
        EndedBy::Holder(epoch) => Some(epoch.cast_signed()),
        EndedBy::Hand => None,
    };
    let (sql, result) = match end {
        StepEnd::Happened(result) => (&inner.work.steps.end, Some(result)),
        StepEnd::DidNotHappen => (&inner.work.steps.forget, None),
    };
    let query = sqlx::query(sql.safe()).bind(list).bind(&step.owner).bind(&step.name).bind(epoch);
    let query = match result {
        Some(result) => query.bind(result),
        None => query,
    };
    let mut transaction = inner.begin().await?;
    let ended = query.execute(&mut *transaction).await?.rows_affected();
    if ended == 0 {
        wait_for_standbys(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(ended > 0)
}

async fn open(inner: &Inner, list: &str) -> Result<Vec<OpenStep>, Fault> {
    let rows = sqlx::query(inner.work.steps.list_open.safe()).bind(list).fetch_all(&inner.pool).await?;
    let step = |row: &sqlx::postgres::PgRow| {
        let id = StepId { owner: row.try_get(0)?, name: row.try_get(1)? };
        Ok(OpenStep::new(id, Timestamp::from_micros(row.try_get(2)?)))
    };
    Ok(rows.iter().map(step).collect::<sqlx::Result<_>>()?)
}

/// Steps are rows of one table, in the schema of the checkpoints.
impl Steps for PostgresViews {
    async fn begin_step(&self, list: &str, holder: StepHolder, step: &str) -> Result<BegunStep, StoreError> {
        check_step(list, step)?;
        let begun = self.inner.in_time(begin(&self.inner, list, &holder, step)).await;
        begun.map_err(|fault| self.failed("begin a step of", list, fault))
    }

    async fn end_step(&self, list: &str, step: &StepId, by: EndedBy, with: StepEnd) -> Result<bool, StoreError> {
        check_step_end(list, &step.name, &with)?;
        let ended = self.inner.in_time(end(&self.inner, list, step, by, with)).await;
        ended.map_err(|fault| self.failed("end a step of", list, fault))
    }

    async fn open_steps(&self, list: &str) -> Result<Vec<OpenStep>, StoreError> {
        let found = self.inner.in_time(open(&self.inner, list)).await;
        found.map_err(|fault| self.failed("list the steps of", list, fault))
    }
}
