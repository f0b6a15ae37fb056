//! Rows of aggregates.

use std::cmp::Ordering;
use std::fmt::Debug;
use std::sync::Arc;

use eskit_runtime::log::{LogId, NewEvent, Place, StreamId};
use eskit_runtime::rows::{ReadRows, Row, RowCursor, RowQuery, Rows};
use eskit_runtime::subscription::{Apply, ApplyError, Batch, Subscription, Views};
use eskit_runtime::{RecordedEvent, Timestamp};

use super::cases;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::model::Model;
use crate::rng::Rng;
use crate::views::context::ViewsContext;
use crate::views::model_log::noted;
use crate::views::probe::{KEY, NOTED};
use crate::views::scene::{ClaimOf, claim};
use crate::views::tallies::{
    ByStream, ByTag, ByTags, DELTAS, KeepRows, OTHER_KEY, OfAll, REFUSED, RevisedByTag, STREAM, TEXTS, Tally,
    TallyKind, number, tallies,
};
use crate::views::target::TestViews;

cases![
    "rows" where KeepRows: rows_are_the_folds_of_the_log,
    lists_are_those_of_a_plain_model,
    a_batch_that_fails_leaves_no_row,
    a_restart_removes_rows,
    rows_of_a_version_are_built_beside_the_active_ones,
    rows_are_there_after_a_restart_of_the_process(Durable),
];

/// Ids that are hard to keep apart and to sort.
const IDS: [&str; 9] = ["a", "b", "a\tb", "a\\tb", "%", "_", "\"'", "é", "漢字🦀"];

/// A log of appends with random tags and streams.
fn log_of(rng: &mut Rng, appends: usize) -> Vec<RecordedEvent> {
    let mut log = Model::new();
    for _ in 0..appends {
        let events = (0..1 + rng.below(3)).map(|_| event(rng)).collect();
        log.push(events, Timestamp::from_micros(1_700_000_000_000_000 + rng.below(1_000_000) as i64));
    }
    log.events().iter().filter(|event| event.name == NOTED).cloned().collect()
}

fn event(rng: &mut Rng) -> NewEvent {
    let id = |rng: &mut Rng| match rng.below(4) {
        0 => "ü".repeat(1 + rng.below(128) as usize),
        _ => IDS[rng.below(IDS.len() as u64) as usize].to_owned(),
    };
    let mut event = noted(&id(rng), rng.chance(90));
    for (key, most) in [(KEY, 2), (OTHER_KEY, 3)] {
        for _ in 0..rng.below(most) {
            event.tags.push(key, id(rng));
        }
    }
    if rng.chance(60) {
        let name = if rng.chance(70) { STREAM } else { "elsewhere" };
        event.stream = Some(StreamId::new(name, id(rng)));
    }
    event
}

/// Hands all events over, in batches of whole appends of random length.
async fn hand_over<T: TestViews, K: TallyKind>(
    views: &T::Views,
    claim: &mut ClaimOf<T>,
    events: &[RecordedEvent],
    rng: &mut Rng,
) -> Outcome
where
    T::Views: Apply<Rows<Tally<K>>>,
{
    let rows = Arc::new(Rows::<Tally<K>>::default());
    let mut rest = events;
    while !rest.is_empty() {
        let least = rest[(rng.below(40) as usize).min(rest.len() - 1)].append_end();
        let (batch, behind) = rest.split_at(rest.partition_point(|event| event.append_end() <= least));
        let batch = Batch::new(batch.to_vec(), batch[batch.len() - 1].place());
        views.apply(claim, &rows, &batch).await?;
        (claim.checkpoint.place, rest) = (batch.to, behind);
    }
    Ok(())
}

/// Claims the rows of an aggregate, and lets readers see them.
async fn begin<T: TestViews, K: TallyKind>(views: &T::Views) -> Result<(ClaimOf<T>, Subscription), Failure>
where
    T::Views: Apply<Rows<Tally<K>>>,
{
    let subscription = Subscription::of::<Rows<Tally<K>>>(LogId::new());
    let claim = claim::<T>(views, &subscription).await?;
    Ok((claim, subscription))
}

/// All rows of an aggregate, page by page, by key.
async fn all<V: ReadRows, K: TallyKind>(views: &V) -> Result<Vec<Row<Tally<K>>>, Failure> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = views.rows::<Tally<K>>().limit(17).after(after).list().await.map_err(told)?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn told(error: impl ToString) -> Failure {
    Failure::new(error.to_string())
}

/// Checks that rows are the folds of these events, each with the position and the time of its last event.
async fn check<V: ReadRows, K: TallyKind>(what: &str, views: &V, events: &[RecordedEvent]) -> Outcome {
    let time = |position: u64| {
        let found = events.iter().find(|event| event.position.get() == position);
        found.map(|event| event.recorded_at)
    };
    let found: Vec<_> = all::<V, K>(views)
        .await?
        .into_iter()
        .map(|row| (row.key.clone(), row.state, row.position.get(), Some(row.changed_at)))
        .collect();
    let expected: Vec<_> = tallies::<K>(events)
        .into_iter()
        .map(|(key, (tally, position))| (key, tally, position, time(position)))
        .collect();
    for (found, expected) in found.iter().zip(&expected) {
        same(&format!("a row of {what}"), found, expected)?;
    }
    same(&format!("the number of rows of {what}"), &found.len(), &expected.len())
}

async fn folds<T: TestViews, K: TallyKind>(context: &ViewsContext<T>, views: &T::Views, seed: u32) -> Outcome
where
    T::Views: ReadRows + Apply<Rows<Tally<K>>>,
{
    let mut rng = context.rng(seed);
    let events = log_of(&mut rng, 150);
    let (mut claim, _) = begin::<T, K>(views).await?;
    let half = events.partition_point(|event| event.append_end() <= events[events.len() / 2].append_end());
    hand_over::<T, K>(views, &mut claim, &events[..half], &mut rng).await?;
    views.activate(&claim).await?;
    check::<T::Views, K>(&format!("{} after half of the log", K::TYPE.slug), views, &events[..half]).await?;
    hand_over::<T, K>(views, &mut claim, &events[half..], &mut rng).await?;
    check::<T::Views, K>(K::TYPE.slug, views, &events).await
}

async fn rows_are_the_folds_of_the_log<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepRows,
{
    for seed in 0..4 {
        let views = context.open_at(&context.log()).await?;
        folds::<T, ByTag>(context, &views, seed).await?;
        folds::<T, ByTags>(context, &views, seed).await?;
        folds::<T, ByStream>(context, &views, seed).await?;
        folds::<T, OfAll>(context, &views, seed).await?;
        for id in IDS {
            let row = views.rows::<Tally<ByTag>>().get(id).await.map_err(told)?;
            ensure!(row.is_none_or(|row| row.key == id), "the row of {id:?} has another key");
        }
        ensure!(views.rows::<Tally<OfAll>>().get(()).await.map_err(told)?.is_some(), "the only row was not found");
    }
    Ok(())
}

/// How a value lies to another one of its field.
fn compare(field: usize, a: &Tally<ByTag>, b: &Tally<ByTag>) -> Ordering {
    let by_value = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    match field {
        0 => a.delta.cmp(&b.delta),
        1 => a.flag.cmp(&b.flag),
        2 => by_value(a.number, b.number),
        3 => a.serial.cmp(&b.serial),
        _ => a.text.cmp(&b.text),
    }
}

/// Whether there is a value in a field.
fn is_there(field: usize, tally: &Tally<ByTag>) -> bool {
    match field {
        1 => tally.flag.is_some(),
        2 => tally.number.is_some(),
        4 => tally.text.is_some(),
        _ => true,
    }
}

/// A filter: the field, how it is compared, and a tally with the value.
type Filter = (usize, &'static str, Tally<ByTag>);

fn keeps((field, how, bound): &Filter, tally: &Tally<ByTag>) -> bool {
    let order = compare(*field, tally, bound);
    match *how {
        "equal" => order.is_eq(),
        _ if is_there(*field, tally) != is_there(*field, bound) => false,
        "at_least" => order.is_ge(),
        _ => order.is_le(),
    }
}

fn filter<'v, V: ReadRows>(
    query: RowQuery<'v, Tally<ByTag>, V>,
    (field, how, bound): &Filter,
) -> RowQuery<'v, Tally<ByTag>, V> {
    macro_rules! by {
        ($value:expr) => {
            match *how {
                "equal" => query.equal(name(*field), $value),
                "at_least" => query.at_least(name(*field), $value),
                _ => query.at_most(name(*field), $value),
            }
        };
    }
    match field {
        0 => by!(bound.delta),
        1 => by!(bound.flag),
        2 => by!(bound.number),
        3 => by!(bound.serial),
        _ => by!(bound.text.as_deref()),
    }
}

fn name(field: usize) -> &'static str {
    ByTag::TYPE.index[field]
}

/// One random query.
#[derive(Debug)]
struct Wanted {
    filters: Vec<Filter>,
    order: Option<usize>,
    is_descending: bool,
    limit: usize,
}

fn wanted(rng: &mut Rng, rows: &[(String, Tally<ByTag>)]) -> Wanted {
    let some = |rng: &mut Rng| {
        let mut bound = rows[rng.below(rows.len() as u64) as usize].1.clone();
        if rng.chance(50) {
            (bound.delta, bound.number) = (DELTAS[rng.below(DELTAS.len() as u64) as usize], number(rng));
            bound.text = Some(TEXTS[rng.below(TEXTS.len() as u64) as usize].to_owned());
        }
        (rng.below(5) as usize, ["equal", "at_least", "at_most"][rng.below(3) as usize], bound)
    };
    let filters = (0..rng.below(3)).map(|_| some(rng)).collect();
    let order = rng.chance(80).then(|| rng.below(5) as usize);
    Wanted { filters, order, is_descending: rng.chance(50), limit: 1 + rng.below(12) as usize }
}

async fn listed<V: ReadRows>(views: &V, wanted: &Wanted) -> Result<(Vec<String>, u64), Failure> {
    let query = || {
        let all = wanted.filters.iter().fold(views.rows::<Tally<ByTag>>(), filter);
        let all = if let Some(field) = wanted.order { all.order_by(name(field)) } else { all };
        if wanted.is_descending { all.descending() } else { all }
    };
    let (mut keys, mut after) = (Vec::new(), None::<RowCursor>);
    loop {
        let page = query().limit(wanted.limit).after(after).list().await.map_err(told)?;
        ensure!(page.rows.len() <= wanted.limit, "a page of {} has {} rows", wanted.limit, page.rows.len());
        keys.extend(page.rows.into_iter().map(|row| row.key));
        match page.next {
            Some(next) if keys.len() <= 10_000 => after = Some(next.to_string().parse().map_err(told)?),
            Some(_) => return Err(Failure::new(format!("the pages of {wanted:?} do not end"))),
            None => break,
        }
    }
    Ok((keys, query().count().await.map_err(told)?))
}

async fn lists_are_those_of_a_plain_model<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepRows,
{
    let views = context.open_at(&context.log()).await?;
    let mut rng = context.rng(0);
    let events = log_of(&mut rng, 400);
    let (mut claim, _) = begin::<T, ByTag>(&views).await?;
    hand_over::<T, ByTag>(&views, &mut claim, &events, &mut rng).await?;
    views.activate(&claim).await?;
    let rows: Vec<_> = tallies::<ByTag>(&events).into_iter().map(|(key, (tally, _))| (key, tally)).collect();
    for _ in 0..150 {
        let wanted = wanted(&mut rng, &rows);
        let is_kept = |(_, tally): &&(String, Tally<ByTag>)| wanted.filters.iter().all(|filter| keeps(filter, tally));
        let mut expected: Vec<_> = rows.iter().filter(is_kept).collect();
        expected.sort_by(|(a_key, a), (b_key, b)| {
            wanted.order.map_or(Ordering::Equal, |field| compare(field, a, b)).then_with(|| a_key.cmp(b_key))
        });
        if wanted.is_descending {
            expected.reverse();
        }
        let expected: Vec<String> = expected.into_iter().map(|(key, _)| key.clone()).collect();
        let (keys, count) = listed(&views, &wanted).await?;
        same(&format!("the keys of {wanted:?}"), &keys, &expected)?;
        same(&format!("the count of {wanted:?}"), &count, &(expected.len() as u64))?;
    }
    Ok(())
}

fn refused(applied: Result<impl Debug, ApplyError>) -> Outcome {
    let is_told =
        matches!(&applied, Err(ApplyError::Handler { error, .. }) if error.to_string().contains("is refused"));
    ensure!(is_told, "an aggregate panicked, but the batch was answered with {applied:?}");
    Ok(())
}

async fn a_batch_that_fails_leaves_no_row<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepRows,
{
    let views = context.open_at(&context.log()).await?;
    let mut rng = context.rng(0);
    let events = log_of(&mut rng, 60);
    let (mut claim, _) = begin::<T, ByTag>(&views).await?;
    let half = events.partition_point(|event| event.append_end() <= events[30].append_end());
    hand_over::<T, ByTag>(&views, &mut claim, &events[..half], &mut rng).await?;
    views.activate(&claim).await?;
    let mut failing = events[half..].to_vec();
    if let Some(last) = failing.last_mut() {
        last.tags.push(REFUSED, "yes");
    }
    let batch = Batch::new(failing, events[events.len() - 1].place());
    refused(views.apply(&claim, &Arc::new(Rows::<Tally<ByTag>>::default()), &batch).await)?;
    check::<T::Views, ByTag>("an aggregate after a batch that failed", &views, &events[..half]).await?;
    hand_over::<T, ByTag>(&views, &mut claim, &events[half..], &mut rng).await?;
    check::<T::Views, ByTag>("an aggregate after the same batch succeeded", &views, &events).await
}

async fn a_restart_removes_rows<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepRows,
{
    let views = context.open_at(&context.log()).await?;
    let mut rng = context.rng(0);
    let events = log_of(&mut rng, 60);
    let (mut claim, subscription) = begin::<T, ByTag>(&views).await?;
    hand_over::<T, ByTag>(&views, &mut claim, &events, &mut rng).await?;
    views.activate(&claim).await?;
    views.restart(&claim, &subscription).await?;
    claim.checkpoint.place = Place::START;
    check::<T::Views, ByTag>("an aggregate after a restart", &views, &[]).await?;
    hand_over::<T, ByTag>(&views, &mut claim, &events, &mut rng).await?;
    check::<T::Views, ByTag>("an aggregate that was built anew", &views, &events).await
}

async fn rows_of_a_version_are_built_beside_the_active_ones<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepRows,
{
    let views = context.open_at(&context.log()).await?;
    let mut rng = context.rng(0);
    let events = log_of(&mut rng, 60);
    let half = events.partition_point(|event| event.append_end() <= events[30].append_end());
    let (mut claim, _) = begin::<T, ByTag>(&views).await?;
    hand_over::<T, ByTag>(&views, &mut claim, &events[..half], &mut rng).await?;
    views.activate(&claim).await?;
    let (mut revised, _) = begin::<T, RevisedByTag>(&views).await?;
    hand_over::<T, RevisedByTag>(&views, &mut revised, &events, &mut rng).await?;
    check::<T::Views, ByTag>("the active version, while another one is built", &views, &events[..half]).await?;
    views.activate(&revised).await?;
    check::<T::Views, RevisedByTag>("a version that was built beside", &views, &events).await?;
    let most =
        views.rows::<Tally<RevisedByTag>>().order_by("count").descending().limit(1).list().await.map_err(told)?;
    let expected = tallies::<RevisedByTag>(&events).into_values().map(|(tally, _)| tally.count).max();
    same(
        "the greatest value of a field that only this version indexes",
        &most.rows.first().map(|row| row.count),
        &expected,
    )
}

async fn rows_are_there_after_a_restart_of_the_process<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepRows,
{
    let place = context.log();
    let views = context.open_at(&place).await?;
    let mut rng = context.rng(0);
    let events = log_of(&mut rng, 60);
    let half = events.partition_point(|event| event.append_end() <= events[30].append_end());
    let (mut held, subscription) = begin::<T, ByTag>(&views).await?;
    hand_over::<T, ByTag>(&views, &mut held, &events[..half], &mut rng).await?;
    views.activate(&held).await?;
    views.release(held).await;
    drop(views);
    let views = context.open_at(&place).await?;
    check::<T::Views, ByTag>("an aggregate in views that were opened again", &views, &events[..half]).await?;
    let mut held = claim::<T>(&views, &subscription).await?;
    hand_over::<T, ByTag>(&views, &mut held, &events[half..], &mut rng).await?;
    check::<T::Views, ByTag>("an aggregate that went on in views that were opened again", &views, &events).await
}
