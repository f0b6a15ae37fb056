//! When an event happened: as the caller says, or the time of the append.

use eskit_runtime::log::{Append, NewEvent};
use eskit_runtime::{EventStore, Timestamp};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Outcome, ensure, same};
use crate::sample::{one, plain, put, whole};

pub(super) const CASES: &[Case] = cases![
    "time": given_times_are_kept,
    missing_times_are_those_of_the_append,
];

/// What the clocks of a store and of this machine may differ by.
const SKEW_US: i64 = 24 * 3600 * 1_000_000;

fn at(micros: i64) -> NewEvent {
    plain("bank.Noted").with_recorded_at(Timestamp::from_micros(micros))
}

async fn given_times_are_kept(context: &Context) -> Outcome {
    let store = context.open().await?;
    // The years 1 and 9999, both sides of 1970 to the microsecond, and an order that positions do not follow.
    let all =
        [-62_135_596_800_000_000, 253_402_300_799_999_999, 1, 0, -1, 1_317_422_324_546_001, 1_317_422_324_546_000];
    let expected = put(&store, Append::new(all.into_iter().map(at).collect())).await?;
    same("the log", &whole(&store).await?, &expected)
}

async fn missing_times_are_those_of_the_append(context: &Context) -> Outcome {
    let store = context.open().await?;
    let before = Timestamp::now().as_micros();
    let appended = store.append(Append::new(vec![plain("bank.Noted"), at(5), plain("bank.Noted")])).await?;
    let found: Vec<_> = whole(&store).await?.iter().map(|event| event.recorded_at).collect();
    let time = appended.recorded_at;
    same("the times in the log", &found, &vec![time, Timestamp::from_micros(5), time])?;
    let off = (time.as_micros() - before).abs();
    ensure!(off < SKEW_US, "the store recorded {time} as the time of an append, which is off by {off} us");
    put(&store, one(plain("bank.Noted"))).await.map(drop)
}
