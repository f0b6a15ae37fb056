use std::future::Future;
use std::sync::Arc;

use eskit_runtime::StoreError;

use crate::append::synchronous::Synchronous;
use crate::error::Fault;
use crate::handlers::tx::Tx;
use crate::pool::connections::{Connections, Purpose, within};
use crate::sql::names::Names;
use crate::sql::statements::Statements;
use crate::synchronous::read_model;

/// What the work on read models needs of a store.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) names: Names,
    pub(super) connections: Arc<Connections>,
    pub(super) statements: Arc<Statements>,
}

impl Site {
    /// Builds the read model of a projection from what the log holds, or what it lacks of that: a page in each transaction. Appends go
    /// on meanwhile.
    pub(super) async fn build(&self, projection: &Synchronous) -> Result<(), StoreError> {
        let of = &projection.subscription;
        let doing = format!("build the synchronous projection {of} of");
        let fail = |fault: Fault| fault.into_error(&doing, &self.names);
        let mut tx = self.begin().await.map_err(fail)?;
        let prepared = self.in_time(read_model::prepare(&mut tx, self, projection)).await;
        tx.end(prepared, self.connections.call_timeout()).await.map_err(fail)?;
        loop {
            let mut tx = self.begin().await.map_err(fail)?;
            let advanced = read_model::advance(&mut tx, self, projection).await;
            if tx.end(advanced, self.connections.call_timeout()).await.map_err(fail)? {
                return Ok(());
            }
        }
    }

    /// Removes a version with its tables. Returns whether it was there.
    pub(super) async fn remove(&self, schema: &str) -> Result<bool, Fault> {
        let mut tx = self.begin().await?;
        let removed = self.in_time(read_model::remove(&mut tx, self, schema)).await;
        tx.end(removed, self.connections.call_timeout()).await
    }

    async fn begin(&self) -> Result<Tx, Fault> {
        Tx::begin(self.connections.take(Purpose::Other).await?, self.connections.call_timeout()).await
    }

    /// Bounds what waits for the server.
    pub(super) async fn in_time<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        within(self.connections.call_timeout(), Box::pin(call)).await
    }
}
