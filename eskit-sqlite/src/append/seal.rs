use eskit_runtime::Timestamp;
use eskit_runtime::log::Place;

use crate::append::transaction::Transaction;
use crate::error::Fault;
use crate::file::schema;

/// Seals the log within a transaction of the writer, or lets it take writes again.
pub(crate) fn set(log: &mut Transaction<'_, '_>, to_seal: bool) -> Result<Place, Fault> {
    let since = to_seal.then(|| log.state.sealed_at.unwrap_or_else(Timestamp::now));
    if since != log.state.sealed_at {
        schema::set_sealed(log.conn, since)?;
        log.state.sealed_at = since;
    }
    Ok(log.state.head())
}
