use std::future::Future;
use std::sync::Arc;

use crate::error::Fault;
use crate::handlers::tx::Tx;
use crate::pool::connections::{Connections, Purpose, within};
use crate::sql::names::Names;
use crate::sql::statements::Statements;

/// What the work on read models needs of a store.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) names: Names,
    pub(super) connections: Arc<Connections>,
    pub(super) statements: Arc<Statements>,
}

impl Site {
    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<Tx, Fault> {
        Tx::begin(self.connections.take(Purpose::Other).await?, self.connections.call_timeout()).await
    }

    /// Ends a transaction after some work.
    pub(super) async fn end<T>(&self, tx: Tx, worked: Result<T, Fault>) -> Result<T, Fault> {
        tx.end(worked, self.connections.call_timeout()).await
    }

    /// Bounds what waits for the server.
    pub(super) async fn in_time<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        within(self.connections.call_timeout(), Box::pin(call)).await
    }
}
