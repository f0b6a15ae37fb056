//! What stands beside the payload.

use eskit_runtime::Metadata;
use eskit_runtime::log::{Append, Principal, PrincipalKind};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Outcome, same};
use crate::sample::{plain, put, whole};

pub(super) const CASES: &[Case] = cases![
    "metadata": every_field_is_kept,
    no_metadata_stays_none,
    many_and_long_entries_are_kept,
];

async fn keeps(context: &Context, all: Vec<Metadata>) -> Outcome {
    let store = context.open().await?;
    let events = all.into_iter().map(|metadata| plain("bank.Noted").with_metadata(metadata));
    let expected = put(&store, Append::new(events.collect())).await?;
    same("the log", &whole(&store).await?, &expected)
}

async fn every_field_is_kept(context: &Context) -> Outcome {
    let (user, job) = (Principal::new(PrincipalKind::User, "u-1"), Principal::new(PrincipalKind::Schedule, "nightly"));
    let kinds = [PrincipalKind::Api, PrincipalKind::Automation, PrincipalKind::System];
    let mut all = vec![
        Metadata::new().with_correlation_id("c"),
        Metadata::new().with_causation_id("c"),
        Metadata::new().with_initiator(user.clone()),
        Metadata::new().with_originator(user.clone()),
        Metadata::new().with("correlation_id", "an entry, not the field").with("", "").with("z", "1").with("a", "2"),
        Metadata::new()
            .with_correlation_id("c")
            .with_causation_id("b")
            .with_initiator(job)
            .with_originator(user)
            .with("k", "v"),
    ];
    all.extend(kinds.map(|kind| Metadata::new().with_initiator(Principal::new(kind, ""))));
    keeps(context, all).await
}

async fn no_metadata_stays_none(context: &Context) -> Outcome {
    keeps(context, vec![Metadata::new(), Metadata::new().with("k", "v"), Metadata::new()]).await
}

async fn many_and_long_entries_are_kept(context: &Context) -> Outcome {
    let many =
        (0..100).fold(Metadata::new(), |all, number| all.with(format!("key {number}"), format!("value {number}")));
    let long = Metadata::new().with("text", "\u{1f600}\"\\".repeat(10_000));
    keeps(context, vec![many, long]).await
}
