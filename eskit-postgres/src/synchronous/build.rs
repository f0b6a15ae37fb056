use eskit_runtime::StoreError;

use crate::append::synchronous::Synchronous;
use crate::error::Fault;
use crate::synchronous::read_model;
use crate::synchronous::site::Site;

/// Builds the read model of a projection from what the log holds, or what it lacks of that: a page in each transaction. Appends go on
/// meanwhile.
pub(super) async fn build(site: &Site, projection: &Synchronous) -> Result<(), StoreError> {
    let doing = format!("build the synchronous projection {} of", projection.subscription);
    let fail = |fault: Fault| fault.into_error(&doing, &site.names);
    let mut tx = site.begin().await.map_err(fail)?;
    let prepared = site.in_time(read_model::prepare(&mut tx, site, projection)).await;
    site.end(tx, prepared).await.map_err(fail)?;
    loop {
        let mut tx = site.begin().await.map_err(fail)?;
        let advanced = read_model::advance(&mut tx, site, projection).await;
        if site.end(tx, advanced).await.map_err(fail)? {
            return Ok(());
        }
    }
}

/// Removes a version with its tables. Returns whether it was there.
pub(super) async fn remove(site: &Site, schema: &str) -> Result<bool, Fault> {
    let mut tx = site.begin().await?;
    let removed = site.in_time(read_model::remove(&mut tx, site, schema)).await;
    site.end(tx, removed).await
}
