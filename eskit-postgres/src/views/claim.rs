use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::{Checkpoint, Claim, Claimed, Subscription};
use sqlx::types::Uuid;
use sqlx::{PgPool, Row};

use crate::error::Fault;

use super::inner::Inner;
use super::lease::{Leases, PostgresGuard};
use super::rows;
use super::versions;

/// A checkpoint as it was found.
struct Look {
    checkpoint: Checkpoint,
    is_free: bool,
    owner: Option<Uuid>,
}

/// Claims a subscription, unless another process holds it.
pub(crate) async fn claim(inner: &Inner, subscription: &Subscription) -> Result<Claimed<PostgresGuard>, StoreError> {
    let to_do = format!("claim {subscription}");
    let fail = |fault: Fault| inner.error(&to_do, fault);
    let look = match look(inner, subscription).await.map_err(fail)? {
        Some(look) => look,
        None => {
            versions::create(inner, subscription).await?;
            let look = look(inner, subscription).await.map_err(fail)?;
            look.ok_or_else(|| fail(Fault::Damaged("a checkpoint that was just created is missing".to_owned())))?
        }
    };
    let (before, now) = (look.checkpoint.partition.count, subscription.partition.count);
    if before != now {
        let text = format!(
            "{subscription} was divided into {before} parts before, and now into {now}\nhelp: keep the number, or raise the version"
        );
        return Err(StoreError::new(StoreErrorKind::Invalid, text));
    }
    if !look.is_free {
        return Ok(Claimed::Standby(look.checkpoint));
    }
    let owner = Leases::new_owner();
    let claimed = take(inner, subscription, owner).await.map_err(fail)?;
    // Whatever the former leader still does cannot be committed, but it may hold locks, and be suspended.
    let former = claimed.as_ref().map_or(look.owner, |(_, former)| *former);
    if let Some(former) = former {
        // If this role may not, they end with their connections.
        let _ = end_transactions(inner, &inner.pool, former).await;
    }
    Ok(match claimed {
        Some((checkpoint, _)) => Claimed::Leader(Claim { checkpoint, guard: inner.leases.hold(owner) }),
        None => Claimed::Standby(look.checkpoint),
    })
}

async fn look(inner: &Inner, subscription: &Subscription) -> Result<Option<Look>, Fault> {
    let row = sqlx::query(inner.statements.look.safe())
        .bind(&subscription.name)
        .bind(i64::from(subscription.version))
        .bind(i64::from(subscription.partition.index))
        .fetch_optional(&inner.pool)
        .await?;
    row.map(|row| Ok(Look { checkpoint: rows::checkpoint(&row)?, is_free: row.try_get(11)?, owner: row.try_get(12)? }))
        .transpose()
}

/// Claims what is free. Returns whose claim it was before, if that was not given up.
async fn take(
    inner: &Inner,
    subscription: &Subscription,
    owner: Uuid,
) -> Result<Option<(Checkpoint, Option<Uuid>)>, Fault> {
    let mut transaction = inner.begin().await?;
    let row = sqlx::query(inner.statements.claim.safe())
        .bind(&subscription.name)
        .bind(i64::from(subscription.version))
        .bind(i64::from(subscription.partition.index))
        .bind(owner)
        .bind(inner.lease.as_secs_f64())
        .fetch_optional(&mut *transaction)
        .await?;
    transaction.commit().await?;
    row.map(|row| Ok((rows::checkpoint(&row)?, row.try_get(11)?))).transpose()
}

/// Ends the transactions of a claim, as far as this role may.
pub(crate) async fn end_transactions(inner: &Inner, pool: &PgPool, owner: Uuid) -> Result<(), Fault> {
    let mark = mark(owner);
    let half = |bits: i64| i64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or_default());
    let query = sqlx::query(inner.statements.end_transactions.safe()).bind(half(mark >> 32)).bind(half(mark));
    query.execute(pool).await?;
    Ok(())
}

/// The number under which the transactions of a claim are found among the locks of the database.
pub(crate) fn mark(owner: Uuid) -> i64 {
    let bytes = owner.as_bytes().last_chunk().copied().unwrap_or_default();
    i64::from_be_bytes(bytes)
}
