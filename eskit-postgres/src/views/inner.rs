use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::{ChangeHubs, LatestRequests};
use sqlx::PgPool;
use sqlx::postgres::PgTransaction;

use crate::error::Fault;

use super::lease::Leases;
use super::lines::Lines;
use super::request_statements::RequestStatements;
use super::rights::Rights;
use super::statements::{BEGIN, Statements};
use super::tables::Tables;
use super::work_statements::WorkStatements;

/// What clones of views share.
pub(crate) struct Inner {
    pub(crate) pool: PgPool,
    pub(crate) tables: Tables,
    /// What the names of the schemas of read models begin with.
    pub(crate) schema_prefix: String,
    pub(crate) statements: Arc<Statements>,
    pub(crate) work: Arc<WorkStatements>,
    pub(crate) requests: RequestStatements,
    /// What was asked of the subscriptions, as of the last look.
    pub(crate) latest_requests: LatestRequests,
    pub(crate) rights: Rights,
    pub(crate) lease: Duration,
    /// How long the server may take for a statement of the views in the transaction of a batch.
    pub(crate) call_timeout: Duration,
    /// How often items of work were claimed.
    pub(crate) claims: AtomicU32,
    pub(crate) lines: Lines,
    pub(crate) leases: Arc<Leases>,
    pub(crate) hubs: ChangeHubs,
}

impl Inner {
    pub(crate) async fn begin(&self) -> Result<PgTransaction<'static>, Fault> {
        Ok(self.pool.begin_with(BEGIN).await?)
    }

    /// What the caller is told: what could not be done, why, and what to do.
    pub(crate) fn error(&self, to_do: &str, fault: Fault) -> StoreError {
        let schema = self.tables.schema_name();
        let to_do = format!("{to_do} in the views `{schema}`");
        if fault.code() == "42501" {
            return self.rights.explain_use(&fault, &to_do, schema);
        }
        if !matches!(fault.code(), "42P01" | "3F000" | "42703") {
            return fault.into_failure(&to_do);
        }
        let text = format!(
            "cannot {to_do}: {fault}\nhelp: restore the schema `{schema}` from a backup, or drop it and open the views again, so that read \
             models are built anew"
        );
        StoreError::new(StoreErrorKind::Foreign, text)
    }
}

/// Sleeps in the runtime of the caller, which is that of the pool.
pub(crate) fn sleep(time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(tokio::time::sleep(time))
}
