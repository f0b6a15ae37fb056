//! Readers that follow the log while others write: nothing is lost, repeated or out of order.

use eskit_runtime::log::{Query, QueryItem};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::Outcome;
use crate::follow::{self, Follower, Way};
use crate::sample::{stream, with_tags};

pub(super) const CASES: &[Case] = cases![
    "subscriptions": who_watches_sees_everything,
    who_polls_sees_everything,
    who_filters_sees_every_match,
];

async fn follow(context: &Context, followers: &[Follower]) -> Outcome {
    for round in 0..context.repeats(6) {
        let store = context.open().await?;
        follow::run(context, &[store], followers.to_vec(), round).await?;
    }
    Ok(())
}

async fn who_watches_sees_everything(context: &Context) -> Outcome {
    let follower = |page| Follower::new(Query::all(), Way::Watch, page);
    follow(context, &[follower(1), follower(3), follower(1000)]).await
}

async fn who_polls_sees_everything(context: &Context) -> Outcome {
    let follower = |page| Follower::new(Query::all(), Way::Poll, page);
    follow(context, &[follower(2), follower(1000)]).await
}

async fn who_filters_sees_every_match(context: &Context) -> Outcome {
    let of = |query: Query| Follower::new(query, Way::Watch, 2);
    let tag = || with_tags(&[("course", "c1")]);
    let followers = [
        of(tag().into()),
        of(Query::stream(stream("a"))),
        of(QueryItem::stream_type("account").into()),
        of(Query::from(tag()).or(QueryItem::types(["bank.Paid"]))),
    ];
    follow(context, &followers).await
}
