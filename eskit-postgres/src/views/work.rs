//! Items of work, in a table beside the checkpoints. Nothing is held between two calls: each is one short transaction.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, Place};
use eskit_runtime::store_kit::fnv1a;
use eskit_runtime::work::{
    ClaimWork, ClaimedWork, ListWork, NewWork, Outcome, Settled, WorkItem, WorkState, kept_text,
};
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use sqlx::{PgConnection, Row};

use crate::error::Fault;
use crate::handlers::tx::ListOfTx;
use crate::pool::connections::within;
use crate::sql::record::{column, position};
use crate::sql::standbys::wait_for_standbys;

use super::inner::Inner;
use super::lines::{From, MARGIN};

/// Keys share this many locks under which their items are opened.
const LOCKS: u64 = 64;
/// After so many claims, one looks for items that only stand in the way of others.
const CLAIMS_PER_LOOK: u32 = 32;

/// What a transaction needs to open and close items of a list.
pub(crate) fn list_of_tx(inner: &Inner, name: &str) -> ListOfTx {
    let hash = fnv1a(format!("{} work {name}", inner.tables.channel()).as_bytes());
    let locks = hash.to_be_bytes().last_chunk().copied().map_or(0, i32::from_be_bytes);
    let work = &inner.work;
    ListOfTx {
        name: name.to_owned(),
        locks,
        lock: work.lock.clone(),
        lock_keys: work.lock_keys.clone(),
        open: work.open.clone(),
        close: work.close.clone(),
        free_next: work.free_next.clone(),
    }
}

/// The locks under which items with these keys are opened, in order.
fn locks_of<'k>(keys: impl Iterator<Item = &'k String>) -> Vec<i32> {
    let lock = |key: &String| i32::try_from(fnv1a(key.as_bytes()) % LOCKS).unwrap_or_default();
    Vec::from_iter(keys.map(lock).collect::<BTreeSet<i32>>())
}

/// Keeps others from opening items with these keys, and from changing those with the other ones, until the transaction ends.
pub(crate) async fn lock(
    list: &ListOfTx,
    conn: &mut PgConnection,
    opened: &[String],
    closed: &[String],
) -> sqlx::Result<()> {
    if !opened.is_empty() {
        let query = sqlx::query(list.lock.safe()).bind(list.locks).bind(locks_of(opened.iter()));
        query.execute(&mut *conn).await?;
    }
    // A statement of its own, which sees what was opened under those locks.
    if !closed.is_empty() {
        sqlx::query(list.lock_keys.safe()).bind(&list.name).bind(closed).execute(conn).await?;
    }
    Ok(())
}

/// Opens items, except those that are there already. Returns how many.
pub(crate) async fn open(list: &ListOfTx, conn: &mut PgConnection, items: Vec<NewWork>) -> sqlx::Result<u64> {
    // In order, so that two of them do not wait for each other.
    let locks = locks_of(items.iter().map(|item| &item.key));
    let (mut ids, mut keys, mut kinds, mut due) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut positions, mut event_ids, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        positions.push(item.event.map(|event| column(event.position)));
        event_ids.push(item.event.and_then(|event| event.id).map(|id| id.as_uuid()));
        ids.push(item.id);
        keys.push(item.key);
        kinds.push(item.kind);
        payloads.push(item.payload);
        due.push(item.due.as_micros());
    }
    let asked = ids.len() as u64;
    let query = sqlx::query(list.open.safe())
        .bind(&list.name)
        .bind(list.locks)
        .bind(locks)
        .bind(ids)
        .bind(keys)
        .bind(kinds)
        .bind(positions)
        .bind(event_ids)
        .bind(payloads)
        .bind(due)
        .bind(Timestamp::now().as_micros());
    let opened = query.execute(&mut *conn).await?.rows_affected();
    if opened < asked {
        wait_for_standbys(conn).await?;
    }
    Ok(opened)
}

/// Removes the items with these keys that an event opened.
pub(crate) async fn close(list: &ListOfTx, conn: &mut PgConnection, keys: &[String]) -> sqlx::Result<()> {
    let query = sqlx::query_scalar::<_, i64>(list.close.safe()).bind(&list.name).bind(keys);
    if query.fetch_one(&mut *conn).await? > 0 {
        let keys: HashSet<&String> = keys.iter().collect();
        let query = sqlx::query(list.free_next.safe()).bind(&list.name).bind(Vec::from_iter(keys));
        query.execute(conn).await?;
    }
    Ok(())
}

/// Whether items were opened or retried by hand since a number that this returned, and that number as of now.
pub(crate) async fn look(inner: &Inner, list: &str, since: i64) -> Result<(bool, i64), Fault> {
    let query = sqlx::query_as(inner.work.changed.safe()).bind(list).bind(since);
    Ok(query.fetch_one(&inner.pool).await?)
}

impl Inner {
    /// Bounds a call, so that a connection that has fallen silent does not hold it up for ever.
    pub(crate) async fn in_time<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        within(self.call_timeout, Box::pin(call)).await
    }

    pub(crate) async fn add_work(&self, list: &str, items: Vec<NewWork>) -> Result<u64, Fault> {
        let mut transaction = self.begin().await?;
        let added = open(&list_of_tx(self, list), &mut transaction, items).await?;
        transaction.commit().await?;
        Ok(added)
    }

    pub(crate) async fn claim_work(&self, list: &str, claim: ClaimWork) -> Result<ClaimedWork, Fault> {
        let kinds = Vec::from_iter(claim.kinds.into_iter().collect::<BTreeSet<_>>());
        let From { at: from, is_to_look } = self.lines.from(list, &kinds, Instant::now());
        if is_to_look {
            self.look_at_line(list, &kinds, from).await?;
        }
        if self.claims.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLAIMS_PER_LOOK) {
            self.set_aside(list, &kinds, from).await?;
        }
        let mut transaction = self.begin().await?;
        let query = sqlx::query(self.work.claim.safe())
            .bind(list)
            .bind(&kinds)
            .bind(claim.now.as_micros())
            .bind(i64::from(claim.limit))
            .bind(micros(claim.lease))
            .bind(from);
        let rows = query.fetch_all(&mut *transaction).await?;
        let mut next_due = None;
        if rows.len() < claim.limit as usize {
            let query =
                sqlx::query_scalar::<_, Option<i64>>(self.work.next_due.safe()).bind(list).bind(&kinds).bind(from);
            next_due = query.fetch_one(&mut *transaction).await?.map(Timestamp::from_micros);
        }
        transaction.commit().await?;
        let mut items = rows.iter().map(item_in_line).collect::<Result<Vec<_>, Fault>>()?;
        items.sort_unstable_by_key(|(ready, item)| (*ready, item.due, item.number));
        Ok(ClaimedWork { items: items.into_iter().map(|(_, item)| item).collect(), next_due })
    }

    /// Finds out where the line begins, for the claims that follow.
    async fn look_at_line(&self, list: &str, kinds: &[String], from: i64) -> Result<(), Fault> {
        let query = sqlx::query_scalar(self.work.begin_of_line.safe()).bind(list).bind(kinds).bind(from);
        let begin: Option<i64> = query.bind(micros(MARGIN)).fetch_one(&self.pool).await?;
        self.lines.begins(list, kinds, begin.unwrap_or(i64::MIN), Instant::now());
        Ok(())
    }

    /// Takes items out of the line that wait behind others, so that claims need not look at them again and again.
    async fn set_aside(&self, list: &str, kinds: &[String], from: i64) -> Result<(), Fault> {
        let mut transaction = self.begin().await?;
        let query = sqlx::query(self.work.set_aside.safe()).bind(list).bind(kinds).bind(from);
        query.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn renew_work(
        &self,
        list: &str,
        held: &[(String, u64)],
        lease: Duration,
    ) -> Result<Vec<bool>, Fault> {
        let mut sorted: Vec<&(String, u64)> = held.iter().collect();
        sorted.sort_unstable();
        let (ids, epochs): (Vec<&str>, Vec<i64>) =
            sorted.iter().map(|(id, epoch)| (id.as_str(), epoch.cast_signed())).unzip();
        let mut transaction = self.begin().await?;
        let query = sqlx::query_as::<_, (String, i64)>(self.work.renew.safe());
        let query = query.bind(list).bind(ids).bind(epochs).bind(micros(lease));
        let found = query.fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        let found: HashSet<(String, u64)> = found.into_iter().map(|(id, epoch)| (id, epoch.cast_unsigned())).collect();
        Ok(held.iter().map(|held| found.contains(held)).collect())
    }

    pub(crate) async fn settle_work(&self, list: &str, settled: Vec<Settled>) -> Result<Vec<bool>, Fault> {
        let ends = Ends::of(&settled);
        let mut transaction = self.begin().await?;
        let query = sqlx::query(self.work.settle.safe())
            .bind(list)
            .bind(ends.ids)
            .bind(ends.epochs)
            .bind(ends.outcomes)
            .bind(ends.times)
            .bind(ends.texts)
            .bind(ends.payloads);
        let rows = query.fetch_all(&mut *transaction).await?;
        let (mut found, mut keys) = (HashSet::new(), BTreeSet::new());
        for row in rows {
            found.insert((row.try_get::<String, _>(0)?, row.try_get::<i64, _>(1)?.cast_unsigned()));
            if row.try_get::<i64, _>(3)? == DONE {
                keys.insert(row.try_get::<String, _>(2)?);
            }
        }
        if !keys.is_empty() {
            let query = sqlx::query(self.work.free_next.safe()).bind(list).bind(Vec::from_iter(keys));
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(settled.into_iter().map(|settled| found.contains(&(settled.id, settled.epoch))).collect())
    }

    pub(crate) async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, Fault> {
        let query = sqlx::query(self.work.list.safe())
            .bind(list)
            .bind(i64::try_from(which.after).unwrap_or(i64::MAX))
            .bind(which.is_parked)
            .bind(i64::from(which.limit));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| item_in_line(row).map(|(_, item)| item)).collect()
    }

    pub(crate) async fn retry_work(&self, list: &str, id: &str) -> Result<bool, Fault> {
        let mut transaction = self.begin().await?;
        let query = sqlx::query(self.work.retry.safe()).bind(list).bind(id).bind(Timestamp::now().as_micros());
        let is_there = query.execute(&mut *transaction).await?.rows_affected() > 0;
        transaction.commit().await?;
        Ok(is_there)
    }

    pub(crate) async fn drop_work(&self, list: &str, id: &str) -> Result<bool, Fault> {
        let mut transaction = self.begin().await?;
        let query = sqlx::query_scalar::<_, String>(self.work.drop.safe()).bind(list).bind(id);
        let key = query.fetch_optional(&mut *transaction).await?;
        if let Some(key) = &key {
            let query = sqlx::query(self.work.free_next.safe()).bind(list).bind(vec![key]);
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(key.is_some())
    }
}

/// The outcome of an item that is removed.
const DONE: i64 = 0;

/// Ends of claims, column by column.
#[derive(Default)]
struct Ends {
    ids: Vec<String>,
    epochs: Vec<i64>,
    outcomes: Vec<i64>,
    times: Vec<Option<i64>>,
    texts: Vec<Option<String>>,
    payloads: Vec<Option<String>>,
}

impl Ends {
    fn of(settled: &[Settled]) -> Ends {
        let mut ends = Ends::default();
        for Settled { id, epoch, outcome } in settled {
            let (outcome, at, text, payload) = match outcome {
                Outcome::Done => (DONE, None, None, None),
                Outcome::Retry { at, text } => (1, Some(at), Some(kept_text(text)), None),
                Outcome::Park { text } => (2, None, Some(kept_text(text)), None),
                Outcome::Again { at, payload } => (3, Some(at), Some(String::new()), payload.clone()),
                Outcome::Release => (4, None, None, None),
                Outcome::GiveUp { text } => (5, None, Some(kept_text(text)), None),
            };
            ends.ids.push(id.clone());
            ends.epochs.push(epoch.cast_signed());
            ends.outcomes.push(outcome);
            ends.times.push(at.map(|at| at.as_micros()));
            ends.texts.push(text);
            ends.payloads.push(payload);
        }
        ends
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4)
}

/// An item from a row with its columns, and its place in line.
fn item_in_line(row: &PgRow) -> Result<(i64, WorkItem), Fault> {
    let time = |column: usize| Ok::<_, sqlx::Error>(Timestamp::from_micros(row.try_get(column)?));
    let (pos, event_id): (Option<i64>, Option<Uuid>) = (row.try_get(6)?, row.try_get(7)?);
    let event = pos.map(|pos| Place { position: position(pos), id: event_id.map(EventId::from) });
    let (id, key, kind) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let new = NewWork { id, key, kind, event, payload: row.try_get(3)?, due: time(4)? };
    let mut item = WorkItem::opened(new, row.try_get::<i64, _>(5)?.cast_unsigned());
    item.attempts = u32::try_from(row.try_get::<i64, _>(9)?).unwrap_or(u32::MAX);
    item.text = row.try_get(10)?;
    item.epoch = row.try_get::<i64, _>(11)?.cast_unsigned();
    let until: Option<i64> = row.try_get(12)?;
    item.state = match until {
        _ if row.try_get(8)? => WorkState::Parked,
        Some(until) => WorkState::Claimed { until: Timestamp::from_micros(until) },
        None => WorkState::Waiting,
    };
    item.opened_at = time(13)?;
    Ok((row.try_get(14)?, item))
}
